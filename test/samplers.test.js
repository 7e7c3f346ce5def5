'use strict';

const { loadModel } = require('..');
const { rejection } = require('./fixtures/failure');
const { tinyAtlas } = require('./fixtures/places');

// Each option of a sampler reaches the engine: it changes what is chosen. What samplers do is tested in the engine's own tests.

const PROMPT = 'The capital of France is Paris.\nThe capital of';
let model;
beforeAll(async () => (model = await loadModel(tinyAtlas)));
afterAll(() => model.close());

const LOOSE = { maxTokens: 60, ignoreEos: true, temperature: 3, topK: 0, topP: 1, minP: 0 };
const tokens = async (options) => [...(await model.generate(PROMPT, { seed: 7, ...options })).tokens];

test.each([
  [
    { repeatPenalty: 1.5, repeatLastN: 2 },
    { repeatPenalty: 1.5, repeatLastN: -1 },
  ],
  [{}, { frequencyPenalty: 2 }],
  [{}, { presencePenalty: 5 }],
  [{}, { topNSigma: 1 }],
  [{}, { typicalP: 0.3 }],
  [{}, { xtcProbability: 1, xtcThreshold: 0.01 }],
  [
    { xtcProbability: 1, xtcThreshold: 0.01 },
    { xtcProbability: 1, xtcThreshold: 0.4 },
  ],
  [{}, { dynatempRange: 2 }],
  [{ dynatempRange: 2 }, { dynatempRange: 2, dynatempExponent: 3 }],
  [{}, { mirostat: 2 }],
  [{ mirostat: 2 }, { mirostat: 2, mirostatTau: 1 }],
  [{ mirostat: 2 }, { mirostat: 2, mirostatEta: 1 }],
  [{}, { adaptiveTarget: 0.5 }],
  [{ adaptiveTarget: 0.5 }, { adaptiveTarget: 0.5, adaptiveDecay: 0 }],
  [{ topK: 2 }, { topK: 2, samplers: ['temperature'] }],
])('%j is not %j', async (one, other) => {
  const [first, again, second] = await Promise.all(
    [one, one, other].map((options) => tokens({ ...LOOSE, ...options })),
  );
  expect(again).toEqual(first);
  expect(second).not.toEqual(first);
});

test('DRY ends a repetition, later where texts break it or fewer tokens are searched', async () => {
  const greedy = { maxTokens: 80, ignoreEos: true };
  const dry = { ...greedy, dryMultiplier: 4 };
  const plain = await tokens(greedy);
  const strong = await tokens(dry);
  expect(strong).not.toEqual(plain);
  expect(await tokens({ ...dry, dryPenaltyLastN: 0 })).toEqual(plain);
  expect(await tokens({ ...dry, dryBase: 0.5 })).toEqual(plain);
  expect(await tokens({ ...dry, dryAllowedLength: 10_000 })).toEqual(plain);
  expect(await tokens({ ...dry, drySequenceBreakers: ['a', 'e', 'i', 'o', 'u', ' ', '\n', '.'] })).not.toEqual(strong);
});

test('whole numbers are taken as they are', async () => {
  expect(await tokens({ maxTokens: 2, topK: 0x7fffffff, repeatLastN: 0x7fffffff })).toHaveLength(2);
});

test('a bias forbids a token, or makes sure of it', async () => {
  const [first] = await tokens({ maxTokens: 1 });
  const [other] = await tokens({ maxTokens: 1, logitBias: { [first]: -Infinity } });
  expect(other).not.toBe(first);
  expect(await tokens({ maxTokens: 3, logitBias: { [other]: 1e4 }, ignoreEos: true })).toEqual([other, other, other]);
  expect((await rejection(model.generate('a', { logitBias: { 99999999: 1 } }))).code).toBe('E_INVALID_TOKEN');
});

test.each([
  [{ typicalP: 2 }, 'typicalP must be a number from 0 to 1, got 2'],
  [{ dryBase: -1 }, 'dryBase must be a number from 0 to 3e+38, got -1'],
  [{ repeatLastN: 0.5 }, 'repeatLastN must be an integer from -1 to 2147483647, got 0.5'],
  [{ frequencyPenalty: NaN }, 'frequencyPenalty must be a number from -3e+38 to 3e+38, got NaN'],
  [{ mirostat: 1 }, 'mirostat must be 0 or 2, not 1: the first form is not there'],
  [{ mirostat: 2, adaptiveTarget: 0.5 }, 'mirostat and adaptiveTarget exclude each other: both choose the token'],
  [{ logitBias: [1] }, 'logitBias must be an object of numbers by token ids, got an array'],
  [{ logitBias: { x: 1 } }, 'logitBias: "x" is no token id'],
  [{ logitBias: { 1: '2' } }, 'logitBias of token 1 must be a number from -3e+38 to 3e+38, got "2"'],
  [{ samplers: 'topK' }, 'samplers must be an array of strings, got "topK"'],
  [{ drySequenceBreakers: [1] }, 'drySequenceBreakers[0] must be a string, got 1'],
])('%j is refused', async (options, message) => {
  expect(await rejection(model.generate('a', options))).toMatchObject({ code: 'E_INVALID_ARGUMENT', message });
});

test.each([
  [new Map([[5, 1]]), 'logitBias must be an object of numbers by token ids, got an object (Map)'],
  [{ '05': 1 }, 'logitBias: "05" is no token id'],
  [{ 5: null }, 'logitBias of token 5 must be a number from -3e+38 to 3e+38, got null'],
])('logitBias %j is refused', async (logitBias, message) => {
  expect(await rejection(model.generate('Once', { logitBias }))).toMatchObject({ code: 'E_INVALID_ARGUMENT', message });
});

test('where every token is forbidden none is chosen', async () => {
  const { vocabSize } = model.info;
  const all = Object.fromEntries(Array.from({ length: vocabSize }, (_, id) => [id, -Infinity]));
  for (const options of [
    {},
    { temperature: 1 },
    { temperature: 1, topK: 0, topP: 1, minP: 0 },
    { mirostat: 2, temperature: 1 },
  ])
    expect(await rejection(model.generate('Once', { ...options, logitBias: all }))).toMatchObject({
      code: 'E_INVALID_ARGUMENT',
      message: `none of the ${vocabSize} tokens is allowed`,
    });
  const only = await model.generate('Once', { logitBias: { ...all, 7: undefined }, maxTokens: 2, temperature: 1 });
  expect([...only.tokens]).toEqual([7, 7]);
});
