'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { loadModel, loadModelSync } = require('..');
const { gguf, noise, tinyLlama } = require('./fixtures/gguf');
const { byteVocabulary } = require('./fixtures/vocabulary');
const { rejection } = require('./fixtures/failure');
const { golden, goldenTest, readFloats, readJson } = require('./fixtures/places');

const HIDDEN = 32;
const RANK = 2;

let folder;
let base;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-lora-'));
  base = write('base.gguf', tinyLlama({ vocab: 258, metadata: byteVocabulary(['<a>', '<b>']) }));
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

function write(name, bytes) {
  const file = path.join(folder, name);
  fs.writeFileSync(file, bytes);
  return file;
}

/** An adapter of the queries of the first layer. */
function adapter(name, { metadata = {}, seed = 5, rank = RANK, size = 8 } = {}) {
  const values = (count, of) => noise(count, of).map((x) => x * size);
  return write(
    name,
    gguf(
      {
        'general.architecture': ['string', 'llama'],
        'general.type': ['string', 'adapter'],
        'adapter.type': ['string', 'lora'],
        'adapter.lora.alpha': ['f32', RANK],
        ...metadata,
      },
      {
        'blk.0.attn_q.weight.lora_a': { shape: [HIDDEN, rank], values: values(HIDDEN * rank, seed) },
        'blk.0.attn_q.weight.lora_b': { shape: [RANK, HIDDEN], values: values(RANK * HIDDEN, seed + 1) },
      },
    ),
  );
}

const IDS = [3, 1, 4, 1, 5, 9, 2, 6];

async function logits(options) {
  const model = await loadModel(base, { threads: 1, ...options });
  try {
    return await model.logits(IDS);
  } finally {
    model.close();
  }
}

test('a model with an adapter is another one; at scale 0 it is the same, bit for bit', async () => {
  const file = adapter('a.gguf');
  const plain = await logits({});
  const whole = await logits({ lora: [{ path: file }] });
  expect(whole).not.toEqual(plain);
  expect(await logits({ lora: [{ path: pathToFileURL(file), scale: 1 }] })).toEqual(whole);
  expect(await logits({ lora: [{ path: file, scale: 0.5 }] })).not.toEqual(whole);
  expect(await logits({ lora: [{ path: file, scale: 0 }] })).toEqual(plain);
  expect(await logits({ lora: [] })).toEqual(plain);
});

test('several add up', async () => {
  const first = { path: adapter('a.gguf') };
  const second = { path: adapter('b.gguf', { seed: 9 }), scale: -0.5 };
  const both = await logits({ lora: [first, second] });
  expect(both).not.toEqual(await logits({ lora: [first] }));
  expect(await logits({ lora: [first, { ...second, scale: 0 }] })).toEqual(await logits({ lora: [first] }));
});

test('each text has scales of its own, without another load', async () => {
  const model = await loadModel(base, { lora: [{ path: adapter('a.gguf', { size: 30 }) }] });
  const plain = await loadModel(base);
  const options = { maxTokens: 12, ignoreEos: true };
  const ids = async (from, more) => [...(await from.generate(IDS, { ...options, ...more })).tokens];
  const expected = await ids(plain);
  const adapted = await ids(model);
  expect(adapted).not.toEqual(expected);
  const [none, full] = await Promise.all([ids(model, { lora: [0] }), ids(model, { lora: [1] })]);
  expect(none).toEqual(expected);
  expect(full).toEqual(adapted);
  expect(await rejection(model.generate(IDS, { lora: [1, 1] }).then((result) => result))).toMatchObject({
    code: 'E_INVALID_ARGUMENT',
    message: '2 scales of adapters, the model has 1 adapters',
  });
  expect((await rejection(plain.generate(IDS, { lora: ['1'] }).then((result) => result))).message).toMatch(
    /^lora\[0\] must be a number/,
  );
  model.close();
  plain.close();
});

test('what does not fit', async () => {
  const fails = async (lora) => rejection(loadModel(base, { lora }));
  const other = adapter('other.gguf', { metadata: { 'general.architecture': ['string', 'qwen2'] } });
  expect(await fails([{ path: other }])).toMatchObject({
    code: 'E_INVALID_ARGUMENT',
    message: expect.stringContaining("is an adapter for 'qwen2', the model is 'llama'"),
  });
  expect(await fails([{ path: adapter('ranks.gguf', { rank: 3 }) }])).toMatchObject({
    code: 'E_SHAPE',
    message: expect.stringContaining('its ranks differ: .lora_a has 3, .lora_b 2'),
  });
  expect(await fails([{ path: base }])).toMatchObject({
    code: 'E_INVALID_ARGUMENT',
    message: expect.stringContaining('is no adapter'),
  });
  expect((await fails([{ path: path.join(folder, 'missing.gguf') }])).code).toBe('E_IO');
  expect((await fails('a')).message).toBe('lora must be an array of adapters, got "a"');
  expect((await fails([7])).message).toBe('lora[0] must be { path, scale }, got 7');
  expect((await fails([{}])).message).toBe('lora[0].path must be a path or a file: URL, got undefined');
  expect((await fails([{ path: 'a', scale: NaN }])).message).toMatch(/^lora\[0\]\.scale must be a number/);
  expect(() => loadModelSync(adapter('a.gguf'))).toThrow(
    /this file is an adapter for a model of the architecture 'llama', not a model/,
  );
});

goldenTest('the reference: NMSE under 1e-6 at both scales', async () => {
  const { tokens } = readJson(path.join(golden, 'lora/index.json'));
  for (const scale of [1, 0.5]) {
    const lora = [{ path: path.join(golden, 'lora/adapter.gguf'), scale }];
    const model = await loadModel(path.join(golden, 'lora/base.gguf'), { cacheType: 'f32', lora });
    const actual = await model.logits(tokens);
    const expected = readFloats(path.join(golden, `lora/scale${scale}.logits.f32`));
    let error = 0;
    let norm = 0;
    for (let i = 0; i < expected.length; i++) {
      error += (actual[i] - expected[i]) ** 2;
      norm += expected[i] ** 2;
    }
    expect(error / norm).toBeLessThan(1e-6);
    model.close();
  }
});

test('each call may want adapters otherwise: vectors, scores and logits too', async () => {
  const file = adapter('calls.gguf');
  const plain = await loadModel(base, { threads: 1 });
  const model = await loadModel(base, { threads: 1, lora: [{ path: file }] });
  const calls = [
    (one, options) => one.logits(IDS, options),
    async (one, options) => (await one.score(IDS, options)).logprobs,
    async (one, options) => (await one.embed([IDS, IDS.slice(3)], options))[1],
    (one, options) => one.scoreSync(IDS, options).logprobs,
    (one, options) => one.embedSync([IDS], options)[0],
  ];
  for (const call of calls) {
    const [without, as] = [await call(plain), await call(model)];
    expect(as).not.toEqual(without);
    expect(await call(model, { lora: [0] })).toEqual(without);
    expect(await call(model, { lora: [1] })).toEqual(as);
    expect(await call(model, { lora: [0.5] })).not.toEqual(as);
    expect(await rejection((async () => call(plain, { lora: [1] }))())).toMatchObject({
      code: 'E_INVALID_ARGUMENT',
      message: expect.stringContaining('1 scales of adapters, the model has 0 adapters'),
    });
  }
  plain.close();
  model.close();
});
