'use strict';

// What the boundary between a WebAssembly guest and the engine costs a token: all time of a run that is not spent inside the
// native addon (argmax and tokens to text included), against the time of a token.
//
//   node bench/guests.js [model.gguf] [tokens]

const fs = require('node:fs');
const path = require('node:path');
const { performance } = require('node:perf_hooks');
const { binding } = require('../dist/binding');
const { configureHost } = require('../dist/host');
const realm = require('..');
const { createRealmImports } = require('../dist/wasm');

const root = path.join(__dirname, '..');
const file = process.argv[2] ?? path.join(root, 'models/tiny-atlas-q4_k_m.gguf');
const most = Number(process.argv[3] ?? 32);
const PROMPT = 'The capital of France is';
const ROUNDS = 3;

let inside = 0;
for (const name of ['embedTokens', 'forwardLayer', 'computeLogits'].flatMap((name) => [name, `${name}Into`])) {
  const call = binding[name];
  binding[name] = (...args) => {
    const began = performance.now();
    try {
      return call(...args);
    } finally {
      inside += performance.now() - began;
    }
  };
}

/** Option 3: the seven functions, results into arrays made once. */
function pure() {
  const words = realm.loadModelSync(file);
  const id = realm.storeModel(file);
  return {
    run() {
      const { layers, hiddenSize, vocabSize } = words.info;
      const logits = new Float32Array(vocabSize);
      let ids = words.tokenize(PROMPT);
      let count = 0;
      for (let position = 0; count < most; count++) {
        const hidden = new Float32Array(ids.length * hiddenSize);
        realm.embedTokensInto(id, ids, hidden);
        for (let layer = 0; layer < layers; layer++) realm.forwardLayerInto(id, layer, hidden, position, hidden);
        position += ids.length;
        realm.computeLogitsInto(id, hidden.subarray(-hiddenSize), logits);
        let best = 0;
        for (let i = 1; i < logits.length; i++) if (logits[i] > logits[best]) best = i;
        if (words.detokenize([best], { skipSpecial: true }) === '') break;
        ids = Uint32Array.of(best);
      }
      return count;
    },
  };
}

function raw(name) {
  const imports = createRealmImports({ models: { model: file } });
  const module = new WebAssembly.Module(fs.readFileSync(path.join(root, 'examples/guests', name)));
  const { exports: guest } = new WebAssembly.Instance(module, { env: imports.env });
  imports.attach(guest.memory);
  const put = (text) => {
    const at = guest.alloc(text.length);
    return [at, Buffer.from(guest.memory.buffer).write(text, at)];
  };
  const args = [...put('model'), ...put(PROMPT), most];
  return { run: () => guest.run(...args), memory: () => guest.memory.buffer.byteLength };
}

async function typed() {
  configureHost({ models: { model: file } });
  const guest = await import('../examples/guests/assemblyscript/typed.mjs');
  return { run: () => guest.run('model', PROMPT, most), memory: () => guest.memory.buffer.byteLength };
}

async function main() {
  const size = fs.statSync(file).size;
  console.log(`${path.basename(file)}, ${most} tokens at most, best of ${ROUNDS}\n`);
  console.log('| path | boundary a token | a token | share | guest memory |');
  console.log('| --- | ---: | ---: | ---: | ---: |');
  const paths = {
    'Option 3, JavaScript': pure(),
    'Option 2, C': raw('c/paris.wasm'),
    'Option 2, AssemblyScript': raw('assemblyscript/raw.wasm'),
    'Option 1, AssemblyScript': await typed(),
  };
  for (const [name, { run, memory }] of Object.entries(paths)) {
    run(); // the weights are packed, the code is compiled
    let best = { boundary: Infinity };
    for (let round = 0; round < ROUNDS; round++) {
      inside = 0;
      const began = performance.now();
      const tokens = run();
      const whole = performance.now() - began;
      const boundary = (whole - inside) / tokens;
      if (boundary < best.boundary) best = { boundary, whole: whole / tokens };
    }
    const part = memory ? `${(memory() / 1024).toFixed(0)} KB (${((memory() / size) * 100).toFixed(2)} %)` : 'none';
    const share = `${((best.boundary / best.whole) * 100).toFixed(1)} %`;
    console.log(
      `| ${name} | ${(best.boundary * 1000).toFixed(0)} µs | ${best.whole.toFixed(2)} ms | ${share} | ${part} |`,
    );
  }
}

main();
