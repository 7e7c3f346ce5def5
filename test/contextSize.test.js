'use strict';

const { loadModelSync } = require('..');
const { tinyEncoder } = require('./fixtures/encoder');
const { rejection } = require('./fixtures/failure');
const { tinyAtlas } = require('./fixtures/places');

// Prompt and text together have `contextSize` tokens at most, whatever generates them.

const SIZE = 16;
const ENDLESS = { maxTokens: Infinity, ignoreEos: true, cachePrompt: false };
let model;
beforeAll(() => (model = loadModelSync(tinyAtlas, { contextSize: SIZE })));
afterAll(() => model.close());

const ids = (count) => Array.from({ length: count }, (_, i) => 300 + (i % 3));

test.each([
  ['a prompt', {}],
  ['one that repeats itself, without guesses', { speculation: false }],
  ['sampling', { temperature: 1, seed: 4 }],
  ['a processor of logits', { logitsProcessor: () => {} }],
  ['a format', { format: { regex: '[a-z ]{1,200}' } }],
  ['log probabilities', { logprobs: true, topLogprobs: 2 }],
])('generate: %s', async (_, options) => {
  for (const length of [1, 7, SIZE - 1]) {
    const { tokens, finishReason } = await model.generate(ids(length), { ...ENDLESS, ...options });
    expect([tokens.length, finishReason]).toEqual([SIZE - length, 'length']);
  }
});

test('a prompt that fills the context is read, and nothing is added', async () => {
  const full = await model.generate(ids(SIZE), ENDLESS);
  expect([full.text, full.tokens.length, full.finishReason]).toEqual(['', 0, 'length']);
  const { code, message } = await rejection(model.generate(ids(SIZE + 1), ENDLESS));
  expect([code, message]).toEqual(['E_CONTEXT_FULL', "the prompt has 17 tokens, the model's context holds 16"]);
});

test('a format has as much room as the context', async () => {
  const { text } = await model.generate(ids(SIZE - 2), { ...ENDLESS, format: { choice: ['ab'] } });
  expect(text).toBe('ab');
  const { code, message } = await rejection(
    model.generate(ids(SIZE - 1), { ...ENDLESS, format: { regex: 'q\\u00e4zx' } }),
  );
  expect([code, message]).toEqual([
    'E_INVALID_ARGUMENT',
    expect.stringMatching(/takes \d tokens, but maxTokens and the context leave 1$/),
  ]);
});

test('sessions: without a shift they are full then, with one they never have more', async () => {
  const plain = model.createSession();
  await plain.generate(ids(5), ENDLESS);
  expect(plain.length).toBe(SIZE);
  expect(await plain.generate('', ENDLESS)).toMatchObject({ text: '', finishReason: 'length' });
  expect((await rejection(plain.generate('x', ENDLESS))).code).toBe('E_CONTEXT_FULL');
  const shifting = model.createSession({ contextShift: { keep: 2, recent: 5 } });
  for (const maxTokens of [11, 1, 1, 2, 30, 3, 7]) {
    const { tokens } = await shifting.generate(shifting.length === 0 ? ids(5) : '', { ...ENDLESS, maxTokens });
    expect(tokens.length).toBe(maxTokens);
    expect(shifting.length).toBeLessThanOrEqual(SIZE);
  }
});

test('chat', async () => {
  const template = '{{ messages[0].content }}';
  const messages = [{ role: 'user', content: 'ab cd' }];
  const { usage, finishReason } = await model.chat(messages, { ...ENDLESS, template });
  expect([usage.promptTokens + usage.generatedTokens, finishReason]).toEqual([SIZE, 'length']);
});

test('what only reads takes as many', async () => {
  expect((await model.score(ids(SIZE))).tokens.length).toBe(SIZE);
  expect((await model.logits(ids(SIZE))).length).toBe(SIZE * model.info.vocabSize);
  expect((await model.embed([ids(SIZE)])).length).toBe(1);
  for (const call of ['score', 'logits'])
    expect((await rejection(model[call](ids(SIZE + 1)))).code).toBe('E_CONTEXT_FULL');
  expect((await rejection(model.embed([ids(SIZE + 1)]))).code).toBe('E_CONTEXT_FULL');
  const encoder = loadModelSync(tinyEncoder(), { contextSize: 9 });
  expect((await encoder.embed([Array(9).fill(1)])).length).toBe(1);
  expect((await rejection(encoder.embed([Array(10).fill(1)]))).message).toMatch('10 tokens, the context holds 9');
  encoder.close();
});
