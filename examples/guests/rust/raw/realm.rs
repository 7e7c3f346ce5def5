//! The imports of Option 2 for Rust, without any crate: docs/option-2.md. Failures are `Fault`s with the code of its table.
#![allow(dead_code)]
use std::{slice, str};

/// The functions as they are.
pub mod env {
    #[link(wasm_import_module = "env")]
    extern "C" {
        pub fn realm_store_model(gguf: *const u8, bytes: usize, model: u32) -> i32;
        pub fn realm_host_load_model_by_name(name: *const u8, bytes: usize) -> i32;
        pub fn realm_remove_model(model: u32) -> i32;
        pub fn realm_get_model_info(model: u32, tensors: *mut u32, bytes: *mut u64) -> i32;
        pub fn realm_get_model_metadata(model: u32, json: *mut u8, most_bytes: usize) -> i32;
        pub fn realm_get_tensor(model: u32, name: *const u8, bytes: usize, out: *mut f32, most_bytes: usize) -> i32;
        pub fn realm_embed_tokens(model: u32, ids: *const u32, count: usize, out: *mut f32) -> i32;
        pub fn realm_forward_layer(model: u32, layer: u32, hidden: *const f32, floats: usize, position: u32, out: *mut f32) -> i32;
        pub fn realm_forward_layers(model: u32, first: u32, count: u32, hidden: *const f32, floats: usize, position: u32, out: *mut f32) -> i32;
        pub fn realm_compute_logits(model: u32, hidden: *const f32, floats: usize, out: *mut f32) -> i32;
        pub fn realm_session_reset(model: u32) -> i32;
        pub fn realm_encode_tokens(model: u32, text: *const u8, bytes: usize, ids: *mut u32, most_bytes: usize) -> i32;
        pub fn realm_decode_tokens(model: u32, ids: *const u32, count: usize, text: *mut u8, most_bytes: usize) -> i32;
        pub fn realm_stream_token(text: *const u8, bytes: usize) -> i32;
        pub fn realm_host_generate(model: u32, prompt: *const u8, bytes: usize, options: *const super::Generation, text: *mut u8, most_bytes: usize) -> i32;
        pub fn realm_generate(model: u32, prompt: *const u8, bytes: usize, options: *const u8, options_bytes: usize, text: *mut u8, most_bytes: usize) -> i32;
        pub fn realm_chat(model: u32, messages: *const u8, bytes: usize, options: *const u8, options_bytes: usize, text: *mut u8, most_bytes: usize) -> i32;
        pub fn realm_chat_answer(model: u32, part: *const u8, bytes: usize, text: *mut u8, most_bytes: usize) -> i32;
        pub fn realm_hidden_size(model: u32) -> i32;
        pub fn realm_vocab_size(model: u32) -> i32;
        pub fn realm_layer_count(model: u32) -> i32;
        pub fn realm_context_length(model: u32) -> i32;
        pub fn realm_is_end_token(model: u32, token: u32) -> i32;
        pub fn realm_get_end_tokens(model: u32, ids: *mut u32, most_bytes: usize) -> i32;
        pub fn realm_argmax(values: *const f32, count: usize) -> i32;
        pub fn realm_sampler_create(model: u32, options: *const u8, bytes: usize) -> i32;
        pub fn realm_sampler_accept(sampler: u32, ids: *const u32, count: usize) -> i32;
        pub fn realm_sampler_choose(sampler: u32, logits: *const f32, count: usize) -> i32;
        pub fn realm_sampler_remove(sampler: u32) -> i32;
        pub fn realm_decoder_create(model: u32, after: *const u32, count: usize, options: *const u8, bytes: usize) -> i32;
        pub fn realm_decoder_next(decoder: u32, ids: *const u32, count: usize, text: *mut u8, most_bytes: usize) -> i32;
        pub fn realm_decoder_end(decoder: u32, text: *mut u8, most_bytes: usize) -> i32;
        pub fn realm_decoder_stopped(decoder: u32) -> i32;
        pub fn realm_decoder_remove(decoder: u32) -> i32;
        pub fn realm_apply_chat_template(model: u32, messages: *const u8, bytes: usize, text: *mut u8, most_bytes: usize) -> i32;
        pub fn realm_encode_chat(model: u32, messages: *const u8, bytes: usize, ids: *mut u32, most_bytes: usize) -> i32;
        pub fn realm_set_lora_adapter(model: u32, name: *const u8, bytes: usize) -> i32;
        pub fn realm_store_draft_model(gguf: *const u8, bytes: usize, model: u32) -> i32;
        pub fn realm_last_error(text: *mut u8, most_bytes: usize) -> i32;
    }
}
use env::*;

