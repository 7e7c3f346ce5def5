'use strict';

// The snippets of the document that this project was made from, in its own words: Option 3's usage example, and Option 2's bridge
// function. Nothing is changed but where `require` finds the package.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const vm = require('node:vm');
const realm = require('..');
const { tinyAtlas, seed } = require('./fixtures/places');

const document =
  seed &&
  fs
    .readdirSync(seed)
    .map((name) => fs.readFileSync(path.join(seed, name), 'utf8'))
    .join('\n');
const seedTest = (name, body) =>
  seed ? test(name, body) : test['skip'](`${name} (the document is absent: REALM_SEED)`, body);
/** The snippet that has these words. */
const snippet = (words) =>
  [...document.matchAll(/```javascript\n([\s\S]*?)```/g)].find(([, code]) => code.includes(words))[1];

seedTest('Option 3’s usage example, of a prompt of three tokens', () => {
  const at = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-seed-'));
  const here = process.cwd();
  try {
    fs.copyFileSync(tinyAtlas, path.join(at, 'model.gguf'));
    process.chdir(at);
    const code = snippet('realm.storeModel(modelBytes)');
    const names = { require: (name) => (name === '@realm/realm-node' ? realm : require(name)), fs, position: 0 };
    names.numLayers = realm.loadModelSync(tinyAtlas, { vocabOnly: true }).info.layers;
    const logits = vm.runInNewContext(`(() => {${code}\nreturn logits;})()`, { ...names, Uint32Array });
    expect(logits).toHaveLength(1536);
    // Those of the last token.
    const id = realm.storeModel(tinyAtlas);
    let hidden = realm.embedTokens(id, [1, 2, 3]);
    for (let i = 0; i < names.numLayers; i++) hidden = realm.forwardLayer(id, i, hidden, 0);
    const last = realm.computeLogits(id, hidden.slice(-1024));
    expect(Buffer.from(logits).equals(Buffer.from(last))).toBe(true);
    realm.removeModel(id);
  } finally {
    process.chdir(here);
    fs.rmSync(at, { recursive: true, force: true });
  }
});

seedTest('Option 2’s bridge function', () => {
  const code = snippet('realm_embed_tokens: (mid');
  const modelId = realm.storeModel(tinyAtlas);
  const memory = new WebAssembly.Memory({ initial: 1 });
  const bridge = vm.runInNewContext(`({${code}})`, {
    ...{ wasmModule: { memory }, native: realm, modelId, Uint32Array, Float32Array },
  });
  new Uint32Array(memory.buffer, 64, 2).set([7, 9]);
  new Float32Array(memory.buffer, 1024, 600).fill(-1);
  expect(bridge.realm_embed_tokens(0, 64, 2, 1024)).toBe(2 * 256 * 4);
  const wanted = new Float32Array(realm.embedTokens(modelId, [7, 9]));
  expect(new Float32Array(memory.buffer, 1024, 512)).toEqual(wanted);
  expect(new Float32Array(memory.buffer, 1024 + 2048, 1)[0]).toBe(-1);
  realm.removeModel(modelId);
});

test('results are ArrayBuffers, as upstream’s, that say how many numbers they hold', () => {
  const id = realm.storeModel(tinyAtlas);
  const rows = realm.embedTokens(id, [1, 2]);
  const layer = realm.forwardLayer(id, 0, rows, 0);
  for (const [result, length] of [
    [rows, 512],
    [layer, 512],
    [realm.computeLogits(id, layer), 1536],
    [realm.getTensor(id, 'output_norm.weight'), 256],
  ]) {
    expect(Object.prototype.toString.call(result)).toBe('[object ArrayBuffer]');
    expect([result.length, result.byteLength]).toEqual([length, length * 4]);
    expect(Object.keys(result)).toEqual([]);
  }
  realm.removeModel(id);
});
