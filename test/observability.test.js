'use strict';

const { subscribe, unsubscribe } = require('node:diagnostics_channel');
const fs = require('node:fs');
const { loadModel, loadModelSync } = require('..');
const { tinyAtlas } = require('./fixtures/places');
const { failure, rejection } = require('./fixtures/failure');

const PROMPT = 'The capital of France is';

/** What the channels say while something is done. */
async function toldWhile(work) {
  const told = [];
  const listeners = ['start', 'first-token', 'end'].map((name) => [
    `realm:job:${name}`,
    (message) => told.push([name, message]),
  ]);
  for (const [channel, listener] of listeners) subscribe(channel, listener);
  try {
    await work();
  } finally {
    for (const [channel, listener] of listeners) unsubscribe(channel, listener);
  }
  return told;
}

test('diagnostics_channel tells of each job: its start, its first token, its end', async () => {
  const model = await loadModel(tinyAtlas);
  const told = await toldWhile(() => model.generate(PROMPT, { maxTokens: 4, cachePrompt: false }));
  expect(told.map(([name]) => name)).toEqual(['start', 'first-token', 'end']);
  const [[, start], [, first], [, end]] = told;
  const facts = { job: start.job, kind: 'generate', model: model.stats().model };
  expect(start).toEqual(facts);
  expect(first).toEqual({ ...facts, milliseconds: expect.any(Number) });
  expect(end).toMatchObject({ ...facts, finishReason: 'stop', promptTokens: 6, generatedTokens: 4, cachedTokens: 0 });
  expect(end.timings).toEqual({
    queued: expect.any(Number),
    prompt: expect.any(Number),
    generation: expect.any(Number),
  });

  const others = await toldWhile(async () => {
    await model.logits([1, 2]);
    await model.embed(['text']);
    await model.score(PROMPT);
    (await loadModel(tinyAtlas)).close();
    await rejection(loadModel('/no/such.gguf'));
  });
  expect(others.filter(([name]) => name === 'end').map(([, { kind, error }]) => [kind, error?.code])).toEqual([
    ['logits', undefined],
    ['embed', undefined],
    ['score', undefined],
    ['load', undefined],
    ['load', 'E_IO'],
  ]);
  model.close();
});

test('diagnostics_channel tells of passes: rows, time, threads', async () => {
  const model = await loadModel(tinyAtlas, { threads: 2 });
  await model.generate(PROMPT, { maxTokens: 2, ignoreEos: true });
  const told = [];
  const listener = (pass) => told.push(pass);
  subscribe('realm:pass', listener);
  const options = { maxTokens: 4, ignoreEos: true, cachePrompt: false, speculation: false };
  await model.generate(PROMPT, options);
  unsubscribe('realm:pass', listener);
  await model.generate(PROMPT, options);
  expect(told.length).toBe(4);
  for (const [i, pass] of told.entries()) {
    expect(pass).toEqual({
      ...{
        models: [model.stats().model],
        pass: told[0].pass + i,
        milliseconds: expect.any(Number),
        jobs: 1,
        threads: 2,
      },
      ...(i === 0 ? { rows: 6, promptRows: 6, generatedRows: 0 } : { rows: 1, promptRows: 0, generatedRows: 1 }),
      completed: true,
    });
    expect(pass.milliseconds).toBeGreaterThan(0);
  }
  expect(told[0].pass).toBeGreaterThan(2); // of those before nobody was told
  model.close();
});

test('a pass is told once for all models that have its weights, and those of embeddings are told too', async () => {
  const [one, two] = await Promise.all([1, 2].map(() => loadModel(tinyAtlas, { threads: 2 })));
  const other = await loadModel(tinyAtlas, { threads: 1 });
  const told = [];
  const listener = (pass) => told.push(pass);
  const options = { maxTokens: 4, ignoreEos: true, cachePrompt: false, speculation: false };
  for (const model of [one, two, other]) await model.generate(PROMPT, { maxTokens: 1 });
  subscribe('realm:pass', listener);
  for (const model of [one, two]) await model.score(PROMPT);
  told.length = 0;
  await Promise.all([one.generate(PROMPT, options), two.generate(PROMPT, options)]);
  await one.score(PROMPT);
  const numbers = told.map(({ pass }) => pass);
  expect(numbers).toEqual(numbers.map((_, i) => numbers[0] + i));
  const models = [one, two].map((model) => model.stats().model);
  expect(told[0].models).toEqual(models);
  told.length = 0;
  // More passes than the engine keeps, so they are told while they go on.
  await two.embed(Array.from({ length: 300 }, () => Array(256).fill(5)));
  expect(told.length).toBe(300);
  expect(told.at(-1)).toMatchObject({ models, rows: 256, promptRows: 256, generatedRows: 0, jobs: 1, completed: true });
  one.close();
  told.length = 0;
  await two.score(PROMPT);
  expect(told.map((pass) => pass.models)).toEqual([[models[1]]]);
  unsubscribe('realm:pass', listener);
  for (const model of [two, other]) model.close();
});

