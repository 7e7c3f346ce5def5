'use strict';

const { getEventListeners } = require('node:events');
const { loadModel } = require('..');
const { tinyAtlas } = require('./fixtures/places');
const { rejection } = require('./fixtures/failure');

const PROMPT = 'The capital of France is';
let model;
beforeAll(async () => (model = await loadModel(tinyAtlas)));
afterAll(() => model.close());

async function collect(generation) {
  const chunks = [];
  for await (const chunk of generation) chunks.push(chunk);
  return {
    text: chunks.map((chunk) => chunk.text).join(''),
    tokens: chunks.flatMap((chunk) => [...chunk.tokens]),
    chunks,
  };
}

test('awaited: the whole', async () => {
  const result = await model.generate(PROMPT);
  expect(Object.keys(result)).toEqual([
    'text',
    'tokens',
    'finishReason',
    'stop',
    'promptTokens',
    'draftedTokens',
    'acceptedTokens',
    'usage',
  ]);
  expect(result.text).toBe(' Paris.');
  expect(result.tokens).toBeInstanceOf(Uint32Array);
  expect([...result.tokens]).toEqual([981, 260, 16, 0]);
  expect(result.finishReason).toBe('stop');
  expect(result.stop).toBe(0);
  expect(result.promptTokens).toBe(6);
  expect(result.usage).toEqual({ promptTokens: 6, cachedTokens: 0, generatedTokens: 4 });
  expect(Object.keys(result.timings)).toEqual(['queued', 'prompt', 'generation']);
  for (const milliseconds of Object.values(result.timings)) expect(milliseconds).toBeGreaterThanOrEqual(0);
});

test('looped over: the same, in pieces; then awaited; then looped over again', async () => {
  const generation = model.generate(PROMPT);
  const first = await collect(generation);
  const whole = await generation;
  expect(first.text).toBe(whole.text);
  expect(first.tokens).toEqual([...whole.tokens]);
  expect((await collect(generation)).text).toBe(whole.text);
});

test('a promise in all its ways', async () => {
  const generation = model.generate(PROMPT);
  expect(await Promise.all([generation, generation.then((result) => result.text)])).toEqual([
    await generation,
    ' Paris.',
  ]);
  let seen = 0;
  await generation.finally(() => seen++);
  expect(seen).toBe(1);
  expect((await generation.catch(() => 'never')).text).toBe(' Paris.');
  expect(Object.prototype.toString.call(generation)).toBe('[object Generation]');
});

test('token ids in any array', async () => {
  const ids = model.tokenize(PROMPT);
  for (const prompt of [ids, [...ids], Int32Array.from(ids), Buffer.from(ids.buffer)]) {
    expect((await model.generate(prompt)).text).toBe(' Paris.');
  }
});

test('special tokens in a text prompt are recognised, and the begin token is not doubled', async () => {
  const chat = model.applyChatTemplate([{ role: 'user', content: 'What is the capital of Canada?' }]);
  const { text, promptTokens } = await model.generate(chat);
  expect(text).toBe('The capital of Canada is Ottawa.');
  expect((await model.generate(`<|endoftext|>${chat}`)).promptTokens).toBe(promptTokens);
});

test('maxTokens', async () => {
  const result = await model.generate(PROMPT, { maxTokens: 2 });
  expect(result.tokens.length).toBe(2);
  expect(result.finishReason).toBe('length');
});

test('ignoreEos goes on, to the end of the context at most', async () => {
  const result = await model.generate(PROMPT, { ignoreEos: true, maxTokens: 30 });
  expect(result.tokens.length).toBe(30);
  expect(result.finishReason).toBe('length');
  const full = await model.generate(PROMPT, { ignoreEos: true, maxTokens: Infinity });
  expect(full.finishReason).toBe('length');
  expect(full.promptTokens + full.tokens.length).toBeGreaterThanOrEqual(512);
  expect(full.promptTokens + full.tokens.length).toBeLessThanOrEqual(513);
});

