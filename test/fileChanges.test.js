'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { runScript } = require('./fixtures/child');
const { gguf, noise, tinyLlama } = require('./fixtures/gguf');
const { byteVocabulary } = require('./fixtures/vocabulary');
const { tinyAtlas } = require('./fixtures/places');

// A file that becomes shorter, or is written to, while it is read or used: an error with a code, whatever is done with it. Each in a
// process of its own, which must not die of it.

const TINY = { vocab: 258, metadata: byteVocabulary(['<a>', '<b>']) };

let folder;
let model;
let adapter;
let part;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-changes-'));
  model = write('tiny.gguf', tinyLlama(TINY));
  adapter = write(
    'lora.gguf',
    gguf(
      {
        'general.architecture': ['string', 'llama'],
        'general.type': ['string', 'adapter'],
        'adapter.type': ['string', 'lora'],
        'adapter.lora.alpha': ['f32', 64],
      },
      {
        'blk.0.attn_q.weight.lora_a': { shape: [32, 64], values: noise(32 * 64, 1) },
        'blk.0.attn_q.weight.lora_b': { shape: [64, 32], values: noise(64 * 32, 2) },
      },
    ),
  );
  part = split();
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

function write(name, bytes) {
  const file = path.join(folder, name);
  fs.writeFileSync(file, bytes);
  return file;
}

const LAST = 'blk.1.ffn_down.weight';

/** The model in two parts: the second has its last tensor. */
function split() {
  const facts = (number) => ({
    'split.no': ['u16', number],
    'split.count': ['u16', 2],
    'general.architecture': ['string', 'llama'],
  });
  write(
    'split-00001-of-00002.gguf',
    tinyLlama({ ...TINY, metadata: { ...TINY.metadata, ...facts(0) }, without: [LAST] }),
  );
  return write('split-00002-of-00002.gguf', gguf(facts(1), { [LAST]: { shape: [64, 32], values: noise(64 * 32, 3) } }));
}

const PROLOGUE = `
  const fs = require('node:fs');
  const path = require('node:path');
  const copies = fs.mkdtempSync(path.join(${JSON.stringify(os.tmpdir())}, 'realm-changed-'));
  process.on('exit', () => fs.rmSync(copies, { recursive: true }));
  const copy = (file) => {
    const to = path.join(copies, String(fs.readdirSync(copies).length) + path.basename(file));
    fs.copyFileSync(file, to);
    fs.chmodSync(to, 0o644);
    fs.utimesSync(to, 1e9, 1e9);
    return to;
  };
  const atlas = ${JSON.stringify(tinyAtlas)};
  // Ways to change a file: what 'truncate', 'cp', a downloader and an editor do.
  const ways = {
    shorter: (file) => fs.truncateSync(file, fs.statSync(file).size >> 1),
    empty: (file) => fs.truncateSync(file, 0),
    again: (file) => fs.writeFileSync(file, fs.readFileSync(file)),
    zeros: (file) => fs.writeFileSync(file, Buffer.alloc(fs.statSync(file).size)),
    byte: (file) => {
      const descriptor = fs.openSync(file, 'r+');
      fs.writeSync(descriptor, 'x', fs.statSync(file).size - 3);
      fs.closeSync(descriptor);
    },
  };
  async function codeOf(work) {
    try {
      await work();
      return 'no error';
    } catch (error) {
      if (!(error instanceof realm.RealmError)) throw error;
      return error.code;
    }
  }
`;

async function results(script, options) {
  const result = await runScript(`${PROLOGUE}(async () => { ${script} })();`, options);
  expect({ code: result.code, signal: result.signal, stderr: result.stderr }).toEqual({
    code: 0,
    signal: null,
    stderr: '',
  });
  return JSON.parse(result.stdout);
}

const EXPECTED = {
  shorter: 'E_TRUNCATED',
  empty: 'E_TRUNCATED',
  again: 'E_IO',
  zeros: 'E_IO',
  byte: 'E_IO',
};

test('packed, mapped, stored, as an adapter, in a session: every change is an error, again and again', async () => {
  const found = await results(`
    const found = {};
    for (const [way, change] of Object.entries(ways)) {
      const codes = [];
      const use = async (work) => codes.push(await codeOf(work), await codeOf(work));
      // A model that is loaded: its embedding is read from the file.
      let file = copy(atlas);
      let model = await realm.loadModel(file);
      change(file);
      await use(() => model.logits([1, 2, 3]));
      await use(() => model.generate([1, 2, 3], { maxTokens: 3 }));
      model.close();
      // Packed when it is used.
      file = copy(atlas);
      model = await realm.loadModel(file, { weights: 'mapped' });
      await model.logits([1, 2, 3]);
      change(file);
      await use(() => model.logits([1, 2, 3]));
      await use(() => model.generate([1, 2, 3], { maxTokens: 3 }));
      model.close();
      // Stored: nothing is packed before the first layer.
      file = copy(atlas);
      let id = realm.storeModel(file);
      const hidden = realm.embedTokens(id, [5]);
      change(file);
      await use(() => realm.getTensor(id, 'blk.0.attn_q.weight'));
      await use(() => realm.embedTokens(id, [5]));
      await use(() => realm.forwardLayer(id, 0, hidden, 0));
      await use(() => realm.computeLogits(id, hidden));
      realm.removeModel(id);
      // An adapter's matrices stay in its file.
      const base = copy(${JSON.stringify(model)});
      file = copy(${JSON.stringify(adapter)});
      model = await realm.loadModel(base, { lora: [{ path: file }] });
      await model.logits([1, 2, 3]);
      change(file);
      await use(() => model.logits([1, 2, 3]));
      model.close();
      found[way] = [...new Set(codes)];
      // The file is another one now; whole again, it can be opened again.
      fs.copyFileSync(${JSON.stringify(adapter)}, file);
      model = await realm.loadModel(base, { lora: [{ path: file }] });
      await model.logits([1, 2, 3]);
      model.close();
    }
    console.log(JSON.stringify(found));
  `);
  for (const [way, code] of Object.entries(EXPECTED)) expect({ [way]: found[way] }).toEqual({ [way]: [code] });
});

