'use strict';

const { storeModel, removeModel, getTensor } = require('..');
const { tinyAtlas } = require('./fixtures/places');
const { gguf } = require('./fixtures/gguf');
const { failure } = require('./fixtures/failure');

const facts = { 'general.architecture': ['string', 'llama'] };
let atlas;
beforeAll(() => (atlas = storeModel(tinyAtlas)));
afterAll(() => removeModel(atlas));

test('float32 values in the order of the file', () => {
  const values = Float32Array.from({ length: 12 }, (_, i) => i - 5.5);
  const id = storeModel(gguf(facts, { t: { shape: [4, 3], values } }));
  const tensor = getTensor(id, 't');
  expect(tensor).toBeInstanceOf(ArrayBuffer);
  expect(new Float32Array(tensor)).toEqual(values);
  removeModel(id);
});

test('a quantized tensor is decoded: 4 bytes an element', () => {
  const embedding = new Float32Array(getTensor(atlas, 'token_embd.weight'));
  expect(embedding.length).toBe(256 * 1536);
  expect(embedding.every(Number.isFinite)).toBe(true);
  expect(embedding.some((value) => value !== 0)).toBe(true);
});

test('each call gives a buffer of its own', () => {
  const first = new Float32Array(getTensor(atlas, 'output_norm.weight'));
  const before = first[0];
  first.fill(0);
  expect(new Float32Array(getTensor(atlas, 'output_norm.weight'))[0]).toBe(before);
});

test('a model that is not there', () => {
  expect(failure(() => getTensor(999999, 't'))).toEqual({
    name: 'RealmError',
    code: 'E_MODEL_NOT_FOUND',
    message: 'Model 999999 not found',
  });
});

test('a tensor that is not there', () => {
  expect(failure(() => getTensor(atlas, 'blk.9.x'))).toEqual({
    name: 'RealmError',
    code: 'E_TENSOR_NOT_FOUND',
    message: "Tensor 'blk.9.x' not found",
  });
});

test('a format that cannot be decoded', () => {
  const id = storeModel(gguf(facts, { t: { shape: [256], values: new Float32Array(256), type: 26 } })); // I32
  const { code, message } = failure(() => getTensor(id, 't'));
  expect(code).toBe('E_UNSUPPORTED');
  expect(message).toMatch(/^Failed to dequantize: .*I32/);
  removeModel(id);
});

test('wrong types are TypeErrors with upstream words', () => {
  const type = (message) => ({ name: 'TypeError', code: 'E_INVALID_ARGUMENT', message });
  expect(failure(() => getTensor('1', 't'))).toEqual(type('failed to downcast any to number'));
  expect(failure(() => getTensor(atlas, 7))).toEqual(type('failed to downcast any to string'));
});
