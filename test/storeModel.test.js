'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { storeModel, getModelInfo, removeModel, getTensor } = require('..');
const { tinyAtlas } = require('./fixtures/places');
const { gguf, tinyLlama } = require('./fixtures/gguf');
const { failure } = require('./fixtures/failure');

const stored = new Set();
const store = (...args) => {
  const id = storeModel(...args);
  stored.add(id);
  return id;
};
afterEach(() => {
  for (const id of stored) {
    try {
      removeModel(id);
    } catch {
      // a test has removed it
    }
  }
  stored.clear();
});

test('the id comes from the content: positive, 31 bits, the same for bytes, path and URL', () => {
  const bytes = fs.readFileSync(tinyAtlas);
  const id = store(bytes);
  expect(Number.isInteger(id)).toBe(true);
  expect(id).toBeGreaterThan(0);
  expect(id).toBeLessThanOrEqual(0x7fffffff);
  expect(store(bytes)).toBe(id);
  expect(store(tinyAtlas)).toBe(id);
  expect(store(pathToFileURL(tinyAtlas))).toBe(id);
  expect(store(pathToFileURL(tinyAtlas).href)).toBe(id);
  expect(store(new Uint8Array(bytes))).toBe(id);
  expect(store(new Uint8Array(bytes).buffer)).toBe(id);
  const shared = new SharedArrayBuffer(bytes.length);
  new Uint8Array(shared).set(bytes);
  expect(store(shared)).toBe(id);
  expect(getModelInfo(id)).toEqual({ tensor_count: 38, total_size: 2219520 });
});

test('one removal removes what was stored twice', () => {
  const id = storeModel(tinyAtlas);
  storeModel(tinyAtlas);
  removeModel(id);
  expect(failure(() => getModelInfo(id)).code).toBe('E_MODEL_NOT_FOUND');
});

test('another model gets another id, also when all but the weights is equal', () => {
  const first = store(tinyLlama({ seed: 1 }));
  const second = store(tinyLlama({ seed: 2 }));
  expect(second).not.toBe(first);
  expect(new Float32Array(getTensor(first, 'output.weight'))).not.toEqual(
    new Float32Array(getTensor(second, 'output.weight')),
  );
});

test('the same content stored, removed and stored again has the same id', () => {
  const id = storeModel(tinyLlama());
  removeModel(id);
  expect(store(tinyLlama())).toBe(id);
});

test('an explicit id is honoured, also for what is stored under another one', () => {
  expect(store(tinyAtlas, 7)).toBe(7);
  expect(store(tinyAtlas, 7)).toBe(7);
  expect(store(tinyAtlas, 4294967295)).toBe(4294967295);
  for (const none of [0, null, undefined]) expect(store(tinyLlama(), none)).toBe(store(tinyLlama()));
});

test('an explicit id that a different model has', () => {
  store(tinyAtlas, 7);
  expect(failure(() => storeModel(tinyLlama(), 7))).toEqual({
    name: 'RealmError',
    code: 'E_MODEL_EXISTS',
    message:
      'Failed to store model: Model ID 7 already exists with different model. Use a different ID or remove existing model.',
  });
});

test('no GGUF: upstream text, and the cause', () => {
  const { name, code, message } = failure(() => storeModel(Buffer.from('GGML, this is not')));
  expect([name, code]).toEqual(['RealmError', 'E_NOT_GGUF']);
  expect(message).toMatch(/^Failed to store model: Failed to parse GGUF header: .+/);
});

test.each([
  ['a version that does not exist', () => gguf({}, {}, { version: 77 }), 'E_VERSION', /77/],
  ['the end of the file in the header', () => tinyLlama().subarray(0, 100), 'E_TRUNCATED', /./],
  ['no bytes at all', () => Buffer.alloc(0), 'E_TRUNCATED', /./],
])('%s', (_, make, expected, words) => {
  const { code, message } = failure(() => storeModel(make()));
  expect(code).toBe(expected);
  expect(message).toMatch(/^Failed to store model: Failed to parse GGUF header: /);
  expect(message).toMatch(words);
});

test('a tensor beyond the end of the file is named', () => {
  const bytes = tinyLlama();
  const { code, message } = failure(() => storeModel(bytes.subarray(0, bytes.length - 64)));
  expect(['E_BOUNDS', 'E_TRUNCATED']).toContain(code);
  expect(message).toMatch(/^Failed to store model: .*blk\.1\.ffn_down\.weight/);
});

test('zero tensors and no tokenizer are fine; versions 2 and 3 and general.alignment are read', () => {
  const empty = store(gguf({ 'general.architecture': ['string', 'llama'] }));
  expect(getModelInfo(empty)).toEqual({ tensor_count: 0, total_size: 0 });
  const values = Float32Array.of(1, -2, 3.5, 4);
  for (const alignment of [32, 64, 4096]) {
    for (const version of [2, 3]) {
      const facts = { 'general.architecture': ['string', 'llama'], 'general.alignment': ['u32', alignment] };
      const id = store(gguf(facts, { t: { shape: [4], values } }, { version, alignment }));
      expect(new Float32Array(getTensor(id, 't'))).toEqual(values);
      removeModel(id);
    }
  }
});

test('a path that is not there, a folder, and a path that is empty', () => {
  const missing = failure(() => storeModel(path.join(os.tmpdir(), 'there is no such file.gguf')));
  expect(missing.code).toBe('E_IO');
  expect(missing.message).toMatch(/^Failed to store model: .*there is no such file\.gguf/);
  expect(failure(() => storeModel(os.tmpdir())).code).toMatch(/E_NOT_REGULAR|E_IO/);
  expect(failure(() => storeModel('')).code).toBe('E_INVALID_ARGUMENT');
  expect(failure(() => storeModel('a\0b')).code).toBe('E_INVALID_ARGUMENT');
});

test('what is no bytes is refused by Node, as upstream did', () => {
  for (const wrong of [undefined, null, 5]) {
    expect(failure(() => storeModel(wrong))).toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
  }
  expect(failure(() => storeModel([1, 2, 3])).message).toMatch(/^Failed to store model: Failed to parse GGUF header/);
});

test('what has a length but no bytes is refused at once, whatever length it says', () => {
  for (const length of [2 ** 27, 2 ** 40, -1, NaN, Infinity, 3, '3'])
    expect(failure(() => storeModel({ length }))).toEqual({
      name: 'RealmError',
      code: 'E_INVALID_ARGUMENT',
      message: 'source must be a path, a file: URL or the bytes of a GGUF file, got an object (Object)',
    });
});