test('log is told of slow passes, but not of each', async () => {
  const lines = [];
  const model = await loadModel(tinyAtlas, {
    threads: 1,
    slowPass: 0,
    log: (level, text) => lines.push([level, text]),
  });
  lines.length = 0;
  await model.generate(PROMPT, { maxTokens: 4, ignoreEos: true, cachePrompt: false });
  expect(lines).toEqual([
    ['warn', expect.stringMatching(/^pass \d+ took \d+ ms: \d tokens of prompts, \d generated; jobs 1, threads 1$/)],
  ]);
  model.close();
  const quiet = loadModelSync(tinyAtlas, { slowPass: Infinity, log: (level, text) => lines.push([level, text]) });
  lines.length = 0;
  await quiet.generate(PROMPT, { maxTokens: 2, ignoreEos: true });
  expect(lines).toEqual([]);
  quiet.close();
  expect((await rejection(loadModel(tinyAtlas, { slowPass: -1 }))).code).toBe('E_INVALID_ARGUMENT');
});

test('stats count what a model has done', async () => {
  const model = await loadModel(tinyAtlas);
  expect(model.stats()).toMatchObject({ running: 0, started: 0, ended: 0, generatedTokens: 0 });
  await model.generate(PROMPT, { maxTokens: 4, cachePrompt: false });
  const endless = model.generate('Once upon', { ignoreEos: true, maxTokens: 400 });
  expect(model.stats()).toMatchObject({ running: 1, started: 2, ended: 1 });
  endless.cancel();
  await endless;
  await rejection(model.logits([1e9]));
  const stats = model.stats();
  expect(stats).toMatchObject({ running: 0, started: 2, ended: 1, cancelled: 1, failed: 0 });
  expect(stats.promptTokens).toBeGreaterThanOrEqual(6);
  expect(stats.milliseconds.generation).toBeGreaterThan(0);
  model.close();
  expect(failure(() => model.stats())).toMatchObject({ code: 'E_MODEL_CLOSED' });
});

test('memory tells what there is and what a text may take', async () => {
  const packed = await loadModel(tinyAtlas, { threads: 1 });
  const { layers, kvHeadCount, headSize, contextLength, bytes } = packed.info;
  const memory = packed.memory();
  // Keys and values of 16 bits.
  const token = layers * 2 * kvHeadCount * headSize * 2;
  expect(memory).toMatchObject({ file: bytes, token, context: token * contextLength, contextThatFits: contextLength });
  expect(memory.weights).toBeGreaterThan(bytes / 2);
  expect(memory.available).toBeGreaterThan(0);
  const mapped = await loadModel(tinyAtlas, { weights: 'mapped', threads: 1 });
  expect(mapped.memory().weights).toBe(0);
  const vocabulary = await loadModel(tinyAtlas, { vocabOnly: true });
  expect(vocabulary.memory()).toMatchObject({ weights: 0, token: 0, context: 0 });
  for (const model of [packed, mapped, vocabulary]) model.close();
});

test('log is told of the engine and of memory', async () => {
  const lines = [];
  const model = await loadModel(tinyAtlas, { threads: 2, log: (...line) => lines.push(line) });
  expect(lines).toEqual([
    ['info', expect.stringMatching(/^llama Q4_K_M, 2 MiB: engine \S+, 2 threads, weights packed \(\d+ MiB\)$/)],
    [
      'info',
      expect.stringMatching(/^a text of 512 tokens takes \d+ MiB \(\d+ bytes a token\), \d+ MiB are available$/),
    ],
  ]);
  model.close();
  expect(failure(() => loadModelSync(tinyAtlas, { log: 5 }))).toMatchObject({
    code: 'E_INVALID_ARGUMENT',
    message: 'log must be a function, got 5',
  });
  const own = new Error('of the log');
  const throwing = () => {
    throw own;
  };
  await expect(loadModel(tinyAtlas, { log: throwing })).rejects.toBe(own);
});

test('a model comes from a Blob', async () => {
  const model = await loadModel(new Blob([fs.readFileSync(tinyAtlas)]));
  expect((await model.generate(PROMPT, { maxTokens: 4 })).text).toBe(' Paris.');
  model.close();
  expect(await rejection(loadModel(new Blob(['no model at all, but long enough'])))).toMatchObject({
    code: 'E_NOT_GGUF',
  });
});