test('formats with codebooks, which stay in the file, and a part of a split model', async () => {
  // A matrix in IQ3_S: 110 bytes for 256 weights.
  const others = { 'blk.1.attn_q.weight': { shape: [256, 256], values: new Uint8Array(256 * 110), type: 21 } };
  const codebook = write('codebook.gguf', tinyLlama({ ...TINY, hidden: 256, others }));
  const found = await results(`
    const found = [];
    for (const rows of [[1], [1, 2, 3]]) {
      const file = copy(${JSON.stringify(codebook)});
      const model = await realm.loadModel(file);
      await model.logits(rows);
      ways.shorter(file);
      found.push(await codeOf(() => model.logits(rows)), await codeOf(() => model.logits([7])));
      model.close();
    }
    for (const weights of ['packed', 'mapped']) {
      const folder = fs.mkdtempSync(path.join(copies, 'split'));
      for (const number of [1, 2]) fs.copyFileSync(${JSON.stringify(part)}.replace('00002-of', '0000' + number + '-of'), path.join(folder, 'm-0000' + number + '-of-00002.gguf'));
      const model = await realm.loadModel(path.join(folder, 'm-00001-of-00002.gguf'), { weights });
      await model.logits([1, 2]);
      ways.empty(path.join(folder, 'm-00002-of-00002.gguf'));
      found.push(await codeOf(() => model.logits([1, 2])));
      model.close();
    }
    console.log(JSON.stringify(found));
  `);
  expect(found).toEqual(Array(6).fill('E_TRUNCATED'));
});

test('a file that shrinks at any moment of a load', async () => {
  const found = await results(`
    const codes = {};
    const load = (file, threads) => codeOf(() => realm.loadModel(file, { threads }).then((model) => model.logits([1, 2])));
    const start = performance.now();
    await load(copy(atlas), 1);
    const whole = performance.now() - start;
    // At forty moments of what a load takes, and again (on another machine loads are faster, or something else runs) until one was hit.
    for (let i = 0; i < 40 || (!codes.E_TRUNCATED && i < 1000); i++) {
      const file = copy(atlas);
      const loading = load(file, 1 + (i % 2));
      const until = performance.now() + (whole * (i % 40)) / 40;
      while (performance.now() < until);
      ways[i % 3 ? 'shorter' : 'empty'](file);
      const code = await loading;
      codes[code] = (codes[code] ?? 0) + 1;
      fs.rmSync(file);
    }
    console.log(JSON.stringify(codes));
  `);
  // Before it is opened it is a short file like any other; when all is done before, nothing has happened.
  for (const code of Object.keys(found)) expect(['E_TRUNCATED', 'E_BOUNDS', 'no error']).toContain(code);
  expect(found.E_TRUNCATED).toBeGreaterThan(0);
});

test('others who want SIGBUS get theirs, before and after, and ours stay errors', async () => {
  const found = await results(`
    const found = [];
    const seen = [];
    const truncated = async () => {
      const file = copy(atlas);
      const model = await realm.loadModel(file, { weights: 'mapped' });
      ways.shorter(file);
      found.push(await codeOf(() => model.logits([1, 2, 3])));
      model.close();
    };
    const signal = async () => {
      process.kill(process.pid, 'SIGBUS');
      for (let i = 0; i < 100 && seen.length === 0; i++) await new Promise((resolve) => setTimeout(resolve, 10));
      found.push(seen.splice(0).join());
    };
    const listener = () => seen.push('signal');
    process.on('SIGBUS', listener);
    await truncated();
    await signal();
    process.off('SIGBUS', listener);
    await truncated();
    // While a model is open.
    const file = copy(atlas);
    const model = await realm.loadModel(file, { weights: 'mapped' });
    await model.logits([1]);
    process.on('SIGBUS', listener);
    ways.shorter(file);
    found.push(await codeOf(() => model.logits([1, 2, 3])));
    await signal();
    console.log(JSON.stringify(found));
  `);
  expect(found).toEqual(['E_TRUNCATED', 'signal', 'E_TRUNCATED', 'E_TRUNCATED', 'signal']);
});

test('a SIGBUS that is not ours ends the process as ever', async () => {
  const result = await runScript(`
    (async () => {
      const model = await realm.loadModel(${JSON.stringify(tinyAtlas)});
      await model.logits([1]);
      process.kill(process.pid, 'SIGBUS');
      setTimeout(() => {}, 5000);
    })();
  `);
  expect(result.signal).toBe('SIGBUS');
});
