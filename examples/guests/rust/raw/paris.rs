//! examples/paris.js in Rust, Option 2, without any crate. The weights stay in the host.
//!
//!   rustc --edition 2021 --target wasm32-unknown-unknown -O -C strip=symbols --crate-type cdylib paris.rs -o paris.wasm
mod realm;
use realm::*;

/// Streams the most probable continuation of a prompt. How many tokens it has.
fn stream_most_probable(name: &str, prompt: &str, most: usize) -> Result<usize> {
    let model = load_model_by_name(name)?;
    let (width, layers, context) = (hidden_size(model)?, layer_count(model)?, context_length(model)?);
    let mut ids = encode(model, prompt)?;
    let first = ids.len();
    let decoder = Decoder::new(model, &ids, "")?; // a token may be a part of a character
    let mut scores = vec![0f32; vocab_size(model)?];
    let mut position = 0;
    loop {
        let fresh = &ids[position..];
        let mut hidden = vec![0f32; fresh.len() * width];
        embed(model, fresh, &mut hidden)?;
        for layer in 0..layers {
            forward(model, layer, &mut hidden, position)?;
        }
        position = ids.len();
        logits(model, &hidden[hidden.len() - width..], &mut scores)?;
        if ids.len() - first == most || ids.len() == context {
            break;
        }
        let best = argmax(&scores)?;
        if is_end_token(model, best)? {
            break;
        }
        ids.push(best);
        if !stream(&decoder.next(&[best])?)? {
            break;
        }
    }
    stream(&decoder.end()?)?;
    Ok(ids.len() - first)
}

/// How many tokens were streamed, or what failed.
#[no_mangle]
pub extern "C" fn run(name: *const u8, name_bytes: usize, prompt: *const u8, prompt_bytes: usize, most: usize) -> i32 {
    let (name, prompt) = unsafe { (text_at(name, name_bytes), text_at(prompt, prompt_bytes)) };
    match stream_most_probable(name, prompt, most) {
        Ok(count) => count as i32,
        Err(Fault(code)) => code,
    }
}

/// Answers a question in the words of the model, streamed. 0, or what failed.
#[no_mangle]
pub extern "C" fn ask(name: *const u8, name_bytes: usize, question: *const u8, question_bytes: usize) -> i32 {
    let (name, question) = unsafe { (text_at(name, name_bytes), text_at(question, question_bytes)) };
    let messages = format!("[{{\"role\": \"user\", \"content\": {}}}]", json_string(question));
    match load_model_by_name(name).and_then(|model| chat(model, &messages, "{\"maxTokens\": 60}")) {
        Ok(_) => 0,
        Err(Fault(code)) => code,
    }
}
