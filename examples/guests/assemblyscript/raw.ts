// examples/paris.js in AssemblyScript, Option 2: raw pointers into this guest's memory. The same exports as c/paris.c.
import * as realm from "./realm";

const CHUNK: u32 = 32; // tokens of a prompt at a time
const MOST_IDS: u32 = 4096;

let ids = new StaticArray<u32>(MOST_IDS);
let idCount: u32 = 0;
// What the next run uses again.
let logits = new StaticArray<f32>(0);
let hidden = new StaticArray<f32>(0);
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

/** Streams the most probable continuation of a prompt. Returns how many tokens it has, or what failed. */
export function run(name: usize, nameBytes: u32, prompt: usize, promptBytes: u32, most: u32): i32 {
  const model = realm.realm_host_load_model_by_name(name, nameBytes);
  if (model < 0) return model;
  const width: u32 = realm.realm_hidden_size(model), vocab: u32 = realm.realm_vocab_size(model), context: u32 = realm.realm_context_length(model);
  const layers: u32 = realm.realm_layer_count(model);

  if (<u32>logits.length < vocab) logits = new StaticArray<f32>(vocab);
  if (<u32>hidden.length < CHUNK * width) hidden = new StaticArray<f32>(CHUNK * width);
  const at = changetype<usize>(hidden), idsAt = changetype<usize>(ids), textAt = changetype<usize>(text);
  const count = realm.realm_encode_tokens(model, prompt, promptBytes, idsAt, MOST_IDS * 4);
  if (count < 0) return count;
  const first: u32 = count;
  const decoder = realm.realm_decoder_create(model, idsAt, first, 0, 0); // a token may be a part of a character
  if (decoder < 0) return decoder;
  idCount = count;
  let done = 0;
  for (let position: u32 = 0; ;) {
    let rows: u32 = 0;
    while (position < idCount) { // the prompt in chunks, then one token at a time
      rows = min(idCount - position, CHUNK);
      done = realm.realm_embed_tokens(model, idsAt + position * 4, rows, at);
      for (let layer: u32 = 0; done >= 0 && layer < layers; layer++) done = realm.realm_forward_layer(model, layer, at, rows * width, position, at);
      if (done < 0) return done;
      position += rows;
    }
    done = realm.realm_compute_logits(model, at + (rows - 1) * width * 4, width, changetype<usize>(logits));
    if (done < 0) return done;
    done = 0;
    if (idCount - first == most || idCount == MOST_IDS || idCount == context) break;
    const best = realm.realm_argmax(changetype<usize>(logits), vocab);
    if (realm.realm_is_end_token(model, best)) break;
    unchecked(ids[idCount] = best);
    done = realm.realm_decoder_next(decoder, idsAt + idCount * 4, 1, textAt, text.length);
    idCount++;
    if (done > 0) done = realm.realm_stream_token(textAt, done);
    if (done != 0) break; // below 0: what failed; 1: the host asks to stop
  }
  if (done >= 0) done = realm.realm_decoder_end(decoder, textAt, text.length);
  if (done > 0) done = realm.realm_stream_token(textAt, done);
  realm.realm_decoder_remove(decoder);
  return done < 0 ? done : idCount - first;
}
