'use strict';

const { z } = require('zod');
const { loadModelSync } = require('..');
const { tinyEncoder } = require('./fixtures/encoder');
const { failure, reason, rejection } = require('./fixtures/failure');
const { tinyAtlas } = require('./fixtures/places');

// The calls while which the event loop waits give what the others give.

const PROMPT = 'The capital of France is';
let model;
let ranker;
beforeAll(() => {
  model = loadModelSync(tinyAtlas);
  ranker = loadModelSync(tinyEncoder({ classifier: true, pooling: 4 }));
});
afterAll(() => {
  model.close();
  ranker.close();
});

/** A schema whose check takes time of its own. */
const asynchronous = {
  '~standard': {
    ...{ version: 1, vendor: 'test', validate: async (value) => ({ value }) },
    jsonSchema: { input: () => ({ const: 'a' }) },
  },
};

/** Without what depends on who has asked before. */
const plain = ({ usage, choices, ...result }) => ({
  ...{ ...result, usage: { ...usage, cachedTokens: 0 }, draftedTokens: 0, acceptedTokens: 0 },
  ...(choices && { choices: choices.map(plain) }),
});

test.each([
  ['greedy', {}],
  ['with log probabilities', { logprobs: true, topLogprobs: 3, temperature: 1, seed: 3 }],
  ['with a format', { format: z.object({ city: z.enum(['Paris', 'Oslo']) }) }],
  ['several texts', { n: 3, temperature: 1, seed: 9, ignoreEos: true, maxTokens: 9 }],
])('generateSync: %s', async (_, options) => {
  const here = model.generateSync(PROMPT, { maxTokens: 40, ...options });
  const there = await model.generate(PROMPT, { maxTokens: 40, ...options });
  expect(plain(here)).toEqual(plain(there));
  expect(here.timings.generation).toBeGreaterThan(0);
});

test('scoreSync, embedSync, rankSync', async () => {
  expect(model.scoreSync(PROMPT, { topLogprobs: 2 })).toEqual(await model.score(PROMPT, { topLogprobs: 2 }));
  expect(model.embedSync(['a', 'b c'])).toEqual(await model.embed(['a', 'b c']));
  expect(ranker.rankSync('which', ['one', 'another'])).toEqual(await ranker.rank('which', ['one', 'another']));
});

test('errors are the same', async () => {
  const long = Array(model.info.contextLength + 1).fill(5);
  const pairs = [
    [() => model.generateSync(long), () => model.generate(long)],
    [() => model.generateSync([]), () => model.generate([])],
    [() => model.generateSync(PROMPT, { topP: 3 }), () => model.generate(PROMPT, { topP: 3 })],
    [() => model.scoreSync('x', { lora: [1] }), () => model.score('x', { lora: [1] })],
    [() => model.embedSync('x'), () => model.embed('x')],
    [() => model.rankSync('x', ['y']), () => model.rank('x', ['y'])],
  ];
  for (const [here, there] of pairs) {
    const { code, message } = await rejection(there());
    expect(failure(here)).toMatchObject({ code, message });
  }
  const late = await reason(
    (async () => model.generateSync(PROMPT, { timeout: 1, maxTokens: 500, ignoreEos: true }))(),
  );
  expect([late.code, typeof late.partial.text]).toEqual(['E_TIMEOUT', 'string']);
  const ofOne = await reason((async () => model.generateSync(PROMPT, { format: asynchronous, maxTokens: 40 }))());
  expect(ofOne.code).toBe('E_UNSUPPORTED');
  expect((await model.generate(PROMPT, { format: asynchronous, maxTokens: 40 })).value).toBe('a');
});

test('what needs the event loop is refused by name', () => {
  const { signal } = new AbortController();
  const refused = [
    ['signal', (options) => model.generateSync(PROMPT, options), signal],
    ['logitsProcessor', (options) => model.generateSync(PROMPT, options), () => {}],
    ['partial', (options) => model.generateSync(PROMPT, options), true],
    ['collect', (options) => model.generateSync(PROMPT, options), false],
    ['signal', (options) => model.embedSync(['x'], options), signal],
    ['signal', (options) => model.scoreSync('x', options), signal],
    ['signal', (options) => ranker.rankSync('x', ['y'], options), signal],
    ['signal', (options) => loadModelSync(tinyAtlas, options), signal],
    ['onProgress', (options) => loadModelSync(tinyAtlas, options), () => {}],
    ['signal', (options) => model.compileFormatSync('json', options), signal],
  ];
  for (const [name, call, value] of refused) {
    expect(failure(() => call({ [name]: value }))).toMatchObject({
      code: 'E_INVALID_ARGUMENT',
      message: expect.stringMatching(new RegExp(`^\\w+Sync takes no ${name}: the event loop waits`)),
    });
  }
});

test('they wait for nobody who waits for JavaScript', async () => {
  let release;
  const gate = new Promise((resolve) => (release = resolve));
  let waiting = 0;
  const logitsProcessor = () => {
    waiting++;
    return gate;
  };
  const others = Array.from({ length: 70 }, () => model.generate(PROMPT, { maxTokens: 2, logitsProcessor }));
  while (waiting < 64) await new Promise(setImmediate);
  const plain = others.concat(model.generate('Once', { maxTokens: 3, ignoreEos: true }));
  expect(model.generateSync(PROMPT, { maxTokens: 40 }).text).toBe(' Paris.');
  expect(model.scoreSync(PROMPT).tokens.length).toBe(6);
  release();
  expect((await Promise.all(plain)).every(({ tokens }) => tokens.length > 0)).toBe(true);
  expect(model.stats()).toMatchObject({ running: 0 });
});
