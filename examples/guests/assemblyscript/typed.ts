// examples/paris.js in AssemblyScript, Option 1: typed arrays and strings, no pointer in sight.
import * as realm from "./host";

let ids: u32[] = [];
let logits = new Float32Array(0);

/** Prompt and answer of the last run. */
export function idsNow(): Uint32Array {
  const all = new Uint32Array(ids.length);
  for (let i = 0; i < ids.length; i++) all[i] = ids[i];
  return all;
}

/** The last logits of the last run. */
export function logitsNow(): Float32Array {
  return logits;
}

/** Streams the most probable continuation of a prompt. Returns how many tokens it has. */
export function run(name: string, prompt: string, most: i32): i32 {
  const model = realm.loadModelByName(name);
  const width = realm.hiddenSize(model), layers = realm.layerCount(model), context = realm.contextLength(model);
  let next = realm.tokenize(model, prompt);
  const decoder = realm.createDecoder(model, next, ""); // a token may be a part of a character
  const first = next.length;
  ids = [];
  for (let i = 0; i < first; i++) ids.push(next[i]);
  for (let position = 0; ;) {
    let hidden = realm.embedTokens(model, next);
    for (let layer: u32 = 0; layer < layers; layer++) hidden = realm.forwardLayer(model, layer, hidden, position);
    position += next.length;
    logits = realm.computeLogits(model, hidden.slice(hidden.length - width));
    if (ids.length - first == most || <u32>ids.length == context) break;
    next = new Uint32Array(1);
    next[0] = realm.argmax(logits);
    if (realm.isEndToken(model, next[0])) break;
    ids.push(next[0]);
    const text = realm.decodeNext(decoder, next);
    if (text.length > 0 && realm.streamToken(text) != 0) break;
    __collect(); // this token's arrays: the memory stays small
  }
  const rest = realm.decodeEnd(decoder);
  if (rest.length > 0) realm.streamToken(rest);
  realm.removeDecoder(decoder);
  realm.removeModel(model);
  return ids.length - first;
}
