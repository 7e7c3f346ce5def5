'use strict';

// What the boundary between a WebAssembly guest and the engine costs a token, against the time of a token. In this process: all time
// of a run that is not spent inside the native addon (argmax and tokens to text included). Over a network (a WebSocket or requests
// to a host in this process, the guest in a thread that waits, as in a page's worker): what a token takes more than by Option 3.
//
// Then what a process takes beside the weights: Option 3, whose tensors stay in the engine, by path and from bytes (which are copied, and
// not counted as long as the caller keeps them), and the client's heap.
//
//   node bench/guests.js [model.gguf] [tokens]

const { execFile } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { performance } = require('node:perf_hooks');
const { binding } = require('../dist/engine/binding');
const { configureHost } = require('../dist/host');
const realm = require('..');
const { serve } = require('../dist/serve');
const { createRealmImports } = require('../dist/wasm');
const { Worker } = require('node:worker_threads');

const root = path.join(__dirname, '..');
const file = process.argv[2] ?? path.join(root, 'models/tiny-atlas-q4_k_m.gguf');
const most = Number(process.argv[3] ?? 32);
const PROMPT = 'The capital of France is';
const ROUNDS = 6;

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

function raw(name, atOnce) {
  const imports = createRealmImports({ models: { model: file } });
  const module = new WebAssembly.Module(fs.readFileSync(path.join(root, 'examples/guests', name)));
  const { exports: guest } = new WebAssembly.Instance(module, { env: imports.env });
  imports.attach(guest.memory);
  guest.set_layers_at_once?.(atOnce ? 1 : 0);
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

const row = (...cells) => console.log(`| ${cells.join(' | ')} |`);
const micro = (milliseconds) => `${(milliseconds * 1000).toFixed(0)} µs`;

/** Best of all rounds: { boundary, whole }, milliseconds a token. */
function measure(run) {
  run(); // the weights are packed, the code is compiled
  let best = { boundary: Infinity, whole: Infinity };
  for (let round = 0; round < ROUNDS; round++) {
    inside = 0;
    const began = performance.now();
    const tokens = run();
    const whole = performance.now() - began;
    best = {
      boundary: Math.min(best.boundary, (whole - inside) / tokens),
      whole: Math.min(best.whole, whole / tokens),
    };
  }
  return best;
}

/** A guest in C in a thread of its own, layer by layer over the network: milliseconds a token. */
async function remote(host, road, vocabSize, atOnce) {
  const order = { guest: 'c/paris.wasm', model: 'model', prompt: PROMPT, most, vocabSize, atOnce, rounds: ROUNDS };
  const workerData = { job: 'guest', road, order, url: host.url, token: host.token };
  const thread = new Worker(path.join(root, 'test/fixtures/remoteGuest.mjs'), { workerData });
  const { result, failed } = await new Promise((resolve, reject) => thread.on('message', resolve).on('error', reject));
  await thread.terminate();
  if (failed) throw new Error(failed);
  return result.milliseconds / result.result;
}

/** Asked to generate as a whole: milliseconds a token. */
async function generating(start) {
  let best = Infinity;
  for (let round = 0; round <= ROUNDS; round++) {
    const began = performance.now();
    const tokens = await start();
    best = Math.min(best, (performance.now() - began) / tokens);
  }
  return best;
}

/** The number that a script prints, in a process of its own. */
const numberOf = (flags, script) =>
  new Promise((resolve, reject) =>
    execFile(process.execPath, ['--expose-gc', ...flags, '-e', script], (error, text) =>
      error ? reject(error) : resolve(Number(text)),
    ),
  );

/** MB that a process of Option 3 grows by, storing the model and computing five rows: beside the weights in the engine. */
async function storing(source) {
  const script = `
    const fs = require('node:fs');
    const realm = require(${JSON.stringify(root)});
    const file = ${JSON.stringify(file)};
    const { layers } = realm.inspectModel(file);
    const anonymous = () => { gc(); return Number(/RssAnon:\\s*(\\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1]) / 1024; };
    const before = anonymous();
    const id = realm.storeModel(${source});
    let hidden = realm.embedTokens(id, [1, 2, 3, 4, 5]);
    for (let layer = 0; layer < layers; layer++) hidden = realm.forwardLayer(id, layer, hidden, 0);
    realm.computeLogits(id, hidden);
    setTimeout(() => console.log(anonymous() - before), 200);`;
  return (await numberOf([], script)) - fs.statSync(file).size / 2 ** 20;
}

/** MB of JavaScript's heap that a client of a host takes while it generates, in a process of its own. */
function connecting({ url, token }) {
  const script = `
    const { connect } = await import(${JSON.stringify(path.join(root, 'dist/web/client/index.mjs'))});
    const heap = () => { gc(); const { heapUsed, external } = process.memoryUsage(); return heapUsed + external; };
    const client = await connect(${JSON.stringify(url)}, { token: ${JSON.stringify(token)}, WebSocket: null });
    const before = heap();
    await client.generate({ prompt: ${JSON.stringify(PROMPT)} });
    console.log((heap() - before) / 2 ** 20);
    client.close();`;
  return numberOf(['--input-type=module'], script);
}

async function main() {
  const size = fs.statSync(file).size;
  const model = realm.loadModelSync(file);
  console.log(`${path.basename(file)}, ${most} tokens at most, best of ${ROUNDS}\n`);
  row('path', 'boundary a token', 'a token', 'share', 'guest memory');
  row('---', '---:', '---:', '---:', '---:');
  const paths = {
    'Option 3, JavaScript': pure(),
    'Option 2, C': raw('c/paris.wasm'),
    'Option 2, C, all layers in one call': raw('c/paris.wasm', true),
    'Option 2, AssemblyScript': raw('assemblyscript/raw.wasm'),
    'Option 1, AssemblyScript': await typed(),
  };
  let direct;
  for (const [name, { run, memory }] of Object.entries(paths)) {
    const { boundary, whole } = measure(run);
    direct ??= whole;
    const part = memory ? `${(memory() / 1024).toFixed(0)} KB (${((memory() / size) * 100).toFixed(2)} %)` : 'none';
    row(name, micro(boundary), `${whole.toFixed(2)} ms`, `${((boundary / whole) * 100).toFixed(1)} %`, part);
  }

  const host = await serve({ models: { model }, port: 0 });
  const network = (name, whole, than) =>
    row(
      name,
      micro(Math.max(0, whole - than)),
      `${whole.toFixed(2)} ms`,
      `${(Math.max(0, 1 - than / whole) * 100).toFixed(1)} %`,
      '',
    );
  for (const road of ['socket', 'request']) {
    for (const atOnce of [false, true]) {
      const name = `Client, C guest, ${atOnce ? 'all layers in one call' : 'layer by layer'}, by ${road}`;
      network(name, await remote(host, road, model.info.vocabSize, atOnce), direct);
    }
  }
  const options = { maxTokens: most, ignoreEos: true };
  const here = await generating(async () => (await model.generate(PROMPT, options)).tokens.length);
  const { connect } = await import('../dist/web/client/index.mjs');
  const client = await connect(host.url, { token: host.token, WebSocket: require('ws').WebSocket });
  const there = await generating(async () => (await client.generate({ prompt: PROMPT, ...options })).completionTokens);
  row('model.generate', 'none', `${here.toFixed(2)} ms`, '', 'none');
  network('Client, the host generates', there, here);
  client.close();

  console.log('\nMB beside the weights:');
  const [byPath, fromBytes] = [await storing('file'), await storing('fs.readFileSync(file)')];
  console.log(`  Option 3 by path ${byPath.toFixed(1)}, from bytes ${fromBytes.toFixed(1)}`);
  console.log(`  client ${(await connecting(host)).toFixed(1)}`);
  await host.close();
  model.close();
}

main();
