'use strict';

const dns = require('node:dns');
const fs = require('node:fs');
const { promisify } = require('node:util');
const { loadModel } = require('..');
const { tinyAtlas, smollm2, goldenTest } = require('./fixtures/places');

/** Turns of the event loop while work runs. What blocks the thread leaves none. */
async function turnsDuring(work) {
  let turns = 0;
  let running = true;
  const turn = () => {
    turns++;
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  running = false;
  return turns;
}

test('the loop turns while generations run, more often than there are tokens to be told', async () => {
  const model = await loadModel(tinyAtlas);
  const generate = () => model.generate('Once upon a time', { maxTokens: 400, ignoreEos: true, cachePrompt: false });
  const turns = await turnsDuring(() => Promise.all([generate(), generate()]));
  model.close();
  expect(turns).toBeGreaterThan(10);
});

goldenTest('it turns while a model is loaded, tokenizes a long prompt and computes it', async () => {
  let model;
  expect(await turnsDuring(async () => (model = await loadModel(smollm2)))).toBeGreaterThan(3);
  const text = 'The quick brown fox jumps over the lazy dog. '.repeat(20_000);
  const tooLong = () =>
    expect(model.generate(text, { maxTokens: 1 })).rejects.toMatchObject({ code: 'E_CONTEXT_FULL' });
  expect(await turnsDuring(tooLong)).toBeGreaterThan(3);
  const prompt = text.slice(0, 4000);
  expect(await turnsDuring(() => model.generate(prompt, { maxTokens: 1 }))).toBeGreaterThan(3);
  model.close();
});

test('libuv’s pool is left alone: files and names are looked up while more generations run than it has threads', async () => {
  const model = await loadModel(tinyAtlas);
  const controller = new AbortController();
  const { signal } = controller;
  // They have no end: what waits for one of them waits forever.
  const running = Array.from({ length: 8 }, () =>
    model.createSession({ contextShift: true }).generate('x', { maxTokens: 1e9, ignoreEos: true, signal }),
  );
  for (const generation of running) generation.catch(() => {});
  for await (const chunk of running[7]) if (chunk.tokens.length) break;
  await Promise.all([fs.promises.readFile(__filename), promisify(dns.lookup)('localhost')]);
  controller.abort();
  for (const generation of running) await generation.catch(() => {});
  model.close();
});

test('tokens that come faster than the loop turns are put together', async () => {
  const model = await loadModel(tinyAtlas);
  const generation = model.generate('Once upon a time', { maxTokens: 300, ignoreEos: true });
  let chunks = 0;
  for await (const chunk of generation) {
    chunks++;
    expect(chunk.tokens.length).toBeGreaterThan(0);
    const until = performance.now() + 5; // a busy main thread
    while (performance.now() < until);
  }
  expect((await generation).tokens.length).toBe(300);
  expect(chunks).toBeLessThan(300);
  model.close();
});
