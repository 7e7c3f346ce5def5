'use strict';

// Models live in the host, as in Realm's example of this name. Usage: node test.js [model.gguf]

const fs = require('node:fs');
const path = require('node:path');
const native = require('../../index.node');

const file = process.argv[2] || process.env.MODEL_PATH || path.join(__dirname, '../../models/tiny-atlas-q4_k_m.gguf');

const modelId = native.storeModel(fs.readFileSync(file));
console.log(`Model stored in HOST with ID: ${modelId}`);

const info = native.getModelInfo(modelId);
console.log(`Tensors: ${info.tensor_count}`);
console.log(`Size: ${(info.total_size / 1024 / 1024).toFixed(2)} MB`);

const tensor = native.getTensor(modelId, 'token_embd.weight');
console.log(`Retrieved tensor: ${tensor.byteLength} bytes (dequantized f32)`);
const values = new Float32Array(tensor);
console.log(`Elements: ${values.length}`);
console.log(`First 5 values: ${[...values.slice(0, 5)].map((value) => value.toFixed(4)).join(', ')}`);

native.removeModel(modelId);
console.log('HOST Storage Test Complete!');
