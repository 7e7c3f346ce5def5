'use strict';

const { storeModel, removeModel, getTensor, embedTokens, embedTokensInto } = require('..');
const { tinyAtlas } = require('./fixtures/places');
const { tinyLlama, gguf } = require('./fixtures/gguf');
const { failure } = require('./fixtures/failure');

const WIDTH = 256;
const VOCAB = 1536;
let id;
let table;
beforeAll(() => {
  id = storeModel(tinyAtlas);
  table = new Float32Array(getTensor(id, 'token_embd.weight'));
});
afterAll(() => removeModel(id));

const rows = (...ids) =>
  Float32Array.from(ids.flatMap((token) => [...table.subarray(token * WIDTH, (token + 1) * WIDTH)]));

test('the rows of the table', () => {
  const result = embedTokens(id, Uint32Array.of(3, 0, VOCAB - 1));
  expect(result).toBeInstanceOf(ArrayBuffer);
  expect(new Float32Array(result)).toEqual(rows(3, 0, VOCAB - 1));
});

test('every kind of array', () => {
  const tokens = Uint32Array.of(5, 600, 7);
  const bytes = Buffer.from(tokens.buffer);
  const shared = new SharedArrayBuffer(12);
  new Uint32Array(shared).set(tokens);
  const unaligned = Buffer.concat([Buffer.of(0), bytes]).subarray(1);
  const view = new Uint32Array(Uint32Array.of(9, 5, 600, 7, 9).buffer, 4, 3);
  for (const kind of [tokens, bytes, tokens.buffer, shared, unaligned, view, Int32Array.of(5, 600, 7), [5, 600, 7]]) {
    expect(new Float32Array(embedTokens(id, kind))).toEqual(rows(5, 600, 7));
  }
});

test('bytes beyond a multiple of four are ignored, and nothing gives nothing', () => {
  expect(embedTokens(id, Buffer.from([5, 0, 0, 0, 1, 2])).byteLength).toBe(WIDTH * 4);
  expect(embedTokens(id, new Uint32Array(0)).byteLength).toBe(0);
  expect(embedTokens(id, []).byteLength).toBe(0);
});

test('an id outside the vocabulary is named', () => {
  const { code, message } = failure(() => embedTokens(id, [0, VOCAB]));
  expect(code).toBe('E_INVALID_TOKEN');
  expect(message).toContain(`token ${VOCAB} at index 1`);
  expect(message).toContain(`vocabulary of ${VOCAB}`);
  expect(failure(() => embedTokens(id, Uint32Array.of(0xffffffff))).message).toContain('4294967295');
});

test('into an array of the caller', () => {
  const out = new Float32Array(2 * WIDTH + 3).fill(7);
  expect(embedTokensInto(id, [1, 2], out)).toBe(out);
  expect(out.subarray(0, 2 * WIDTH)).toEqual(rows(1, 2));
  expect([...out.subarray(2 * WIDTH)]).toEqual([7, 7, 7]);
  expect(failure(() => embedTokensInto(id, [1, 2, 3], out))).toEqual({
    name: 'RealmError',
    code: 'E_INVALID_ARGUMENT',
    message: 'out must hold at least 768 float32 values, got room for 515',
  });
  expect(failure(() => embedTokensInto(id, [1], new Float64Array(WIDTH))).message).toBe(
    'out must be a Float32Array, got an object (Float64Array)',
  );
});

test.each([
  [null],
  ['text'],
  [{}],
  [new Uint8Array(4)],
  [new Float32Array(1)],
  [new DataView(new ArrayBuffer(4))],
  [7],
])('tokenIds of a wrong type: upstream text (%p)', (wrong) => {
  expect(failure(() => embedTokens(id, wrong))).toEqual({
    name: 'RealmError',
    code: 'E_INVALID_ARGUMENT',
    message: 'tokenIds must be Uint32Array or Buffer',
  });
});

test.each([[-1], [1.5], [2 ** 32], [NaN], ['7'], [null]])('a number that is no id (%p)', (wrong) => {
  expect(failure(() => embedTokens(id, [1, wrong])).message).toMatch(
    /^tokenIds\[1\] must be an integer from 0 to 4294967295, got /,
  );
});

test('a model that is not there, or has no embedding', () => {
  expect(failure(() => embedTokens(999999, [1])).message).toBe('Model 999999 not found');
  const without = storeModel(tinyLlama({ without: ['token_embd.weight', 'output.weight'] }));
  expect(failure(() => embedTokens(without, [1])).message).toBe('token_embd.weight not found');
  removeModel(without);
});

test('an embedding in a format that cannot be decoded', () => {
  const facts = { 'general.architecture': ['string', 'llama'] };
  const other = storeModel(
    gguf(facts, { 'token_embd.weight': { shape: [256, 1], values: new Float32Array(256), type: 26 } }), // I32
  );
  const { code, message } = failure(() => embedTokens(other, [0]));
  expect(code).toBe('E_UNSUPPORTED');
  expect(message).toMatch(/^Failed to dequantize embeddings: /);
  removeModel(other);
});
