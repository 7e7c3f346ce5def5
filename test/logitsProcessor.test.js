'use strict';

const { Worker } = require('node:worker_threads');
const { loadModelSync } = require('..');
const { tinyAtlas, root } = require('./fixtures/places');
const { reason, rejection } = require('./fixtures/failure');

const PROMPT = 'The capital of France is';
const OPTIONS = { maxTokens: 24, ignoreEos: true };
let model;
beforeAll(() => (model = loadModelSync(tinyAtlas, { threads: 2 })));
afterAll(() => model.close());

const biased = (bias) => (logits) => {
  for (const [id, by] of Object.entries(bias)) logits[id] += by;
};

test.each([
  ['greedy', {}],
  ['with a seed', { temperature: 1, seed: 7 }],
  [
    'with every kind of sampler',
    { temperature: 0.9, seed: 3, repeatPenalty: 1.2, dryMultiplier: 0.8, xtcProbability: 0.3 },
  ],
  ['with a format', { format: { regex: '( [A-Z][a-z]+)+\\.' }, temperature: 1, seed: 5 }],
])('equal to an equal logitBias: %s', async (_, options) => {
  const { tokens } = await model.generate(PROMPT, { ...OPTIONS, ...options });
  const logitBias = { [tokens[0]]: -Infinity, 300: 3, 400: 2.5 };
  const other = await model.generate(PROMPT, { ...OPTIONS, ...options, logitBias });
  const result = await model.generate(PROMPT, { ...OPTIONS, ...options, logitsProcessor: biased(logitBias) });
  expect(result.text).toBe(other.text);
  expect(result.tokens).toEqual(other.tokens);
  expect(result.tokens).not.toEqual(tokens);
});

test('what it is told: all tokens before, how many, which text', async () => {
  const told = [];
  const { choices } = await model.generate(PROMPT, {
    ...{ ...OPTIONS, maxTokens: 5, n: 2, temperature: 1, seed: 1 },
    logitsProcessor: async (logits, { tokens, step, choice, signal }) => {
      expect(logits).toBeInstanceOf(Float32Array);
      expect(logits.length).toBe(model.info.vocabSize);
      expect(signal.aborted).toBe(false);
      told.push({ tokens: [...tokens], step, choice });
    },
  });
  for (const [i, { tokens }] of choices.entries()) {
    const mine = told.filter(({ choice }) => choice === i);
    expect(mine).toEqual([0, 1, 2, 3, 4].map((step) => ({ tokens: [...tokens.slice(0, step)], step, choice: i })));
  }
  const plain = await model.generate(PROMPT, { ...OPTIONS, maxTokens: 5, n: 2, temperature: 1, seed: 1 });
  expect(choices.map(({ text }) => text)).toEqual(plain.choices.map(({ text }) => text));
});

test('others go on while one waits for its processor', async () => {
  let release;
  const gate = new Promise((resolve) => (release = resolve));
  let steps = 0;
  const waiting = model.generate(PROMPT, { ...OPTIONS, logitsProcessor: () => (steps++ === 3 ? gate : undefined) });
  const others = await Promise.all(
    [1, 2, 3].map((seed) => model.generate(PROMPT, { ...OPTIONS, temperature: 1, seed })),
  );
  expect(others.every(({ tokens }) => tokens.length === 24)).toBe(true);
  expect(steps).toBeLessThanOrEqual(4);
  release();
  expect((await waiting).text).toBe((await model.generate(PROMPT, OPTIONS)).text);
  expect(steps).toBe(24);
});

test('any number of them may wait: they hold no place that others need', async () => {
  let release;
  const gate = new Promise((resolve) => (release = resolve));
  let asked = 0;
  const logitsProcessor = () => {
    asked++;
    return gate;
  };
  const waiting = Array.from({ length: 130 }, () =>
    model.generate(PROMPT, { ...OPTIONS, maxTokens: 3, logitsProcessor }),
  );
  while (asked < 130) await new Promise(setImmediate);
  expect((await model.generate(PROMPT, OPTIONS)).tokens.length).toBe(24);
  release();
  const { text } = await model.generate(PROMPT, { ...OPTIONS, maxTokens: 3 });
  for (const result of await Promise.all(waiting)) expect(result.text).toBe(text);
});

test.each([
  [
    'throws',
    (error) => {
      throw error;
    },
  ],
  ['rejects', (error) => Promise.reject(error)],
])('one that %s ends its generation, and no other', async (_, fail) => {
  const mine = new Error('mine');
  const failing = model.generate(PROMPT, {
    ...OPTIONS,
    logitsProcessor: (_logits, { step }) => (step === 2 ? fail(mine) : undefined),
  });
  const other = model.generate(PROMPT, OPTIONS);
  expect(await reason(failing)).toBe(mine);
  expect(mine.partial.tokens.length).toBe(2);
  expect((await other).tokens.length).toBe(24);
});

