'use strict';

// Guessed tokens (prompt look-up): they save passes where text repeats itself, and change nothing that is generated.

const { loadModel } = require('..');
const { tinyAtlas } = require('./fixtures/places');

const LIST = 'The capital of France is Paris.\nThe capital of Canada is Ottawa.\n'.repeat(3) + 'The capital';
let model;
beforeAll(async () => (model = await loadModel(tinyAtlas)));
afterAll(() => model.close());

const outcome = ({ text, tokens, finishReason, promptTokens }) => ({
  text,
  tokens: [...tokens],
  finishReason,
  promptTokens,
});

test('passes are saved, and counted', async () => {
  const options = { maxTokens: 200, ignoreEos: true };
  const quick = await model.generate(LIST, options);
  const plain = await model.generate(LIST, { ...options, speculation: false });
  expect(outcome(quick)).toEqual(outcome(plain));
  expect(plain).toMatchObject({ draftedTokens: 0, acceptedTokens: 0 });
  expect(quick.acceptedTokens).toBeGreaterThan(50);
  expect(quick.draftedTokens).toBeGreaterThanOrEqual(quick.acceptedTokens);
});

test.each([
  ['greedy', {}],
  ['repeat penalty', { repeatPenalty: 1.2 }],
  ['defaults with a temperature', { temperature: 0.8 }],
  ['the whole vocabulary', { temperature: 1.2, topK: 0, topP: 1, minP: 0 }],
  ['top-p', { temperature: 1, topK: 0, topP: 0.8, minP: 0 }],
  ['stop strings', { temperature: 0.5, stop: ['Otta', '\n\n'] }],
  ["to the model's own end", { temperature: 0.5, ignoreEos: false }],
  ['to the end of the context', { maxTokens: Infinity }],
])('the same with every seed: %s', async (_name, how) => {
  for (let seed = 0; seed < 3; seed++) {
    const options = { maxTokens: 40 + seed, ignoreEos: true, seed, ...how };
    const [quick, plain] = await Promise.all([
      model.generate(LIST, options),
      model.generate(LIST, { ...options, speculation: false }),
    ]);
    expect(outcome(quick)).toEqual(outcome(plain));
    const alone = await model.generate(LIST, options);
    expect(outcome(alone)).toEqual(outcome(plain));
  }
});

test('many at once, some of them left early', async () => {
  const options = (seed) => ({ maxTokens: 80, ignoreEos: true, seed, temperature: seed % 2 });
  const plain = [];
  for (let seed = 0; seed < 10; seed++) {
    plain.push(outcome(await model.generate(LIST, { ...options(seed), speculation: false })));
  }
  const together = plain.map((_, seed) => model.generate(LIST, options(seed)));
  for (let seed = 0; seed < 5; seed++) {
    const early = model.generate(LIST, options(seed));
    const tokens = [];
    for await (const chunk of early) {
      tokens.push(...chunk.tokens);
      if (tokens.length >= 10) break;
    }
    expect(tokens).toEqual(plain[seed].tokens.slice(0, tokens.length));
    expect((await early).finishReason).toMatch(/cancelled|length/);
  }
  expect((await Promise.all(together)).map(outcome)).toEqual(plain);
});
