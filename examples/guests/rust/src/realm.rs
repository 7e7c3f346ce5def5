//! @realm/realm-node/host for Rust with wasm-bindgen: docs/option-1.md. What may fail for reasons of the host is a Result.
#![allow(dead_code)]
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "@realm/realm-node/host")]
extern "C" {
    #[wasm_bindgen(js_name = loadModelByName, catch)]
    pub fn load_model_by_name(name: &str) -> Result<u32, JsValue>;
    #[wasm_bindgen(js_name = removeModel)]
    pub fn remove_model(model: u32);
    #[wasm_bindgen(js_name = hiddenSize)]
    pub fn hidden_size(model: u32) -> u32;
    #[wasm_bindgen(js_name = vocabSize)]
    pub fn vocab_size(model: u32) -> u32;
    #[wasm_bindgen(js_name = layerCount)]
    pub fn layer_count(model: u32) -> u32;
    #[wasm_bindgen(js_name = contextLength)]
    pub fn context_length(model: u32) -> u32;
    #[wasm_bindgen(js_name = getModelMetadata)]
    pub fn get_model_metadata(model: u32) -> String;
    #[wasm_bindgen(js_name = getTensor, catch)]
    pub fn get_tensor(model: u32, name: &str) -> Result<Vec<f32>, JsValue>;
    #[wasm_bindgen(js_name = tokenize)]
    pub fn tokenize(model: u32, text: &str) -> Vec<u32>;
    #[wasm_bindgen(js_name = detokenize)]
    pub fn detokenize(model: u32, ids: &[u32]) -> String;
    #[wasm_bindgen(js_name = embedTokens, catch)]
    pub fn embed_tokens(model: u32, ids: &[u32]) -> Result<Vec<f32>, JsValue>;
    #[wasm_bindgen(js_name = embedTokensInto, catch)]
    pub fn embed_tokens_into(model: u32, ids: &[u32], out: &mut [f32]) -> Result<u32, JsValue>;
    #[wasm_bindgen(js_name = forwardLayer, catch)]
    pub fn forward_layer(model: u32, layer: u32, hidden: &[f32], position: u32) -> Result<Vec<f32>, JsValue>;
    #[wasm_bindgen(js_name = forwardLayerInto, catch)]
    pub fn forward_layer_into(model: u32, layer: u32, hidden: &[f32], position: u32, out: &mut [f32]) -> Result<u32, JsValue>;
    #[wasm_bindgen(js_name = computeLogits, catch)]
    pub fn compute_logits(model: u32, hidden: &[f32]) -> Result<Vec<f32>, JsValue>;
    #[wasm_bindgen(js_name = computeLogitsInto, catch)]
    pub fn compute_logits_into(model: u32, hidden: &[f32], out: &mut [f32]) -> Result<u32, JsValue>;
    #[wasm_bindgen(js_name = argmax)]
    pub fn argmax(logits: &[f32]) -> u32;
    #[wasm_bindgen(js_name = createSampler, catch)]
    pub fn create_sampler(model: u32, options: &str) -> Result<u32, JsValue>;
    #[wasm_bindgen(js_name = acceptTokens)]
    pub fn accept_tokens(sampler: u32, ids: &[u32]);
    #[wasm_bindgen(js_name = chooseToken, catch)]
    pub fn choose_token(sampler: u32, logits: &[f32]) -> Result<u32, JsValue>;
    #[wasm_bindgen(js_name = removeSampler)]
    pub fn remove_sampler(sampler: u32);
    #[wasm_bindgen(js_name = isEndToken)]
    pub fn is_end_token(model: u32, token: u32) -> bool;
    #[wasm_bindgen(js_name = endTokens)]
    pub fn end_tokens(model: u32) -> Vec<u32>;
    #[wasm_bindgen(js_name = createDecoder, catch)]
    pub fn create_decoder(model: u32, after: &[u32], options: &str) -> Result<u32, JsValue>;
    #[wasm_bindgen(js_name = decodeNext, catch)]
    pub fn decode_next(decoder: u32, ids: &[u32]) -> Result<String, JsValue>;
    #[wasm_bindgen(js_name = decodeEnd)]
    pub fn decode_end(decoder: u32) -> String;
    #[wasm_bindgen(js_name = decoderStopped)]
    pub fn decoder_stopped(decoder: u32) -> bool;
    #[wasm_bindgen(js_name = removeDecoder)]
    pub fn remove_decoder(decoder: u32);
    #[wasm_bindgen(js_name = applyChatTemplate, catch)]
    pub fn apply_chat_template(model: u32, messages: &str) -> Result<String, JsValue>;
    #[wasm_bindgen(js_name = encodeChat, catch)]
    pub fn encode_chat(model: u32, messages: &str) -> Result<Vec<u32>, JsValue>;
    #[wasm_bindgen(js_name = streamToken)]
    pub fn stream_token(text: &str) -> i32;
    #[wasm_bindgen(js_name = generateWith, catch)]
    pub fn generate_with(model: u32, prompt: &str, options: &str) -> Result<String, JsValue>;
    #[wasm_bindgen(js_name = chat, catch)]
    pub fn chat(model: u32, messages: &str, options: &str) -> Result<String, JsValue>;
    #[wasm_bindgen(js_name = chatAnswer, catch)]
    pub fn chat_answer(model: u32, part: &str) -> Result<String, JsValue>;
    #[wasm_bindgen(js_name = resetSession)]
    pub fn reset_session(model: u32);
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
