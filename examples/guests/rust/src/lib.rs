//! examples/paris.js in Rust with wasm-bindgen, Option 1: slices and strings. The weights stay in the host.
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "@realm/realm-node/host")]
extern "C" {
    #[wasm_bindgen(js_name = loadModelByName, catch)]
    fn load_model_by_name(name: &str) -> Result<u32, JsValue>;
    #[wasm_bindgen(js_name = removeModel)]
    fn remove_model(model: u32);
    #[wasm_bindgen(js_name = hiddenSize)]
    fn hidden_size(model: u32) -> u32;
    #[wasm_bindgen(js_name = vocabSize)]
    fn vocab_size(model: u32) -> u32;
    #[wasm_bindgen(js_name = layerCount)]
    fn layer_count(model: u32) -> u32;
    #[wasm_bindgen(js_name = contextLength)]
    fn context_length(model: u32) -> u32;
    #[wasm_bindgen(js_name = getTensor)]
    fn get_tensor(model: u32, name: &str) -> Vec<f32>;
    #[wasm_bindgen(js_name = tokenize)]
    fn tokenize(model: u32, text: &str) -> Vec<u32>;
    #[wasm_bindgen(js_name = detokenize)]
    fn detokenize(model: u32, ids: &[u32]) -> String;
    #[wasm_bindgen(js_name = embedTokens)]
    fn embed_tokens(model: u32, ids: &[u32]) -> Vec<f32>;
    #[wasm_bindgen(js_name = embedTokensInto)]
    fn embed_tokens_into(model: u32, ids: &[u32], out: &mut [f32]) -> u32;
    #[wasm_bindgen(js_name = forwardLayerInto, catch)]
    fn forward_layer_into(model: u32, layer: u32, hidden: &[f32], position: u32, out: &mut [f32]) -> Result<u32, JsValue>;
    #[wasm_bindgen(js_name = computeLogitsInto)]
    fn compute_logits_into(model: u32, hidden: &[f32], out: &mut [f32]) -> u32;
    #[wasm_bindgen(js_name = streamToken)]
    fn stream_token(text: &str) -> i32;
}

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
    let first = ids.len();
    let mut logits = vec![0f32; vocab_size(model) as usize];
    let mut position = 0;
    loop {
        let fresh = &ids[position..];
        let mut hidden = vec![0f32; fresh.len() * width];
        let mut out = hidden.clone();
        embed_tokens_into(model, fresh, &mut hidden);
        for layer in 0..layers {
            forward_layer_into(model, layer, &hidden, position as u32, &mut out).ok()?;
            std::mem::swap(&mut hidden, &mut out);
        }
        position = ids.len();
        compute_logits_into(model, &hidden[hidden.len() - width..], &mut logits);
        if ids.len() - first == most as usize || ids.len() == context {
            break;
        }
        let mut best = 0;
        for (id, value) in logits.iter().enumerate() {
            if *value > logits[best] {
                best = id;
            }
        }
        let text = detokenize(model, &[best as u32]);
        if text.is_empty() {
            break; // a special token, without text: the end
        }
        ids.push(best as u32);
        if stream_token(&text) != 0 {
            break;
        }
    }
    remove_model(model);
    Some(Answer { ids, logits })
}

/// The forms that return arrays: rows of the embedding, and a tensor's numbers.
#[wasm_bindgen]
pub fn sums(name: &str, ids: &[u32], tensor: &str) -> Vec<f32> {
    match load_model_by_name(name) {
        Err(_) => vec![],
        Ok(model) => {
            let sums = vec![embed_tokens(model, ids).iter().sum(), get_tensor(model, tensor).iter().sum()];
            remove_model(model);
            sums
        }
    }
}