test('stop strings end the text before them', async () => {
  const chat = model.applyChatTemplate([{ role: 'user', content: 'What is the capital of Canada?' }]);
  expect(await model.generate(chat, { stop: ' of' })).toMatchObject({ text: 'The capital', finishReason: 'stop' });
  expect((await model.generate(chat, { stop: ['never there', 'Canada is Ott'] })).text).toBe('The capital of ');
  expect((await model.generate(chat, { stop: 'not there' })).text).toBe('The capital of Canada is Ottawa.');
  const streamed = await collect(model.generate(chat, { stop: 'Ottawa' }));
  expect(streamed.text).toBe('The capital of Canada is ');
});

test('stop tokens, special tokens written out, and what ended it', async () => {
  const run = async (stop, more) => {
    const { text, finishReason, stop: by, tokens } = await model.generate(PROMPT, { stop, ...more });
    return [text, finishReason, by, tokens.length];
  };
  expect(await run(16)).toEqual([' Paris', 'stop', 16, 3]);
  expect(await run(['never', 260, 16])).toEqual([' Par', 'stop', 260, 2]);
  expect(await run(['zz', 'ris'])).toEqual([' Pa', 'stop', 'ris', 2]);
  expect(await run('<|endoftext|>', { ignoreEos: true })).toEqual([' Paris.', 'stop', '<|endoftext|>', 4]);
  expect(await run('endoftext', { ignoreEos: true, maxTokens: 4 })).toEqual([' Paris.', 'length', null, 4]);
  expect(await run([], { maxTokens: 2 })).toEqual([' Paris', 'length', null, 2]);
  const streamed = await collect(model.generate(PROMPT, { stop: [16] }));
  expect(streamed.text).toBe(' Paris');
});

test('log probabilities', async () => {
  const options = { logprobs: true, topLogprobs: 3, temperature: 0.5, repeatPenalty: 1.3, seed: 1, maxTokens: 8 };
  const { text, tokens, logprobs } = await model.generate(PROMPT, options);
  const plain = await model.generate(PROMPT, { ...options, logprobs: false, topLogprobs: 0 });
  expect([text, [...tokens]]).toEqual([plain.text, [...plain.tokens]]);
  expect(plain).not.toHaveProperty('logprobs');
  expect(logprobs.map((each) => each.token)).toEqual([...tokens]);
  expect(logprobs.map((each) => each.text).join('')).toBe(text);
  const ids = [...model.tokenize(PROMPT)];
  const rows = await model.logits([...ids, ...tokens]);
  const width = model.info.vocabSize;
  logprobs.forEach(({ token, logprob, top }, i) => {
    const row = rows.subarray((ids.length - 1 + i) * width, (ids.length + i) * width);
    const best = Math.max(...row);
    const sum = Math.log(row.reduce((all, logit) => all + Math.exp(logit - best), 0));
    expect(logprob).toBeCloseTo(row[token] - best - sum, 4);
    expect(top).toHaveLength(3);
    expect(top[0].logprob).toBeCloseTo(-sum, 4);
    expect(top[0].logprob).toBeGreaterThanOrEqual(top[1].logprob);
  });
  const chunks = [];
  for await (const chunk of model.generate('é東😀 '.repeat(9), { ...options, temperature: 5, maxTokens: 60 }))
    chunks.push(chunk);
  for (const chunk of chunks) expect(chunk.logprobs.map((each) => each.token)).toEqual([...chunk.tokens]);
  expect(await rejection(model.generate(PROMPT, { topLogprobs: 3 }))).toMatchObject({
    message: 'topLogprobs needs logprobs: true',
  });
});

test('collect: false keeps nothing that was read', async () => {
  const generation = model.generate(PROMPT, { collect: false });
  expect((await collect(generation)).text).toBe(' Paris.');
  expect(await generation).toMatchObject({ text: '', finishReason: 'stop', usage: { generatedTokens: 4 } });
  expect((await collect(generation)).chunks).toEqual([]);
});

