'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { inspectModel, inspectModelSync, loadModelSync } = require('..');
const { tinyAtlas } = require('./fixtures/places');
const { gguf, noise, tinyLlama } = require('./fixtures/gguf');
const { failure, rejection } = require('./fixtures/failure');

let folder;
beforeAll(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-inspect-'))));
afterAll(() => fs.rmSync(folder, { recursive: true }));

function write(name, bytes) {
  const file = path.join(folder, name);
  fs.writeFileSync(file, bytes);
  return file;
}

const lora = (name, columns, metadata = {}) =>
  write(
    name,
    gguf(
      {
        'general.architecture': ['string', 'llama'],
        'general.type': ['string', 'adapter'],
        'adapter.type': ['string', 'lora'],
        'adapter.lora.alpha': ['f32', 8],
        ...metadata,
      },
      {
        'blk.0.attn_q.weight.lora_a': { shape: [columns, 2], values: noise(columns * 2, 1) },
        'blk.0.attn_q.weight.lora_b': { shape: [2, 32], values: noise(64, 2) },
      },
    ),
  );

test('what the model is, at once and later, by path and URL, as loading it tells', async () => {
  const found = await inspectModel(tinyAtlas);
  expect(inspectModelSync(pathToFileURL(tinyAtlas))).toEqual(found);
  const model = loadModelSync(tinyAtlas);
  const { info } = model;
  model.close();
  for (const fact of Object.keys(found))
    if (fact in info && fact !== 'tokenizer') expect(found[fact]).toEqual(info[fact]);
  expect(info.tokenizer).toMatchObject(found.tokenizer);
  expect(found).toMatchObject({
    runs: true,
    problems: [],
    adapter: null,
    adapters: [],
    generates: true,
    formats: [
      { name: 'Q4_K', supported: true, tensors: 24, parameters: 2686976, bytes: 1511424 },
      { name: 'Q6_K', supported: true, tensors: 5, parameters: 851968, bytes: 698880 },
      { name: 'F32', supported: true, tensors: 9, parameters: 2304, bytes: 9216 },
    ],
    // Four layers of two heads of 64 keys and 64 values, two bytes each.
    memory: { contextLength: 512, weights: 1511424 + 698880, cache: 512 * 4 * 2 * 128 * 2, total: 3258880 },
  });
});

test('memory for a context of a given length, in whole pages of 64 positions', () => {
  const cache = (options) => inspectModelSync(tinyAtlas, options).memory.cache;
  expect(cache({ contextLength: 64 })).toBe(64 * 2048);
  expect(cache({ contextLength: 65 })).toBe(128 * 2048);
  expect(cache({ contextLength: 64, cacheType: 'f32' })).toBe(64 * 4096);
  expect(inspectModelSync(tinyAtlas, { weights: 'mapped' }).memory.weights).toBe(2210304);
  expect(failure(() => cache({ contextLength: 513 }))).toEqual({
    name: 'RealmError',
    code: 'E_INVALID_ARGUMENT',
    message: "contextLength is 513; the model's context holds 512 positions",
  });
});

test('what does not run says why, and what is nearest', async () => {
  const other = { 'general.architecture': ['string', 'lama'], 'tokenizer.ggml.model': ['string', 'gpt3'] };
  const found = await inspectModel(write('other.gguf', tinyLlama({ metadata: other })));
  expect(found).toMatchObject({ runs: false, architecture: 'lama', generates: null, memory: null, parameters: 22688 });
  expect(found.problems).toEqual([
    {
      code: 'E_UNSUPPORTED',
      message: expect.stringMatching(/^tokenizer.ggml.model is 'gpt3'; .*the nearest is 'gpt2'$/),
    },
    {
      code: 'E_UNSUPPORTED',
      message: expect.stringMatching(
        /^architecture 'lama' is not supported; the nearest is 'llama'; supported are afmoe, /,
      ),
    },
  ]);
  const lacking = write('lacking.gguf', tinyLlama({ without: ['blk.1.ffn_up.weight'] }));
  expect(inspectModelSync(lacking).problems).toEqual([
    { code: 'E_MISSING_TENSOR', message: "tensor 'blk.1.ffn_up.weight' (32 x 64) is missing" },
  ]);
});

test('formats that cannot be computed with are named', () => {
  const odd = gguf(
    { 'general.architecture': ['string', 'llama'] },
    { 'token_embd.weight': { shape: [4, 2], values: noise(8, 1), type: 26 } },
  );
  expect(inspectModelSync(write('odd.gguf', odd))).toMatchObject({
    runs: false,
    formats: [{ name: 'I32', supported: false, tensors: 1, parameters: 8, bytes: 32 }],
  });
});

test('an adapter, and whether adapters fit', async () => {
  const base = write('base.gguf', tinyLlama());
  const fits = lora('fits.gguf', 32);
  const wrong = lora('wrong.gguf', 24);
  expect(await inspectModel(fits)).toMatchObject({
    runs: false,
    adapter: { type: 'lora', alpha: 8, rank: 2, changes: 1 },
    problems: [{ code: 'E_UNSUPPORTED', message: expect.stringContaining('this file is an adapter') }],
  });
  const found = await inspectModel(base, {
    lora: [{ path: fits }, { path: wrong }, { path: pathToFileURL(fits), scale: 2 }],
  });
  expect(found.adapters.map(({ fits }) => fits)).toEqual([true, false, true]);
  expect(found.runs).toBe(false);
  expect(found.problems).toEqual([{ code: 'E_SHAPE', message: expect.stringContaining('wrong.gguf') }]);
  expect(inspectModelSync(base, { lora: [{ path: fits }] }).runs).toBe(true);
});

test('files that cannot be read, and wrong arguments, reject', async () => {
  expect(await rejection(inspectModel(path.join(folder, 'absent.gguf')))).toMatchObject({ code: 'E_IO' });
  expect(await rejection(inspectModel(write('text.gguf', 'no model')))).toMatchObject({ code: 'E_NOT_GGUF' });
  expect(failure(() => inspectModelSync(path.join(folder, 'absent.gguf')))).toMatchObject({ code: 'E_IO' });
  expect(await rejection(inspectModel(3))).toMatchObject({
    code: 'E_INVALID_ARGUMENT',
    message: 'path must be a path or a file: URL, got 3',
  });
  expect(await rejection(inspectModel(tinyAtlas, { contextlength: 3 }))).toMatchObject({
    message: 'inspectModel has no option "contextlength"; did you mean "contextLength"?',
  });
  const stopped = AbortSignal.abort(new Error('enough'));
  expect(await rejection(inspectModel(tinyAtlas, { signal: stopped }))).toMatchObject({ message: 'enough' });
});