/// Options of `realm_host_generate`, 32 bytes.
#[repr(C)]
pub struct Generation {
    pub max_tokens: u32,
    pub temperature: f32,
    pub top_p: f32,
    pub top_k: u32,
    pub repetition_penalty: f32,
    pub seed: u32,
    pub stop_token_count: u8,
    pub stop_tokens: *const u32,
}

/// A call that failed: its code, below 0. `last_error` tells why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault(pub i32);
pub type Result<T> = std::result::Result<T, Fault>;
const TOO_SMALL: i32 = -6;

fn done(result: i32) -> Result<u32> {
    if result < 0 { Err(Fault(result)) } else { Ok(result as u32) }
}

/// For the host: room for a text that it hands over. Never given back.
#[no_mangle]
pub extern "C" fn alloc(bytes: usize) -> *mut u8 {
    Box::leak(vec![0u8; bytes].into_boxed_slice()).as_mut_ptr()
}

/// A text that the host has put there. What is no UTF-8 makes an empty one.
///
/// # Safety
/// `at` and `bytes` must be what the host passed.
pub unsafe fn text_at<'a>(at: *const u8, bytes: usize) -> &'a str {
    str::from_utf8(slice::from_raw_parts(at, bytes)).unwrap_or("")
}

/// What a call writes, with at most `most` elements of room. `call` answers how many elements it wrote.
fn written<T: Copy + Default>(most: usize, call: impl FnOnce(*mut T, usize) -> i32) -> Result<Vec<T>> {
    let mut out = vec![T::default(); most];
    let count = done(call(out.as_mut_ptr(), most * std::mem::size_of::<T>()))?;
    out.truncate(count as usize);
    Ok(out)
}

