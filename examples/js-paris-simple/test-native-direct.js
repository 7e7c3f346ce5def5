'use strict';

// index.node without the JavaScript around it, as in Realm's example of this name. Usage: node test-native-direct.js [model.gguf]

const fs = require('node:fs');
const path = require('node:path');
const native = require('../../index.node');
const { loadModelSync } = require('../../index.js');

const file = process.argv[2] || process.env.MODEL_PATH || path.join(__dirname, '../../models/tiny-atlas-q4_k_m.gguf');
const words = loadModelSync(file, { vocabOnly: true });
const tokens = words.tokenize('What is the capital of France?');

const modelId = native.storeModel(fs.readFileSync(file));
const embedded = native.embedTokens(modelId, Buffer.from(tokens.buffer));
console.log(`Embedded ${tokens.length} tokens -> ${embedded.byteLength / 4} f32 values`);
console.log(`Hidden states size: ${(embedded.byteLength / 1024).toFixed(2)} KB`);

const hidden = native.forwardLayer(modelId, 0, Buffer.from(embedded), 0);
console.log(`Layer 0 forward complete: ${hidden.byteLength / 4} f32 values`);

const width = hidden.byteLength / tokens.length;
const logits = new Float32Array(native.computeLogits(modelId, Buffer.from(hidden, hidden.byteLength - width, width)));
console.log(`Logits: ${logits.length} values, ${(logits.byteLength / 1024).toFixed(2)} KB`);

const top = logits.reduce((best, value, id) => (value > logits[best] ? id : best), 0);
console.log(`Top token ID: ${top} (logit: ${logits[top].toFixed(4)}) ${JSON.stringify(words.detokenize([top]))}`);
native.removeModel(modelId);
