'use strict';

const vm = require('node:vm');
const { loadModel, loadModelSync } = require('..');
const { tinyAtlas } = require('./fixtures/places');
const { rejection } = require('./fixtures/failure');

let model;
beforeAll(() => (model = loadModelSync(tinyAtlas)));
afterAll(() => model.close());

const TEXT = 'The capital of France is Paris.';

test('each token’s log-likelihood is what the logits before it say', async () => {
  const { tokens, logprobs, logprob, perplexity } = await model.score(TEXT);
  expect(tokens).toEqual(model.tokenize(TEXT));
  const logits = await model.logits(tokens);
  const width = model.info.vocabSize;
  const expected = Array.from(tokens.subarray(1), (token, i) => {
    const row = logits.subarray(i * width, (i + 1) * width);
    const best = row.reduce((most, each) => Math.max(most, each), -Infinity);
    return row[token] - best - Math.log(row.reduce((sum, each) => sum + Math.exp(each - best), 0));
  });
  expect(logprobs[0]).toBeNaN();
  expect(logprobs).toHaveLength(tokens.length);
  expected.forEach((each, i) => expect(logprobs[i + 1]).toBeCloseTo(each, 4));
  expect(logprob).toBeCloseTo(
    expected.reduce((sum, each) => sum + each),
    3,
  );
  expect(perplexity).toBeCloseTo(Math.exp(-logprob / expected.length), 5);
  expect(perplexity).toBeGreaterThan(1);
});

test('they are those that generate tells of what it chose, to the bit', async () => {
  const prompt = 'The capital of France is';
  const { tokens, logprobs } = await model.generate(prompt, { maxTokens: 3, logprobs: true, cachePrompt: false });
  const ids = Uint32Array.from([...model.tokenize(prompt, { asPrompt: true }), ...tokens]);
  const scored = await model.score(ids);
  expect(Array.from(scored.logprobs.subarray(ids.length - tokens.length))).toEqual(
    logprobs.map((each) => each.logprob),
  );
});

test('what is likely has a lower perplexity; ids are taken in all their forms', async () => {
  const likely = await model.score(TEXT);
  const unlikely = await model.score('Paris France of is capital The.');
  expect(likely.perplexity).toBeLessThan(unlikely.perplexity);
  const ids = likely.tokens;
  for (const form of [ids, Array.from(ids), Int32Array.from(ids), Buffer.from(ids.buffer), ids.buffer])
    expect((await model.score(form)).logprobs).toEqual(likely.logprobs);
});

test('what can’t be scored', async () => {
  expect(await rejection(model.score([1]))).toMatchObject({ code: 'E_INVALID_ARGUMENT' });
  expect(await rejection(model.score(5))).toMatchObject({ code: 'E_INVALID_ARGUMENT' });
  expect(await rejection(model.score(TEXT, { sginal: 1 }))).toMatchObject({
    message: 'score has no option "sginal"; did you mean "signal"?',
  });
  expect(await rejection(model.score(new Uint32Array(5000)))).toMatchObject({ code: 'E_CONTEXT_FULL' });
  const reason = new Error('enough');
  await expect(model.score(TEXT, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const vocabulary = await loadModel(tinyAtlas, { vocabOnly: true });
  expect(await rejection(vocabulary.score(TEXT))).toMatchObject({ code: 'E_INVALID_ARGUMENT' });
  vocabulary.close();
});

test('ids of another context are ids', async () => {
  const ids = [5, 300, 7, 1000];
  const foreign = vm.runInNewContext('Uint32Array.from([5, 300, 7, 1000])');
  expect([...(await model.score(foreign)).tokens]).toEqual(ids);
  expect(await model.embed([foreign])).toEqual(await model.embed([ids]));
});
