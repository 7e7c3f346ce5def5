'use strict';

// A WebAssembly guest computes layer by layer in the host, as in Realm's example of this name, on the reusable bridge.
// Usage: node test-host-compute.js [model.gguf]

const fs = require('node:fs');
const path = require('node:path');
const { createRealmImports } = require('@realm/realm-node/wasm');

const file = process.argv[2] || process.env.MODEL_PATH || path.join(__dirname, '../../models/tiny-atlas-q4_k_m.gguf');
const guest = fs.readFileSync(path.join(__dirname, '../guests/c/paris.wasm'));
const prompt = 'The capital of France is';
let answer = '';
const counts = {};

const realm = createRealmImports({ models: { model: file }, onToken: (text) => void (answer += text) });
for (const [name, call] of Object.entries(realm.env)) {
  realm.env[name] = (...args) => {
    const result = call(...args);
    if (!counts[name]) console.log(`[HOST] ${name}(${args.join(', ')}) = ${result}`);
    counts[name] = (counts[name] ?? 0) + 1;
    return result;
  };
}
const { exports: wasm } = new WebAssembly.Instance(new WebAssembly.Module(guest), { env: realm.env });
realm.attach(wasm.memory);

const put = (text) => {
  const at = wasm.alloc(text.length);
  return [at, Buffer.from(wasm.memory.buffer, at, text.length).write(text)];
};
const tokens = wasm.run(...put('model'), ...put(prompt), 20);
if (tokens < 0) throw new Error(realm.lastError);
console.log(`Host calls: ${Object.values(counts).reduce((sum, count) => sum + count)}, tokens: ${tokens}`);
console.log(`Guest memory: ${(wasm.memory.buffer.byteLength / 1024).toFixed(0)} KB`);
console.log(`Response: "${prompt}${answer}"`);
if (/paris/i.test(answer)) console.log('SUCCESS: Model correctly identified Paris as the capital of France!');
realm.close();
