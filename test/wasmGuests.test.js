'use strict';

// Guests compute what the package computes: the same ids, the same logits, bit for bit, in a small memory of their own.

const fs = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { loadModel, loadModelSync, storeModel, removeModel, embedTokens } = require('..');
const { runGuest, createRealmImports } = require('../dist/wasm');
const { createHost } = require('../dist/host');
const { checkGuests, GUESTS } = require('../scripts/guests');
const { runProgram } = require('./fixtures/child');
const { tinyAtlas, smollm2, goldenTest } = require('./fixtures/places');
const { FRANCE, wasmOf, rawGuest, optionThree, sameBits, sha } = require('./fixtures/guests');

async function everyGuest(file, prompt, most) {
  const expected = optionThree(file, prompt, most);
  for (const name of ['c/paris.wasm', 'assemblyscript/raw.wasm']) {
    let text = '';
    const guest = rawGuest(name, { models: { model: file }, onToken: (piece) => void (text += piece) });
    const count = guest.call('run', 'model', prompt, most);
    expect([name, guest.imports.lastError, guest.ids(), text]).toEqual([name, '', expected.ids, expected.text]);
    expect(count).toBeGreaterThan(0);
    expect([name, sameBits(guest.logits(expected.logits.length), expected.logits)]).toEqual([name, true]);
    expect(guest.memoryBytes()).toBeLessThan(0.02 * Math.max(fs.statSync(file).size, 16 << 20));
    guest.imports.close();
  }
  const { stdout, stderr, code } = await runProgram(process.execPath, [
    path.join(__dirname, 'fixtures/typedGuest.mjs'),
    file,
    prompt,
    String(most),
  ]);
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  const typed = JSON.parse(stdout);
  expect(typed).toMatchObject({ ids: expected.ids, text: expected.text, logits: sha(expected.logits) });
  expect(typed.memoryBytes).toBeLessThan(0.02 * Math.max(fs.statSync(file).size, 16 << 20));
  return expected.text;
}

test('Paris through each guest: Tiny Atlas', async () => {
  expect(await everyGuest(tinyAtlas, FRANCE, 20)).toBe(' Paris.');
});

goldenTest('Paris through each guest, under 2 % of the model in memory: SmolLM2', async () => {
  expect(await everyGuest(smollm2, FRANCE, 8)).toContain('Paris');
});

test('one call that generates in the host gives what model.generate gives', async () => {
  const model = await loadModel(tinyAtlas);
  const expected = await model.generate('The capital of Japan is', { maxTokens: 20 });
  let text = '';
  const guest = rawGuest('c/paris.wasm', { models: { model }, onToken: (piece) => void (text += piece) });
  expect(guest.call('ask', 'model', 'The capital of Japan is', 20)).toBe(Buffer.byteLength(expected.text) + 1);
  expect(text).toBe(expected.text);
  const host = createHost({ models: { model } });
  expect(host.generate(host.loadModelByName('model'), 'The capital of Japan is', 20)).toBe(expected.text);
  guest.imports.close();
  host.close();
  model.close();
});

test('a guest in a worker leaves this thread free', async () => {
  let ticks = 0;
  const ticking = setInterval(() => ticks++, 1);
  const options = { models: { model: tinyAtlas }, args: ['model', FRANCE, 20] };
  const { text, result, lastError, memoryBytes } = await runGuest(wasmOf('c/paris.wasm'), options);
  clearInterval(ticking);
  expect({ text, result, lastError }).toEqual({ text: ' Paris.', result: 3, lastError: '' });
  expect(memoryBytes).toBeLessThan(1 << 20);
  expect(ticks).toBeGreaterThan(0);
  await expect(runGuest(wasmOf('c/paris.wasm'), { ...options, call: 'nothing' })).rejects.toThrow(
    'no function "nothing"',
  );
  const wrong = await runGuest(wasmOf('c/paris.wasm'), { ...options, args: ['other', FRANCE, 20] });
  expect([wrong.result, wrong.lastError]).toEqual([
    -4,
    'realm_host_load_model_by_name: the host allows no model named "other"',
  ]);
});

