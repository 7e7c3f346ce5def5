// examples/paris.js in AssemblyScript, Option 2: raw pointers into this guest's memory. The same exports as c/paris.c.
import { realm_host_load_model_by_name, realm_get_model_metadata, realm_encode_tokens, realm_decode_tokens, realm_embed_tokens, realm_forward_layer, realm_compute_logits, realm_stream_token } from "./imports";
import { highest } from "./highest";

const CHUNK: u32 = 32; // tokens of a prompt at a time
const MOST_IDS: u32 = 4096;

let ids = new StaticArray<u32>(MOST_IDS);
let idCount: u32 = 0;
// What the next run uses again.
let logits = new StaticArray<f32>(0);
let hidden = new StaticArray<f32>(0);
const json = new StaticArray<u8>(4096);
const text = new StaticArray<u8>(256);

/** Memory that is never given back. */
export function alloc(bytes: u32): usize {
  return heap.alloc(bytes);
}

export function ids_at(): usize {
  return changetype<usize>(ids);
}

export function id_count_now(): u32 {
  return idCount;
}

export function logits_at(): usize {
  return changetype<usize>(logits);
}

/** The number behind `"key":` in the metadata. */
function number(json: string, key: string): i32 {
  const at = json.indexOf('"' + key + '":');
  return at < 0 ? -1 : i32(parseInt(json.substr(at + key.length + 3)));
}

/** Streams the most probable continuation of a prompt. Returns how many tokens it has, or what failed. */
export function run(name: usize, nameBytes: u32, prompt: usize, promptBytes: u32, most: u32): i32 {
  const model = realm_host_load_model_by_name(name, nameBytes);
  if (model < 0) return model;
  const jsonBytes = realm_get_model_metadata(model, changetype<usize>(json), json.length);
  if (jsonBytes < 0) return jsonBytes;
  const facts = String.UTF8.decodeUnsafe(changetype<usize>(json), jsonBytes);
  const width: u32 = number(facts, "hidden_size"), vocab: u32 = number(facts, "vocab_size"), context: u32 = number(facts, "max_seq_len");
  const layers: u32 = number(facts, "num_layers");

  if (<u32>logits.length < vocab) logits = new StaticArray<f32>(vocab);
  if (<u32>hidden.length < CHUNK * width) hidden = new StaticArray<f32>(CHUNK * width);
  const at = changetype<usize>(hidden), idsAt = changetype<usize>(ids), textAt = changetype<usize>(text);
  const count = realm_encode_tokens(model, prompt, promptBytes, idsAt, MOST_IDS * 4);
  if (count < 0) return count;
  const first: u32 = count;
  idCount = count;
  for (let position: u32 = 0; ;) {
    let rows: u32 = 0;
    while (position < idCount) { // the prompt in chunks, then one token at a time
      rows = min(idCount - position, CHUNK);
      let done = realm_embed_tokens(model, idsAt + position * 4, rows, at);
      for (let layer: u32 = 0; done >= 0 && layer < layers; layer++) done = realm_forward_layer(model, layer, at, rows * width, position, at);
      if (done < 0) return done;
      position += rows;
    }
    const done = realm_compute_logits(model, at + (rows - 1) * width * 4, width, changetype<usize>(logits));
    if (done < 0) return done;
    if (idCount - first == most || idCount == MOST_IDS || idCount == context) break;
    const best = highest(changetype<usize>(logits), vocab);
    unchecked(ids[idCount] = best);
    const bytes = realm_decode_tokens(model, idsAt + idCount * 4, 1, textAt, text.length);
    if (bytes < 0) return bytes;
    if (bytes == 0) break; // a special token, without text: the end
    idCount++;
    const stop = realm_stream_token(textAt, bytes);
    if (stop != 0) return stop < 0 ? stop : idCount - first;
  }
  return idCount - first;
}
