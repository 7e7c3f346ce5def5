'use strict';

const { storeModel, removeModel, computeLogits, computeLogitsInto } = require('..');
const { tinyAtlas } = require('./fixtures/places');
const { tinyLlama, noise } = require('./fixtures/gguf');
const { failure } = require('./fixtures/failure');

let id;
const hidden = noise(256, 3);
beforeAll(() => (id = storeModel(tinyAtlas)));
afterAll(() => removeModel(id));

test('one number a token of the vocabulary; the output head is the embedding where the file has no other', () => {
  const logits = computeLogits(id, hidden);
  expect(logits).toBeInstanceOf(ArrayBuffer);
  expect(logits.byteLength).toBe(1536 * 4);
  expect(new Float32Array(logits).every(Number.isFinite)).toBe(true);
});

test('every kind of array', () => {
  const expected = new Float32Array(computeLogits(id, hidden));
  const bytes = Buffer.from(hidden.buffer);
  for (const kind of [bytes, hidden.buffer, [...hidden], Buffer.concat([Buffer.of(1), bytes]).subarray(1)]) {
    expect(new Float32Array(computeLogits(id, kind))).toEqual(expected);
  }
});

test('into an array of the caller', () => {
  const out = new Float32Array(1537).fill(7);
  expect(computeLogitsInto(id, hidden, out)).toBe(out);
  expect(out.subarray(0, 1536)).toEqual(new Float32Array(computeLogits(id, hidden)));
  expect(out[1536]).toBe(7);
  expect(failure(() => computeLogitsInto(id, hidden, out.subarray(2))).message).toBe(
    'out must hold at least 1536 float32 values, got room for 1535',
  );
});

test('of several rows the last one', () => {
  const rows = Float32Array.from({ length: 3 * 256 }, (_, i) => Math.sin(i));
  const last = new Float32Array(computeLogits(id, rows.slice(2 * 256)));
  expect(new Float32Array(computeLogits(id, rows))).toEqual(last);
  expect(computeLogitsInto(id, rows, new Float32Array(1536))).toEqual(last);
  expect(new Float32Array(computeLogits(id, rows.slice(0, 2 * 256)))).not.toEqual(last);
});

test('another length: upstream text', () => {
  expect(failure(() => computeLogits(id, new Float32Array(300))).message).toBe(
    'Invalid hidden_state length: 300 != 256',
  );
  expect(failure(() => computeLogits(id, [])).message).toBe('Invalid hidden_state length: 0 != 256');
});

test.each([[undefined], ['text'], [new Uint8Array(1024)], [{ length: 256 }]])(
  'hiddenState of a wrong type: upstream text (%p)',
  (wrong) => {
    expect(failure(() => computeLogits(id, wrong)).message).toBe('hiddenState must be Float32Array or Buffer');
  },
);

test('a model that is not there, or has no output norm', () => {
  expect(failure(() => computeLogits(999999, hidden)).message).toBe('Model 999999 not found');
  const lacking = storeModel(tinyLlama({ without: ['output_norm.weight'] }));
  expect(failure(() => computeLogits(lacking, new Float32Array(32))).message).toBe('output_norm.weight not found');
  removeModel(lacking);
});