test('a priority changes nothing but the order', async () => {
  const priorities = ['background', 'normal', 'high'];
  const results = await Promise.all(priorities.map((priority) => model.generate(PROMPT, { priority })));
  expect(results.map((result) => result.text)).toEqual([' Paris.', ' Paris.', ' Paris.']);
});

test('a seed makes chance repeatable', async () => {
  const options = { temperature: 5, topK: 0, topP: 1, minP: 0, maxTokens: 24, ignoreEos: true };
  const run = async (seed) => (await model.generate(PROMPT, { ...options, seed })).tokens.join();
  expect(await run(1)).toBe(await run(1));
  expect(await run(1)).toBe(await run(1n));
  expect(await run(1)).not.toBe(await run(2));
  expect(await run(undefined)).not.toBe(await run(undefined));
  expect(await run(0xffff_ffff_ffff_ffffn)).toBe(await run(0xffff_ffff_ffff_ffffn));
});

test('topK 1 and a tiny topP are greedy at any temperature', async () => {
  const greedy = (await model.generate(PROMPT)).text;
  expect((await model.generate(PROMPT, { temperature: 10, topK: 1 })).text).toBe(greedy);
  expect((await model.generate(PROMPT, { temperature: 1, topP: 0.0001 })).text).toBe(greedy);
  expect((await model.generate(PROMPT, { temperature: 1, minP: 1 })).text).toBe(greedy);
});

test('repeatPenalty', async () => {
  const options = { ignoreEos: true, maxTokens: 40 };
  const plain = (await model.generate(PROMPT, options)).tokens;
  const varied = (await model.generate(PROMPT, { ...options, repeatPenalty: 2 })).tokens;
  expect(new Set(varied).size).toBeGreaterThan(new Set(plain).size);
});

test.each([
  [{ maxTokens: -1 }, 'maxTokens must be a positive integer, got -1'],
  [{ maxTokens: 0 }, 'maxTokens must be a positive integer, got 0'],
  [{ maxTokens: 1.5 }, 'maxTokens must be a positive integer, got 1.5'],
  [{ maxTokens: '5' }, 'maxTokens must be a positive integer, got "5"'],
  [{ maxTokens: NaN }, 'maxTokens must be a positive integer, got NaN'],
  [{ temperature: -0.1 }, 'temperature must be a number from 0 to 1000, got -0.1'],
  [{ temperature: null }, 'temperature must be a number from 0 to 1000, got null'],
  [{ topK: -1 }, 'topK must be an integer from 0 to 2147483647, got -1'],
  [{ topP: 1.1 }, 'topP must be a number from 0 to 1, got 1.1'],
  [{ minP: NaN }, 'minP must be a number from 0 to 1, got NaN'],
  [{ repeatPenalty: 0 }, 'repeatPenalty must be a number from 0.01 to 1000, got 0'],
  [{ seed: -1 }, 'seed must be an integer from 0 to 2^53 - 1, or a bigint below 2^64, got -1'],
  [
    { seed: 1n << 64n },
    'seed must be an integer from 0 to 2^53 - 1, or a bigint below 2^64, got 18446744073709551616n',
  ],
  [{ stop: '' }, 'stop must not be an empty string'],
  [{ stop: [3.5] }, 'stop must be a string, a token id or an array of them, got 3.5'],
  [{ stop: Array(257).fill('x') }, 'stop must have at most 256 items, got 257'],
  [{ stop: ['a'.repeat(600_000), 'b'.repeat(600_000)] }, 'stop must have at most 1048576 characters in all'],
  [{ timeout: 0 }, 'timeout must be a positive integer, got 0'],
  [{ topLogprobs: 129 }, 'topLogprobs must be an integer from 0 to 128, got 129'],
  [{ priority: 'urgent' }, "priority must be 'background' or 'normal' or 'high', got \"urgent\""],
  [{ temprature: 9 }, 'generate has no option "temprature"; did you mean "temperature"?'],
  [{ max_tokens: 2 }, 'generate has no option "max_tokens"; did you mean "maxTokens"?'],
  [{ signal: {} }, 'signal must be an AbortSignal, got an object (Object)'],
  [{ speculation: 1 }, 'speculation must be a boolean, got 1'],
  [{ cachePrompt: 'no' }, 'cachePrompt must be a boolean, got "no"'],
  [{ ignoreEos: 'no' }, 'ignoreEos must be a boolean, got "no"'],
  [7, 'options must be an object, got 7'],
])('options %p', async (options, message) => {
  const expected = { name: 'RealmError', code: 'E_INVALID_ARGUMENT', message };
  const generation = model.generate(PROMPT, options); // throws nothing: there is a promise that can say it
  expect(await rejection(generation)).toEqual(expected);
  expect(await rejection(collect(generation))).toEqual(expected);
  generation.cancel();
});

