'use strict';

// Asks a model for the capital of France with the seven functions alone: embed, layer by layer, logits, argmax.
// Usage: node examples/paris.js [model.gguf]

const path = require('node:path');
const { storeModel, removeModel, embedTokens, forwardLayer, computeLogits, loadModelSync } = require('..');

const file = process.argv[2] || process.env.MODEL_PATH || path.join(__dirname, '../models/tiny-atlas-q4_k_m.gguf');
const prompt = 'The capital of France is';

const words = loadModelSync(file, { vocabOnly: true }); // the tokenizer; weights are not loaded here
const { layers, hiddenSize, contextLength, tokenizer } = words.info;
if (!layers || !hiddenSize || !contextLength) throw new Error('the file has no weights');
const model = storeModel(file); // mapped into memory, found by its content

/** The most probable token after these, which stand at `position`. @type {(ids: Uint32Array, position: number) => number} */
const next = (ids, position) => {
  let hidden = embedTokens(model, ids);
  for (let layer = 0; layer < layers; layer++) hidden = forwardLayer(model, layer, hidden, position);
  const last = new Float32Array(hidden, (ids.length - 1) * hiddenSize * 4, hiddenSize);
  const logits = new Float32Array(computeLogits(model, last));
  return logits.reduce((best, value, id) => (value > logits[best] ? id : best), 0);
};

let ids = words.tokenize(prompt);
let answer = '';
for (let position = 0; position + ids.length < contextLength && position < 64 && !/[.\n]/.test(answer);) {
  const token = next(ids, position);
  if (token === tokenizer?.eosId) break;
  answer += words.detokenize([token], { skipSpecial: true });
  position += ids.length;
  ids = Uint32Array.of(token); // the layers' caches hold the rest
}

console.log(`${prompt}${answer.trimEnd()}`);
removeModel(model);
words.close();
