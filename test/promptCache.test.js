'use strict';

const { loadModel } = require('..');
const { tinyAtlas } = require('./fixtures/places');

// What an earlier prompt has in common with this one is not computed again, and the result is the same, bit for bit. What every
// architecture remembers is compared in test/managed (PrefixCacheTests).

const OPTIONS = { maxTokens: 24, temperature: 0.9, seed: 5, ignoreEos: true, logprobs: true, topLogprobs: 2 };
let model;
beforeAll(async () => (model = await loadModel(tinyAtlas)));
afterAll(() => model.close());

/** Ids that no other test has, so that nothing of them is cached. */
const ids = (count, salt) =>
  Array.from({ length: count }, (_, i) => ((i * 7919 + salt * 104729) % (model.info.vocabSize - 10)) + 5);

const without = ({ text, tokens, logprobs, finishReason }) => ({ text, tokens: [...tokens], logprobs, finishReason });

test('the same prompt again, and one that begins the same', async () => {
  const prompt = ids(200, 1);
  const expected = await model.generate(prompt, { ...OPTIONS, cachePrompt: false });
  expect(expected.usage.cachedTokens).toBe(0);
  const first = await model.generate(prompt, OPTIONS);
  const again = await model.generate(prompt, OPTIONS);
  expect([first.usage.cachedTokens, again.usage.cachedTokens]).toEqual([0, 192]);
  expect(again.usage).toEqual({ promptTokens: 200, cachedTokens: 192, generatedTokens: 24 });
  for (const result of [first, again]) expect(without(result)).toEqual(without(expected));

  const other = [...prompt.slice(0, 140), ...ids(30, 2)];
  const cached = await model.generate(other, OPTIONS);
  expect(cached.usage.cachedTokens).toBe(128);
  expect(without(cached)).toEqual(without(await model.generate(other, { ...OPTIONS, cachePrompt: false })));
});

test('a conversation goes on: its answers are cached too', async () => {
  const prompt = ids(100, 3);
  const first = await model.generate(prompt, { ...OPTIONS, maxTokens: 40 });
  const next = await model.generate([...prompt, ...first.tokens, 7, 8], OPTIONS);
  expect(next.usage.cachedTokens).toBe(128);
});

test('of equal prompts at once one is computed', async () => {
  const prompt = ids(200, 4);
  const all = await Promise.all(Array.from({ length: 8 }, (_, seed) => model.generate(prompt, { ...OPTIONS, seed })));
  expect(all.map(({ usage }) => usage.cachedTokens)).toEqual([0, ...Array(7).fill(192)]);
  const alone = await model.generate(prompt, { ...OPTIONS, seed: 3, cachePrompt: false });
  expect(without(all[3])).toEqual(without(alone));
});

test('an abort in the middle of a prompt leaves nothing wrong behind', async () => {
  for (let round = 0; round < 20; round++) {
    const prompt = ids(240, 100 + round);
    const controller = new AbortController();
    const stopped = model.generate(prompt, { ...OPTIONS, signal: controller.signal });
    await new Promise((resolve) => (round % 2 ? setImmediate(resolve) : setTimeout(resolve, round / 4)));
    controller.abort();
    await stopped.catch(() => {});
    const expected = await model.generate(prompt, { ...OPTIONS, cachePrompt: false });
    expect(without(await model.generate(prompt, OPTIONS))).toEqual(without(expected));
  }
});

test('promptCacheBytes: 0 keeps nothing', async () => {
  const own = await loadModel(tinyAtlas, { promptCacheBytes: 0, threads: 1, cacheType: 'f32' });
  const prompt = ids(200, 5);
  for (let i = 0; i < 2; i++) expect((await own.generate(prompt, OPTIONS)).usage.cachedTokens).toBe(0);
  own.close();
  await expect(loadModel(tinyAtlas, { promptCacheBytes: -1 })).rejects.toThrow(
    'promptCacheBytes must be an integer from 0 to 9007199254740991, got -1',
  );
});