test('a signal stops a guest; one that does not listen is ended', async () => {
  const deaf = new Uint8Array([
    ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 7, 1, 3, 114, 117, 110, 0, 0], // (func (export "run")
    ...[10, 9, 1, 7, 0, 3, 64, 12, 0, 11, 11], // (loop (br 0)))
  ]);
  await expect(runGuest(deaf, { signal: AbortSignal.timeout(200) })).rejects.toMatchObject({ name: 'TimeoutError' });
  const controller = new AbortController();
  const stopped = runGuest(wasmOf('c/paris.wasm'), {
    models: { model: tinyAtlas },
    args: ['model', FRANCE, 20],
    signal: controller.signal,
    onToken: () => controller.abort(new Error('enough')),
  });
  await expect(stopped).rejects.toThrow('enough');
});

test('two guests at once, and one beside model.generate, do not disturb each other', async () => {
  const alone = (prompt) => optionThree(tinyAtlas, prompt, 12);
  const prompts = ['The capital of France is', 'What is the capital of Peru?'];
  const expected = prompts.map((prompt) => alone(prompt).text);
  // Interleaved to the token, in one thread: the first one's callback runs the whole second one.
  const inner = rawGuest('c/paris.wasm', { models: { m: tinyAtlas }, onToken: (piece) => void (texts[1] += piece) });
  const texts = ['', ''];
  const outer = rawGuest('c/paris.wasm', {
    models: { m: tinyAtlas },
    onToken(piece) {
      texts[0] += piece;
      texts[1] = '';
      inner.call('run', 'm', prompts[1], 12);
    },
  });
  outer.call('run', 'm', prompts[0], 12);
  expect(texts).toEqual(expected);
  inner.imports.close();
  outer.imports.close();

  const model = loadModelSync(tinyAtlas);
  const options = (prompt) => ({ models: { m: tinyAtlas }, args: ['m', prompt, 12] });
  const [first, second, beside] = await Promise.all([
    runGuest(wasmOf('c/paris.wasm'), options(prompts[0])),
    runGuest(wasmOf('assemblyscript/raw.wasm'), options(prompts[1])),
    model.generate(prompts[1], { maxTokens: 12 }),
  ]);
  expect([first.text, second.text]).toEqual(expected);
  expect(beside.text).toBe((await model.generate(prompts[1], { maxTokens: 12 })).text);
  model.close();
});

test('two ids of the host module are two sequences', () => {
  const host = createHost({ models: { m: tinyAtlas } });
  const [a, b] = [host.loadModelByName('m'), host.loadModelByName('m')];
  expect(a).not.toBe(b);
  const hidden = host.embedTokens(a, [1, 2]);
  expect(hidden).toHaveLength(2 * host.hiddenSize(a));
  const first = host.forwardLayer(a, 0, hidden, 0);
  host.forwardLayer(
    b,
    0,
    hidden.map((x) => -x),
    0,
  );
  const next = host.forwardLayer(a, 0, hidden.subarray(0, host.hiddenSize(a)), 2);
  host.resetSession(a);
  expect(() => host.forwardLayer(a, 0, hidden, 2)).toThrow('leaves a gap');
  expect(sameBits(host.forwardLayer(a, 0, hidden, 0), first)).toBe(true);
  expect(sameBits(host.forwardLayer(a, 0, hidden.subarray(0, host.hiddenSize(a)), 2), next)).toBe(true);
  const logits = new Float32Array(host.vocabSize(a));
  expect(host.computeLogitsInto(a, first.subarray(0, host.hiddenSize(a)), logits)).toBe(logits.length);
  expect(sameBits(logits, host.computeLogits(a, first.subarray(0, host.hiddenSize(a))))).toBe(true);
  host.removeModel(a);
  expect(() => host.hiddenSize(a)).toThrow(expect.objectContaining({ code: 'E_MODEL_NOT_FOUND' }));
  expect(() => host.loadModelByName('../m')).toThrow(expect.objectContaining({ code: 'E_MODEL_NOT_FOUND' }));
  host.close();
});

