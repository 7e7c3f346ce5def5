'use strict';

const { loadModelSync } = require('..');
const { tinyAtlas } = require('./fixtures/places');
const { failure, rejection } = require('./fixtures/failure');

let model;
beforeAll(() => (model = loadModelSync(tinyAtlas, { vocabOnly: true })));
afterAll(() => model.close());

test('special tokens are added unless told otherwise, and parsed only when told', () => {
  const ids = model.tokenize('The capital of France is');
  expect(ids).toBeInstanceOf(Uint32Array);
  expect([...ids]).toEqual([0, 285, 276, 271, 1043, 265]);
  expect([...model.tokenize('The capital of France is', { addSpecial: false })]).toEqual([285, 276, 271, 1043, 265]);
  expect([...model.tokenize('<|im_start|>', { addSpecial: false, parseSpecial: true })]).toEqual([1]);
  expect(model.tokenize('<|im_start|>', { addSpecial: false }).length).toBeGreaterThan(1);
});

test.each(['', ' ', 'Ünïcödé 日本語 😀', 'a\0b', '\n\n\t', 'x'.repeat(20000), '😀'.repeat(500)])(
  'text comes back: %#',
  (text) => {
    const ids = model.tokenize(text, { addSpecial: false });
    expect(model.detokenize(ids)).toBe(text);
    for (const kind of [[...ids], Int32Array.from(ids), Buffer.from(ids.buffer), ids.buffer]) {
      expect(model.detokenize(kind)).toBe(text);
    }
  },
);

test('special tokens are rendered unless told otherwise', () => {
  const ids = model.tokenize('<|im_start|>user', { parseSpecial: true });
  expect(model.detokenize(ids)).toBe('<|endoftext|><|im_start|>user');
  expect(model.detokenize(ids, { skipSpecial: true })).toBe('user');
});

test('half a surrogate pair becomes U+FFFD, half a character too', () => {
  expect(model.detokenize(model.tokenize('a\ud800b', { addSpecial: false }))).toBe('a\ufffdb');
  const ids = model.tokenize('😀', { addSpecial: false });
  expect(model.detokenize(ids.subarray(0, 1))).toMatch(/^\ufffd+$/);
});

test('wrong arguments', () => {
  const invalid = (message) => ({ name: 'RealmError', code: 'E_INVALID_ARGUMENT', message });
  expect(failure(() => model.tokenize(5))).toEqual(invalid('text must be a string, got 5'));
  expect(failure(() => model.tokenize('x', { addSpecial: 'yes' }))).toEqual(
    invalid('addSpecial must be a boolean, got "yes"'),
  );
  expect(failure(() => model.tokenize('x', { parseSpecial: null }))).toEqual(
    invalid('parseSpecial must be a boolean, got null'),
  );
  expect(failure(() => model.detokenize('x'))).toEqual(
    invalid('ids must be token ids (an array, a Uint32Array, or bytes in a Buffer), got "x"'),
  );
  expect(failure(() => model.detokenize([1, -1])).message).toBe(
    'ids[1] must be an integer from 0 to 4294967295, got -1',
  );
  expect(failure(() => model.detokenize([0, 1536]))).toEqual({
    name: 'RealmError',
    code: 'E_INVALID_TOKEN',
    message: 'token 1536 at index 1 is not in the vocabulary of 1536',
  });
});

test('bytes that are no whole ids are refused everywhere, not cut', async () => {
  const message = 'has 7 bytes, which are not whole ids of 4';
  for (const bytes of [Buffer.alloc(7), new ArrayBuffer(7), new SharedArrayBuffer(7)]) {
    for (const call of [
      () => model.detokenize(bytes),
      () => model.decoder().push(bytes),
      () => model.generateSync(bytes),
      () => model.scoreSync(bytes),
      () => model.embedSync([bytes]),
    ])
      expect(failure(call)).toMatchObject({ code: 'E_INVALID_ARGUMENT', message: expect.stringContaining(message) });
    expect((await rejection(model.logits(bytes))).message).toBe(`ids ${message}`);
    expect((await rejection(model.generate(bytes))).message).toBe(`prompt ${message}`);
  }
  expect(failure(() => model.tokenBytes(1.5)).message).toBe('id must be an integer from 0 to 4294967295, got 1.5');
  expect((await rejection(model.score(5))).message).toBe('text must be a string or token ids, got 5');
});