test('a wrong argument reaches a catch that is hung on the call', async () => {
  expect(await model.generate(PROMPT, { temperature: 5000 }).catch((error) => error.code)).toBe('E_INVALID_ARGUMENT');
});

test('each option is read once', async () => {
  let reads = 0;
  const options = {
    get maxTokens() {
      return reads++ ? -1 : 3;
    },
  };
  expect((await model.generate(PROMPT, options)).tokens.length).toBe(3);
  expect(reads).toBe(1);
});

test.each([
  [null, 'prompt must be a string or token ids, got null'],
  [undefined, 'prompt must be a string or token ids, got undefined'],
  [5, 'prompt must be a string or token ids, got 5'],
  [{}, 'prompt must be a string or token ids, got an object (Object)'],
  [
    new Float32Array(2),
    'prompt must be token ids (an array, a Uint32Array, or bytes in a Buffer), got an object (Float32Array)',
  ],
  [
    [{ role: 'user', content: 'Hello' }],
    'prompt must be a string or token ids, got an array of objects: model.applyChatTemplate(messages) makes a string of messages',
  ],
])('a prompt of a wrong type (%p)', async (prompt, message) => {
  expect(await rejection(model.generate(prompt))).toEqual({ name: 'RealmError', code: 'E_INVALID_ARGUMENT', message });
});

test('an option that asks for nothing is none', async () => {
  expect((await model.generate(PROMPT, { maxTokens: undefined, anything: undefined })).text).toBe(' Paris.');
});

test('a prompt that is empty, too long, or outside the vocabulary', async () => {
  expect((await rejection(model.generate([]))).code).toBe('E_INVALID_ARGUMENT');
  expect((await rejection(model.generate(new Uint32Array(600)))).code).toBe('E_CONTEXT_FULL');
  expect((await rejection(model.generate([9999]))).code).toBe('E_INVALID_TOKEN');
});

test('as JSON the ids are arrays', async () => {
  const generation = model.generate(PROMPT);
  const { chunks } = await collect(generation);
  const result = await generation;
  expect(JSON.parse(JSON.stringify(result))).toEqual({
    ...result,
    tokens: [...result.tokens],
    timings: result.timings,
  });
  expect(JSON.parse(JSON.stringify(chunks))[0].tokens).toEqual([...chunks[0].tokens]);
  expect(Object.keys(result)).not.toContain('toJSON');
});

