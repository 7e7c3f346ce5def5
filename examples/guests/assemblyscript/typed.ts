// examples/paris.js in AssemblyScript, Option 1: typed arrays and strings, no pointer in sight.
import { loadModelByName, hiddenSize, layerCount, contextLength, embedTokens, forwardLayer, computeLogits, tokenize, detokenize, streamToken, removeModel } from "./host";
import { highest } from "./highest";

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
  const model = loadModelByName(name);
  const width = hiddenSize(model), layers = layerCount(model), context = contextLength(model);
  let next = tokenize(model, prompt);
  const first = next.length;
  ids = [];
  for (let i = 0; i < first; i++) ids.push(next[i]);
  for (let position = 0; ;) {
    let hidden = embedTokens(model, next);
    for (let layer = 0; layer < layers; layer++) hidden = forwardLayer(model, layer, hidden, position);
    position += next.length;
    logits = computeLogits(model, hidden.slice(hidden.length - width));
    if (ids.length - first == most || ids.length == context) break;
    const best = highest(logits.dataStart, logits.length);
    next = new Uint32Array(1);
    next[0] = best;
    const text = detokenize(model, next);
    if (text.length == 0) break; // a special token, without text: the end
    ids.push(best);
    if (streamToken(text) != 0) break;
    __collect(); // this token's arrays: the memory stays small
  }
  removeModel(model);
  return ids.length - first;
}
