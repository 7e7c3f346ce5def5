'use strict';

const { loadModel } = require('..');
const { tinyAtlas } = require('./fixtures/places');
const { rejection } = require('./fixtures/failure');

let model;
beforeAll(async () => (model = await loadModel(tinyAtlas)));
afterAll(() => model.close());

test('a row of the vocabulary for each token, each time from a fresh state', async () => {
  const ids = [0, 285, 276, 271, 1043, 265];
  const logits = await model.logits(ids);
  expect(logits).toBeInstanceOf(Float32Array);
  expect(logits.length).toBe(6 * 1536);
  expect(await model.logits(Uint32Array.from(ids))).toEqual(logits);
  expect(await model.logits(ids.slice(0, 3))).toEqual(logits.slice(0, 3 * 1536));
  const last = logits.subarray(5 * 1536);
  expect(model.detokenize([last.indexOf(Math.max(...last))])).toBe(' Par');
});

test('several at once', async () => {
  const alone = await Promise.all([[1, 2, 3], [4, 5], [6]].map((ids) => model.logits(ids)));
  const together = await Promise.all([[1, 2, 3], [4, 5], [6]].map((ids) => model.logits(ids)));
  expect(together).toEqual(alone);
});

test('no tokens, too many, and one outside the vocabulary', async () => {
  expect((await rejection(model.logits([]))).code).toBe('E_INVALID_ARGUMENT');
  expect(await rejection(model.logits(new Uint32Array(513)))).toMatchObject({
    code: 'E_CONTEXT_FULL',
    message: expect.stringContaining('512'),
  });
  expect(await rejection(model.logits([1536]))).toMatchObject({
    code: 'E_INVALID_TOKEN',
    message: expect.stringContaining('1536'),
  });
  expect((await rejection(model.logits('text'))).message).toBe(
    'ids must be token ids (an array, a Uint32Array, or bytes in a Buffer), got "text"',
  );
});

test('abort rejects with the reason', async () => {
  const reason = new Error('enough');
  await expect(model.logits([1], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test('what is given may be transferred away meanwhile', async () => {
  const expected = await model.logits(new Uint32Array(200).fill(7));
  const ids = new Uint32Array(200).fill(7);
  const running = model.logits(ids);
  structuredClone(ids.buffer, { transfer: [ids.buffer] });
  expect(ids.length).toBe(0);
  expect(await running).toEqual(expected);
});