describe('abort', () => {
  const endless = { ignoreEos: true, maxTokens: 400 };

  test('before the start: nothing is started', async () => {
    const reason = new Error('never mind');
    const generation = model.generate(PROMPT, { signal: AbortSignal.abort(reason) });
    await expect(generation).rejects.toBe(reason);
    await expect(collect(generation)).rejects.toBe(reason);
  });

  test('under way: the await and the loop both get the reason, nobody listens any more', async () => {
    const controller = new AbortController();
    const generation = model.generate(PROMPT, { ...endless, signal: controller.signal });
    let chunks = 0;
    const looped = (async () => {
      for await (const chunk of generation) if (chunk && ++chunks === 1) controller.abort();
    })();
    expect((await rejection(looped)).name).toBe('AbortError');
    expect((await rejection(generation)).name).toBe('AbortError');
    expect(chunks).toBeGreaterThan(0);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  test('the reason has what was generated before it', async () => {
    const whole = (await model.generate(PROMPT, endless)).text;
    const run = async (reason) => {
      const controller = new AbortController();
      const generation = model.generate(PROMPT, { ...endless, signal: controller.signal });
      for await (const chunk of generation) if (chunk) break;
      controller.abort(reason);
      return [await generation.catch((error) => error), controller.signal.reason];
    };
    const ended = [];
    for (let i = 0; i < 20; i++) {
      // Leaving the loop cancels too: whichever comes first.
      const [error, given] = await run();
      if (error.finishReason) continue;
      ended.push(error);
      expect(error).toMatchObject({ name: 'AbortError', message: given.message, cause: given });
    }
    const controller = new AbortController();
    const mine = new Error('mine');
    const generation = model.generate(PROMPT, { ...endless, signal: controller.signal });
    const first = generation[Symbol.asyncIterator]().next();
    await first;
    controller.abort(mine);
    await expect(generation).rejects.toBe(mine);
    ended.push(mine);
    for (const { partial } of ended) {
      expect(whole.startsWith(partial.text)).toBe(true);
      expect(partial.tokens.length).toBeGreaterThan(0);
    }
  });

  test('one signal for many: no warning, each with its own part', async () => {
    const warnings = [];
    const note = (warning) => warnings.push(warning.name);
    process.on('warning', note);
    const controller = new AbortController();
    const { signal } = controller;
    const running = Array.from({ length: 15 }, (_, i) =>
      model.generate(PROMPT, { ...endless, maxTokens: 100 + i, signal }),
    );
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await running[0][Symbol.asyncIterator]().next();
    controller.abort();
    const errors = await Promise.all(running.map((generation) => generation.catch((error) => error)));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', note);
    expect(warnings).toEqual([]);
    expect(new Set(errors).size).toBe(15);
    for (const error of errors) expect(error.partial.tokens).toBeInstanceOf(Uint32Array);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  test('a time limit', async () => {
    const started = Array.from({ length: 30 }, () => model.generate(PROMPT, { ...endless, timeout: 1 }));
    const errors = (await Promise.all(started.map((each) => each.catch((error) => error)))).filter((each) => each.code);
    expect(errors.length).toBeGreaterThan(0);
    for (const { name, code, partial } of errors) {
      expect([name, code]).toEqual(['RealmError', 'E_TIMEOUT']);
      expect(partial.tokens.length).toBeLessThan(400);
    }
    expect((await model.generate(PROMPT, { timeout: 60_000 })).text).toBe(' Paris.');
  });

  test('after the end: nothing changes, nobody listens', async () => {
    const controller = new AbortController();
    const generation = model.generate(PROMPT, { signal: controller.signal });
    expect((await generation).text).toBe(' Paris.');
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    controller.abort();
    expect((await generation).text).toBe(' Paris.');
  });

  test('AbortSignal.timeout', async () => {
    const ids = new Uint32Array(500).fill(7);
    const running = Promise.all(
      Array.from({ length: 20 }, () => model.generate(ids, { signal: AbortSignal.timeout(1) })),
    );
    expect((await rejection(running)).name).toBe('TimeoutError');
  });

  test('leaving a loop cancels; what was generated is there', async () => {
    const generation = model.generate(PROMPT, endless);
    for await (const chunk of generation) {
      expect(chunk.text).not.toBe('');
      break;
    }
    const result = await generation;
    expect(result.finishReason).toBe('cancelled');
    expect(result.tokens.length).toBeLessThan(400);
    const { text } = await model.generate(PROMPT, endless);
    expect(text.startsWith(result.text) && result.text.length > 0).toBe(true);
  });

  test('cancel(): the await has what came so far, the loop ends', async () => {
    const generation = model.generate(PROMPT, endless);
    let text = '';
    for await (const chunk of generation) {
      text += chunk.text;
      generation.cancel();
    }
    const result = await generation;
    expect(result).toMatchObject({ text, finishReason: 'cancelled' });
    expect(result.tokens.length).toBeLessThan(400);
    generation.cancel();

    const atOnce = model.generate(PROMPT, endless);
    atOnce.cancel();
    expect((await atOnce).finishReason).toBe('cancelled');
  });

  test('however many share a signal, it has one listener, and each is stopped', async () => {
    const controller = new AbortController();
    const running = Array.from({ length: 12 }, () => model.generate(PROMPT, { ...endless, signal: controller.signal }));
    const short = await model.generate(PROMPT, { signal: controller.signal });
    expect(short.text).toBe(' Paris.');
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
    controller.abort();
    for (const one of running) expect((await rejection(one)).name).toBe('AbortError');
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  test('an exception in the loop cancels, and is what the caller sees', async () => {
    const generation = model.generate(PROMPT, endless);
    const looped = (async () => {
      for await (const chunk of generation) throw new TypeError(`mine: ${typeof chunk}`);
    })();
    expect(await rejection(looped)).toMatchObject({ name: 'TypeError', message: 'mine: object' });
    expect((await generation).finishReason).toBe('cancelled');
  });

  test('closing the model ends what runs on it', async () => {
    const other = await loadModel(tinyAtlas, { threads: 1 });
    const generation = other.generate(PROMPT, endless);
    other.close();
    expect(await rejection(generation)).toMatchObject({
      name: 'RealmError',
      code: 'E_CANCELLED',
      message: expect.stringContaining('closed'),
    });
  });

  test('a generation that nobody looks at ends without noise', async () => {
    model.generate(PROMPT, { signal: AbortSignal.abort() });
    await new Promise((resolve) => setTimeout(resolve, 20));
  });
});

test('n texts: the first is that of the seed, chunks say which they belong to', async () => {
  const options = { temperature: 2, topK: 0, topP: 1, minP: 0, seed: 3, maxTokens: 6 };
  const one = await model.generate('Once', options);
  const generation = model.generate('Once', { ...options, n: 3 });
  const texts = ['', '', ''];
  for await (const { text, choice } of generation) texts[choice] += text;
  const { choices, ...first } = await generation;
  expect(first).toEqual(one);
  expect(choices[0]).toEqual(one);
  expect(choices.map(({ text }) => text)).toEqual(texts);
  expect(new Set(texts).size).toBe(3);
  const error = await model.generate('Once', { n: 129 }).catch((problem) => problem);
  expect(error).toMatchObject({ code: 'E_INVALID_ARGUMENT', message: 'n must be at most 128, got 129' });
});

test('n texts are cancelled together', async () => {
  const generation = model.generate('Once', { n: 3, ignoreEos: true, maxTokens: 400 });
  await generation[Symbol.asyncIterator]().next();
  generation.cancel();
  const { choices } = await generation;
  expect(choices.map(({ finishReason }) => finishReason)).toEqual(['cancelled', 'cancelled', 'cancelled']);
});

test('an iterator that is left before its first step, or while it waits, stops the work', async () => {
  for (const begin of [
    () => model.generate('Once', { ignoreEos: true, maxTokens: 400, logitsProcessor: () => new Promise(() => {}) }),
    () => model.chat([{ role: 'user', content: 'x' }], { logitsProcessor: () => new Promise(() => {}) }),
  ]) {
    const early = begin();
    await early[Symbol.asyncIterator]().return();
    expect((await early).finishReason).toBe('cancelled');
    const late = begin();
    const steps = late[Symbol.asyncIterator]();
    const step = steps.next();
    await steps.return();
    await step;
    expect((await late).finishReason).toBe('cancelled');
  }
});