test('the host module: every kind of source, and its other functions', () => {
  const id = storeModel(tinyAtlas);
  const model = loadModelSync(tinyAtlas, { vocabOnly: true });
  const bytes = fs.readFileSync(tinyAtlas);
  const sources = {
    path: tinyAtlas,
    url: pathToFileURL(tinyAtlas),
    bytes,
    buffer: new Uint8Array(bytes).buffer,
    id,
    model,
  };
  const texts = [];
  const host = createHost({ models: sources, mayStore: true, onToken: (text) => texts.push(text) < 2 });
  const rows = Object.keys(sources).map((name) => host.embedTokens(host.loadModelByName(name), [7]));
  for (const row of rows) expect(sameBits(row, new Float32Array(embedTokens(id, [7])))).toBe(true);
  // Whatever the sources' owners do with them, the guest keeps its own.
  model.close();
  removeModel(id);
  const [last, first] = [Object.keys(sources).length, 1];
  expect(host.computeLogits(last, host.forwardLayer(last, 0, rows[0], 0))).toHaveLength(host.vocabSize(first));
  expect(host.detokenize(first, host.tokenize(first, FRANCE))).toBe(FRANCE);
  expect(host.getTensor(first, 'output_norm.weight')).toHaveLength(host.hiddenSize(first));
  expect(host.getModelInfo(first)).toEqual({ tensor_count: 38, total_size: 2219520 });
  expect(JSON.parse(host.getModelMetadata(first)).config.num_layers).toBe(host.layerCount(first));
  expect(host.embedTokensInto(first, [7], new Float32Array(host.hiddenSize(first)))).toBe(host.hiddenSize(first));
  expect(host.forwardLayerInto(first, 0, rows[0], 0, rows[0])).toBe(host.hiddenSize(first));
  expect([host.streamToken('x'), host.streamToken('y')]).toEqual([0, 1]);
  expect(() => host.generate(first, FRANCE, 8)).toThrow(expect.objectContaining({ code: 'E_CANCELLED' }));
  expect(() => host.generate(first, FRANCE, 0)).toThrow(expect.objectContaining({ code: 'E_INVALID_ARGUMENT' }));
  expect(() => host.tokenize(first, 5)).toThrow('text must be a string');
  const stored = host.storeModel(bytes, 90);
  expect(stored).toBe(90);
  expect(host.storeModel(bytes, 90)).toBe(90);
  expect(() => host.storeModel(bytes, 1)).toThrow(expect.objectContaining({ code: 'E_MODEL_EXISTS' }));
  expect(() => host.storeModel(Buffer.from('no model'))).toThrow(expect.objectContaining({ code: 'E_NOT_GGUF' }));
  host.configure({ models: { more: tinyAtlas }, onToken: () => true });
  expect(host.generate(host.loadModelByName('more'), FRANCE, 8)).toBe(' Paris.');
  host.close();
  expect(() => host.contextLength(first)).toThrow('Model 1 not found');
});

test('a guest that is ended in the middle of a generation leaves the model to the others', async () => {
  const model = loadModelSync(tinyAtlas);
  const controller = new AbortController();
  const ended = runGuest(wasmOf('c/paris.wasm'), {
    models: { m: tinyAtlas },
    call: 'ask',
    args: ['m', FRANCE, 400],
    signal: controller.signal,
    onToken: () => controller.abort(new Error('enough')),
  });
  await expect(ended).rejects.toThrow('enough');
  expect((await model.generate(FRANCE, { maxTokens: 8 })).text).toBe(' Paris.');
  model.close();
});

const REBUILT = Object.keys(GUESTS).filter((name) => name !== 'rust/paris.wasm'); // that one: wasmBindgen.test.js
const { missing, different } = checkGuests(REBUILT);
test('the committed guests are what their sources give', () => expect(different).toEqual([]));
for (const name of REBUILT) {
  const why = missing.find((entry) => entry.startsWith(name));
  (why ? test['skip'] : test)(`rebuilt: ${why ?? name}`, () => expect(different).not.toContain(name));
}

test('an import object serves instantiate as it is', async () => {
  const realm = createRealmImports({ models: { m: tinyAtlas } });
  const { instance } = await WebAssembly.instantiate(fs.readFileSync(wasmOf('c/paris.wasm')), realm);
  realm.attach(instance);
  expect(Object.keys(realm.env)).toHaveLength(39);
  realm.close();
});
