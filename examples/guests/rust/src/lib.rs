//! examples/paris.js in Rust with wasm-bindgen, Option 1: slices and strings. The weights stay in the host.
mod realm;
use realm::*;
use wasm_bindgen::prelude::*;

/// Prompt and answer, and the last logits.
#[wasm_bindgen]
pub struct Answer {
    ids: Vec<u32>,
    logits: Vec<f32>,
}

#[wasm_bindgen]
impl Answer {
    pub fn ids(&self) -> Vec<u32> {
        self.ids.clone()
    }
    pub fn logits(&self) -> Vec<f32> {
        self.logits.clone()
    }
}

/// Streams the most probable continuation of a prompt. 0: the host has no such model, or a layer failed.
#[wasm_bindgen]
pub fn run(name: &str, prompt: &str, most: u32) -> Option<Answer> {
    let model = load_model_by_name(name).ok()?;
    let (width, layers, context) = (hidden_size(model) as usize, layer_count(model), context_length(model) as usize);
    let mut ids = tokenize(model, prompt);
    let decoder = create_decoder(model, &ids, "").ok()?; // a token may be a part of a character
    let first = ids.len();
    let mut logits = vec![0f32; vocab_size(model) as usize];
    let mut position = 0;
    loop {
        let fresh = &ids[position..];
        let mut hidden = vec![0f32; fresh.len() * width];
        let mut out = hidden.clone();
        embed_tokens_into(model, fresh, &mut hidden).ok()?;
        for layer in 0..layers {
            forward_layer_into(model, layer, &hidden, position as u32, &mut out).ok()?;
            std::mem::swap(&mut hidden, &mut out);
        }
        position = ids.len();
        compute_logits_into(model, &hidden[hidden.len() - width..], &mut logits).ok()?;
        if ids.len() - first == most as usize || ids.len() == context {
            break;
        }
        let best = argmax(&logits);
        if is_end_token(model, best) {
            break;
        }
        ids.push(best);
        if stream_token(&decode_next(decoder, &[best]).ok()?) != 0 {
            break;
        }
    }
    stream_token(&decode_end(decoder));
    remove_decoder(decoder);
    remove_model(model);
    Some(Answer { ids, logits })
}

/// The forms that return arrays: rows of the embedding, and a tensor's numbers.
#[wasm_bindgen]
pub fn sums(name: &str, ids: &[u32], tensor: &str) -> Vec<f32> {
    match load_model_by_name(name) {
        Err(_) => vec![],
        Ok(model) => {
            let sums = vec![embed_tokens(model, ids).unwrap().iter().sum(), get_tensor(model, tensor).unwrap().iter().sum()];
            remove_model(model);
            sums
        }
    }
}