/// The same for calls that may be made again: the room grows.
fn grown<T: Copy + Default>(call: impl Fn(*mut T, usize) -> i32) -> Result<Vec<T>> {
    let mut most = 256;
    loop {
        match written(most, &call) {
            Err(Fault(TOO_SMALL)) if most < 1 << 24 => most *= 8,
            result => return result,
        }
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

pub fn load_model_by_name(name: &str) -> Result<u32> {
    done(unsafe { realm_host_load_model_by_name(name.as_ptr(), name.len()) })
}
pub fn remove_model(model: u32) -> Result<u32> {
    done(unsafe { realm_remove_model(model) })
}
pub fn hidden_size(model: u32) -> Result<usize> {
    done(unsafe { realm_hidden_size(model) }).map(|size| size as usize)
}
pub fn vocab_size(model: u32) -> Result<usize> {
    done(unsafe { realm_vocab_size(model) }).map(|size| size as usize)
}
pub fn layer_count(model: u32) -> Result<u32> {
    done(unsafe { realm_layer_count(model) })
}
pub fn context_length(model: u32) -> Result<usize> {
    done(unsafe { realm_context_length(model) }).map(|length| length as usize)
}
pub fn metadata(model: u32) -> Result<String> {
    grown(|out, most| unsafe { realm_get_model_metadata(model, out, most) }).map(text)
}
pub fn encode(model: u32, prompt: &str) -> Result<Vec<u32>> {
    grown(|out, most| unsafe { realm_encode_tokens(model, prompt.as_ptr(), prompt.len(), out, most) })
}
/// Rows of the embedding. `out`: (ids, hidden size).
pub fn embed(model: u32, ids: &[u32], out: &mut [f32]) -> Result<u32> {
    assert_eq!(out.len(), ids.len() * hidden_size(model)?);
    done(unsafe { realm_embed_tokens(model, ids.as_ptr(), ids.len(), out.as_mut_ptr()) })
}
/// One layer, in place. `position`: the first row's.
pub fn forward(model: u32, layer: u32, hidden: &mut [f32], position: usize) -> Result<u32> {
    let out = hidden.as_mut_ptr();
    done(unsafe { realm_forward_layer(model, layer, out, hidden.len(), position as u32, out) })
}
/// `hidden`: the last row. `out`: (vocabulary).
pub fn logits(model: u32, hidden: &[f32], out: &mut [f32]) -> Result<u32> {
    assert_eq!(out.len(), vocab_size(model)?);
    done(unsafe { realm_compute_logits(model, hidden.as_ptr(), hidden.len(), out.as_mut_ptr()) })
}
pub fn session_reset(model: u32) -> Result<u32> {
    done(unsafe { realm_session_reset(model) })
}
pub fn argmax(values: &[f32]) -> Result<u32> {
    done(unsafe { realm_argmax(values.as_ptr(), values.len()) })
}
pub fn is_end_token(model: u32, token: u32) -> Result<bool> {
    done(unsafe { realm_is_end_token(model, token) }).map(|is| is == 1)
}
/// False: the host asks to stop.
pub fn stream(piece: &str) -> Result<bool> {
    done(unsafe { realm_stream_token(piece.as_ptr(), piece.len()) }).map(|stop| stop == 0)
}
/// The whole text, of at most `most` bytes; options are JSON, or "".
pub fn generate(model: u32, prompt: &str, options: &str, most: usize) -> Result<String> {
    written(most, |out, most| unsafe {
        realm_generate(model, prompt.as_ptr(), prompt.len(), options.as_ptr(), options.len(), out, most)
    })
    .map(text)
}
/// The answer to a conversation (JSON), whatever its length; options are JSON, or "".
pub fn chat(model: u32, messages: &str, options: &str) -> Result<String> {
    let content = written(4096, |out, most| unsafe {
        realm_chat(model, messages.as_ptr(), messages.len(), options.as_ptr(), options.len(), out, most)
    });
    match content {
        Err(Fault(TOO_SMALL)) => chat_answer(model, "content"),
        content => content.map(text),
    }
}
/// A part of the last answer: `reasoning`, `toolCalls`, ... or all, "".
pub fn chat_answer(model: u32, part: &str) -> Result<String> {
    grown(|out, most| unsafe { realm_chat_answer(model, part.as_ptr(), part.len(), out, most) }).map(text)
}
pub fn last_error() -> String {
    written(1024, |out, most| unsafe { realm_last_error(out, most) }).map(text).unwrap_or_default()
}

/// A text as a JSON string, quotes and all, for messages made of what somebody said.
pub fn json_string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c < ' ' => out += &format!("\\u{:04x}", c as u32),
            c => out.push(c),
        }
    }
    out + "\""
}

/// Chooses tokens as `generate` does; options are JSON, or "".
pub struct Sampler(u32);

impl Sampler {
    pub fn new(model: u32, options: &str) -> Result<Sampler> {
        done(unsafe { realm_sampler_create(model, options.as_ptr(), options.len()) }).map(Sampler)
    }
    pub fn accept(&self, ids: &[u32]) -> Result<u32> {
        done(unsafe { realm_sampler_accept(self.0, ids.as_ptr(), ids.len()) })
    }
    pub fn choose(&self, logits: &[f32]) -> Result<u32> {
        done(unsafe { realm_sampler_choose(self.0, logits.as_ptr(), logits.len()) })
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        unsafe { realm_sampler_remove(self.0) };
    }
}

/// Tokens in, whole characters out; options are `{"stop": ["..."]}`, or "".
pub struct Decoder(u32);

impl Decoder {
    pub fn new(model: u32, after: &[u32], options: &str) -> Result<Decoder> {
        done(unsafe { realm_decoder_create(model, after.as_ptr(), after.len(), options.as_ptr(), options.len()) }).map(Decoder)
    }
    pub fn next(&self, ids: &[u32]) -> Result<String> {
        match written(256, |out, most| unsafe { realm_decoder_next(self.0, ids.as_ptr(), ids.len(), out, most) }) {
            // The text waits: without ids it is asked for again.
            Err(Fault(TOO_SMALL)) => grown(|out, most| unsafe { realm_decoder_next(self.0, ids.as_ptr(), 0, out, most) }),
            result => result,
        }
        .map(text)
    }
    pub fn end(&self) -> Result<String> {
        grown(|out, most| unsafe { realm_decoder_end(self.0, out, most) }).map(text)
    }
    pub fn stopped(&self) -> Result<bool> {
        done(unsafe { realm_decoder_stopped(self.0) }).map(|is| is == 1)
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        unsafe { realm_decoder_remove(self.0) };
    }
}
