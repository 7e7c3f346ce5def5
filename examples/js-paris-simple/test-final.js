'use strict';

// A model stored in the host, a WebAssembly guest that asks it, as in Realm's example of this name: the guest runs in a
// worker thread, on the reusable bridge. Usage: node test-final.js [model.gguf]

const fs = require('node:fs');
const path = require('node:path');
const { storeModel, getModelInfo, removeModel } = require('@realm/realm-node');
const { runGuest } = require('@realm/realm-node/wasm');

const file = process.argv[2] || process.env.MODEL_PATH || path.join(__dirname, '../../models/tiny-atlas-q4_k_m.gguf');
const prompt = 'The capital of France is';

async function main() {
  const began = Date.now();
  const id = storeModel(file); // the content's id: positive, below 2^31
  console.log(`[HOST] realm_store_model(len=${fs.statSync(file).size}, hint=0)`);
  console.log(`[HOST] Model stored with ID: ${id}`);
  const { tensor_count: tensors, total_size: size } = getModelInfo(id);
  console.log(`[HOST] Tensors: ${tensors}, ${(size / 1024 / 1024).toFixed(2)} MB`);

  const { result, text, lastError, memoryBytes } = await runGuest(path.join(__dirname, '../guests/c/paris.wasm'), {
    models: { paris: id },
    args: ['paris', prompt, 20],
  });
  removeModel(id);
  if (result < 0) throw new Error(lastError);
  console.log(`Response: "${prompt}${text}"`);
  console.log(`Time: ${Date.now() - began}ms, guest memory: ${((memoryBytes / size) * 100).toFixed(2)} % of the model`);
  if (/paris/i.test(text)) console.log('SUCCESS: Model correctly identified Paris as the capital of France!');
}

main();
