'use strict';

// The pure Node.js API, as in Realm's example of this name. Usage: node test-pure-node.js [model.gguf]

const fs = require('node:fs');
const path = require('node:path');
const { storeModel, getModelInfo, embedTokens, forwardLayer, computeLogits, removeModel } = require('../../index.js');

const file = process.argv[2] || process.env.MODEL_PATH || path.join(__dirname, '../../models/tiny-atlas-q4_k_m.gguf');

const modelId = storeModel(fs.readFileSync(file));
console.log(`Model stored with ID: ${modelId}`);

const info = getModelInfo(modelId);
console.log(`Tensors: ${info.tensor_count}`);
console.log(`Size: ${(info.total_size / 1024 / 1024).toFixed(2)} MB`);

const tokenIds = new Uint32Array([1, 2, 3]);
const embedded = new Float32Array(embedTokens(modelId, tokenIds));
console.log(`Embedded ${tokenIds.length} tokens -> ${embedded.length} hidden states`);

const hidden = new Float32Array(embedded.length / tokenIds.length).fill(0.1);
const output = new Float32Array(forwardLayer(modelId, 0, hidden, 0));
console.log(`Layer 0: ${hidden.length} -> ${output.length} hidden states`);

const logits = new Float32Array(computeLogits(modelId, output));
console.log(`${logits.length} logits`);
console.log(`First 5 values: ${[...logits.slice(0, 5)].map((value) => value.toFixed(4)).join(', ')}`);

removeModel(modelId);
console.log('Pure Node.js API Test Complete!');