test.each([
  [
    (logits) => (logits[7] = NaN),
    'logitsProcessor: the logit of token 7 is not a number; it must be finite, or -Infinity',
  ],
  [
    (logits) => (logits[8] = Infinity),
    'logitsProcessor: the logit of token 8 is infinite; it must be finite, or -Infinity',
  ],
  [(logits) => logits.fill(-Infinity), 'logitsProcessor: every logit is -Infinity, so no token can be chosen'],
  [
    (logits) => structuredClone(logits, { transfer: [logits.buffer] }),
    '0 logits, the vocabulary has 1536: logitsProcessor must leave the array as long as it is',
  ],
])('what no token can be chosen from (%#)', async (process, message) => {
  const generation = model.generate(PROMPT, { ...OPTIONS, logitsProcessor: (logits) => void process(logits) });
  expect(await rejection(generation)).toEqual({ name: 'RealmError', code: 'E_INVALID_ARGUMENT', message });
});

test('only one token is left', async () => {
  const { tokens } = await model.generate(PROMPT, {
    ...{ ...OPTIONS, temperature: 1 },
    logitsProcessor: (logits, { step }) => {
      const keep = logits[100 + step];
      logits.fill(-Infinity);
      logits[100 + step] = keep;
    },
  });
  expect([...tokens]).toEqual(Array.from({ length: 24 }, (_, i) => 100 + i));
});

test('logprobs are the model’s own', async () => {
  const options = { ...OPTIONS, logprobs: true, topLogprobs: 2 };
  const plain = await model.generate(PROMPT, options);
  const processed = await model.generate(PROMPT, {
    ...options,
    logitsProcessor: (logits) => logits.forEach((logit, i) => (logits[i] = logit / 2)),
  });
  expect(processed.logprobs).toEqual(plain.logprobs);
});

test('cancelled, aborted, timed out or closed while its processor is at work: the signal tells', async () => {
  const never = () => new Promise(() => {});
  const start = (options = {}, of = model) => {
    let signal;
    let began;
    const began$ = new Promise((resolve) => (began = resolve));
    const logitsProcessor = (_logits, step) => {
      signal = step.signal;
      began();
      return never();
    };
    return {
      generation: of.generate(PROMPT, { ...OPTIONS, ...options, logitsProcessor }),
      began: began$,
      fired: () => signal.aborted,
    };
  };
  const cancelled = start();
  await cancelled.began;
  expect(cancelled.fired()).toBe(false);
  cancelled.generation.cancel();
  expect((await cancelled.generation).finishReason).toBe('cancelled');
  expect(cancelled.fired()).toBe(true);

  const controller = new AbortController();
  const aborted = start({ signal: controller.signal });
  await aborted.began;
  controller.abort(new Error('enough'));
  expect((await reason(aborted.generation)).message).toBe('enough');
  expect(aborted.fired()).toBe(true);

  const late = start({ timeout: 50 });
  expect((await rejection(late.generation)).code).toBe('E_TIMEOUT');
  expect(late.fired()).toBe(true);

  const own = loadModelSync(tinyAtlas);
  const closed = start({}, own);
  await closed.began;
  own.close();
  expect((await rejection(closed.generation)).code).toBe('E_CANCELLED');
  expect(closed.fired()).toBe(true);
});

test('in a session and in a chat', async () => {
  const session = model.createSession();
  const logitBias = { 300: 6, 400: 5.5 };
  for (const logitsProcessor of [undefined, biased(logitBias)])
    await session.generate(logitsProcessor ? ' and' : PROMPT, { ...OPTIONS, logitsProcessor });
  const same = model.createSession();
  await same.generate(PROMPT, OPTIONS);
  await same.generate(' and', { ...OPTIONS, logitBias });
  expect([...session.tokens]).toEqual([...same.tokens]);
  session.close();
  same.close();

  const messages = [{ role: 'user', content: PROMPT }];
  const biasedChat = await model.chat(messages, { maxTokens: 12, logitBias });
  let calls = 0;
  const logitsProcessor = (logits) => {
    calls++;
    biased(logitBias)(logits);
  };
  const chat = await model.chat(messages, { maxTokens: 12, logitsProcessor });
  expect(chat.content).toBe(biasedChat.content);
  expect(calls).toBeGreaterThan(0);
  expect(await rejection(model.chat(messages, { logitsProcessor: true }))).toMatchObject({
    code: 'E_INVALID_ARGUMENT',
    message: 'logitsProcessor must be a function, got true',
  });
});

test('in a worker', async () => {
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads');
     const model = require(${JSON.stringify(root)}).loadModelSync(${JSON.stringify(tinyAtlas)});
     const logitsProcessor = async (logits) => { await null; logits[300] += 6; };
     model.generate(${JSON.stringify(PROMPT)}, { maxTokens: 24, ignoreEos: true, logitsProcessor }).then(({ text }) => parentPort.postMessage(text));`,
    { eval: true },
  );
  const text = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  expect(text).toBe((await model.generate(PROMPT, { ...OPTIONS, logitBias: { 300: 6 } })).text);
  await worker.terminate();
});

test('of what a logitsProcessor gives that is no promise the first word counts', async () => {
  const logitsProcessor = () => ({ then: (done, fail) => [done(), done(), fail(new Error('too late'))] });
  const { text } = await model.generate(PROMPT, { maxTokens: 3, logitsProcessor });
  expect(text).toBe((await model.generate(PROMPT, { maxTokens: 3 })).text);
});
