'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { getEngineInfo, loadModel, loadModelSync, storeModel, Model, RealmError } = require('..');
const { tinyAtlas } = require('./fixtures/places');
const { noise, tinyLlama } = require('./fixtures/gguf');
const { failure, rejection } = require('./fixtures/failure');

test('info tells what the model is', async () => {
  const model = await loadModel(tinyAtlas, { threads: 1 });
  expect(model).toBeInstanceOf(Model);
  expect(model.info).toMatchObject({
    architecture: 'llama',
    name: 'Tiny Atlas',
    layers: 4,
    hiddenSize: 256,
    headCount: 4,
    kvHeadCount: 2,
    headSize: 64,
    feedForwardSize: 768,
    vocabSize: 1536,
    contextLength: 512,
    parameters: 3541248,
    bytes: 2219520,
    quantization: 'Q4_K_M',
    tensorCount: 38,
    tokenizer: { model: 'gpt2', pre: 'gpt-2', vocabSize: 1536, bosId: 0, eosId: 2 },
    bosToken: '<|endoftext|>',
    eosToken: '<|im_end|>',
    threads: 1,
    weights: 'packed',
    cacheType: 'f16',
    vocabOnly: false,
  });
  expect(Object.isFrozen(model.info)).toBe(true);
  model.close();
});

test('path, URL, bytes, now and later: the same model', async () => {
  const bytes = fs.readFileSync(tinyAtlas);
  const models = [
    await loadModel(pathToFileURL(tinyAtlas)),
    await loadModel(pathToFileURL(tinyAtlas).href),
    await loadModel(bytes),
    await loadModel(new Uint8Array(bytes).buffer),
    loadModelSync(tinyAtlas),
    loadModelSync(bytes),
  ];
  for (const model of models) {
    expect((await model.generate('The capital of France is')).text).toBe(' Paris.');
    model.close();
  }
});

test('weights and cacheType', async () => {
  const logits = {};
  for (const weights of ['packed', 'mapped']) {
    for (const cacheType of ['f16', 'f32', 'q8_0']) {
      const model = await loadModel(tinyAtlas, { weights, cacheType });
      expect(model.info).toMatchObject({ weights, cacheType });
      logits[`${weights} ${cacheType}`] = await model.logits([0, 285, 276]);
      model.close();
    }
  }
  expect(logits['mapped f16']).toEqual(logits['packed f16']);
  expect(logits['mapped f32']).toEqual(logits['packed f32']);
  expect(logits['mapped q8_0']).toEqual(logits['packed q8_0']);
  expect(logits['packed f32']).not.toEqual(logits['packed f16']);
  expect(logits['packed q8_0']).not.toEqual(logits['packed f16']);
});

test('vocabOnly: words without weights', async () => {
  const model = await loadModel(tinyAtlas, { vocabOnly: true });
  expect(model.info).toMatchObject({ vocabOnly: true, vocabSize: 1536, layers: 4, hiddenSize: 256 });
  expect([...model.tokenize('The capital of France is')]).toEqual([0, 285, 276, 271, 1043, 265]);
  expect(await rejection(model.generate('x'))).toMatchObject({
    code: 'E_INVALID_ARGUMENT',
    message: expect.stringContaining('vocabOnly'),
  });
  expect(await rejection(model.logits([1]))).toMatchObject({ code: 'E_INVALID_ARGUMENT' });
  model.close();
});

test('a model without a tokenizer takes ids', async () => {
  const model = await loadModel(tinyLlama());
  expect(model.info.tokenizer).toBe(null);
  expect((await model.logits([1, 2])).length).toBe(2 * 64);
  expect((await model.generate([1, 2], { maxTokens: 3 })).tokens.length).toBe(3);
  expect(failure(() => model.tokenize('x'))).toMatchObject({ code: 'E_VOCAB' });
  expect(await rejection(model.generate('x'))).toMatchObject({ code: 'E_VOCAB' });
  expect(failure(() => model.applyChatTemplate([]))).toMatchObject({ code: 'E_UNSUPPORTED' });
  model.close();
});

test('what cannot be loaded says why', async () => {
  expect(await rejection(loadModel('no such file.gguf'))).toMatchObject({
    name: 'RealmError',
    code: 'E_IO',
    message: expect.stringContaining('no such file.gguf'),
  });
  expect(failure(() => loadModelSync('no such file.gguf')).code).toBe('E_IO');
  expect((await rejection(loadModel(Buffer.from('<!DOCTYPE html> this is a page')))).code).toBe('E_NOT_GGUF');
  const unknown = tinyLlama({ metadata: { 'general.architecture': ['string', 'hyperlama'] } });
  expect(await rejection(loadModel(unknown))).toMatchObject({
    code: 'E_UNSUPPORTED',
    message: expect.stringContaining('hyperlama'),
  });
  const lacking = tinyLlama({ without: ['blk.0.attn_q.weight'] });
  expect(await rejection(loadModel(lacking))).toMatchObject({
    code: 'E_MISSING_TENSOR',
    message: expect.stringContaining('blk.0.attn_q.weight'),
  });
  await expect(loadModel('no such file.gguf')).rejects.toBeInstanceOf(RealmError);
});

test.each([
  [{ threads: 0 }, 'threads must be a positive integer, got 0'],
  [{ threads: -1 }, 'threads must be a positive integer, got -1'],
  [{ threads: 2.5 }, 'threads must be a positive integer, got 2.5'],
  [{ threads: '2' }, 'threads must be a positive integer, got "2"'],
  [{ threads: 5000 }, 'threads must be at most 1024, got 5000'],
  [{ weights: 'gpu' }, "weights must be 'packed' or 'mapped', got \"gpu\""],
  [{ cacheType: 'q8' }, "cacheType must be 'f16' or 'f32' or 'q8_0', got \"q8\""],
  [{ vocabOnly: 1 }, 'vocabOnly must be a boolean, got 1'],
  [{ signal: 'no' }, 'signal must be an AbortSignal, got "no"'],
  ['fast', 'options must be an object, got "fast"'],
])('options %p', async (options, message) => {
  expect(await rejection(loadModel(tinyAtlas, options))).toEqual({
    name: 'RealmError',
    code: 'E_INVALID_ARGUMENT',
    message,
  });
});

test('a source of a wrong type', async () => {
  for (const wrong of [undefined, null, 7, {}, [1]]) {
    expect((await rejection(loadModel(wrong))).message).toMatch(
      /^source must be a path, a file: URL or the bytes of a GGUF file, got /,
    );
  }
});

test('a load can be aborted, before it starts and under way', async () => {
  const reason = new Error('not now');
  await expect(loadModel(tinyAtlas, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const controller = new AbortController();
  const loading = loadModel(tinyAtlas, { signal: controller.signal });
  controller.abort(reason);
  await loading.then(
    (model) => model.close(), // it was quicker
    (error) => expect(error).toBe(reason),
  );
});

test('onProgress: how far it is, to the end', async () => {
  for (const options of [{}, { weights: 'mapped' }, { vocabOnly: true }]) {
    const told = [];
    const model = await loadModel(tinyAtlas, { ...options, threads: 1, onProgress: (progress) => told.push(progress) });
    const total = model.info.bytes;
    expect(told.at(-1)).toEqual({ fraction: 1, bytes: total, total });
    for (const [i, { fraction, bytes }] of told.entries()) {
      expect(fraction).toBe(bytes / total);
      if (i > 0) expect(bytes).toBeGreaterThan(told[i - 1].bytes);
    }
    model.close();
  }
  expect((await rejection(loadModel(tinyAtlas, { onProgress: 7 }))).message).toBe(
    'onProgress must be a function, got 7',
  );
});

test('what onProgress throws comes out of the load, and nothing stays open', async () => {
  const { live } = getEngineInfo();
  const mine = new Error('mine');
  const load = loadModel(tinyAtlas, {
    onProgress() {
      throw mine;
    },
  });
  await expect(load).rejects.toBe(mine);
  await expect(loadModel(tinyAtlas, { onProgress: () => Promise.reject(mine) })).rejects.toBe(mine);
  // Of a quick load nothing else may be told.
  const onProgress = ({ fraction }) => (fraction === 1 ? Promise.reject(mine) : undefined);
  await expect(loadModel(tinyAtlas, { onProgress })).rejects.toBe(mine);
  expect(getEngineInfo().live).toEqual(live);
});

test('a load is aborted from its onProgress', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const onProgress = () => controller.abort(reason);
  await expect(loadModel(tinyAtlas, { signal: controller.signal, onProgress })).rejects.toBe(reason);
  const last = new AbortController();
  const atTheEnd = ({ fraction }) => fraction === 1 && last.abort(reason);
  await expect(loadModel(tinyAtlas, { signal: last.signal, onProgress: atTheEnd })).rejects.toBe(reason);
});

test('a Blob is not waited for once the load is aborted', async () => {
  const controller = new AbortController();
  const never = new Blob([]);
  never.arrayBuffer = () => new Promise(() => {});
  const load = loadModel(never, { signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(load).rejects.toThrow('enough');
});

test('contextSize: how long a text may get', async () => {
  const model = await loadModel(tinyAtlas, { contextSize: 10 });
  expect(model.info).toMatchObject({ contextLength: 10, trainedContextLength: 512 });
  expect(model.memory()).toMatchObject({ context: 10 * model.memory().token, contextThatFits: 10 });
  const { tokens, finishReason } = await model.generate('The capital of France is', { ignoreEos: true });
  expect(finishReason).toBe('length');
  expect(tokens.length).toBe(10 - 6);
  expect(await rejection(model.generate('The capital of France is Paris. The capital of Italy is'))).toMatchObject({
    code: 'E_CONTEXT_FULL',
    message: expect.stringContaining("the model's context holds 10"),
  });
  model.close();
  expect(await rejection(loadModel(tinyAtlas, { contextSize: 513 }))).toMatchObject({
    code: 'E_INVALID_ARGUMENT',
    message: "contextSize is 513; the model's context holds 512 positions",
  });
});

test('a contextSize for which there is no memory: what is needed, what there is, what would fit', async () => {
  // A token takes 128 KiB, and hardly a machine has 8 TiB.
  const file = tinyLlama({
    metadata: {
      'llama.context_length': ['u32', 2 ** 26],
      'llama.attention.head_count': ['u32', 1],
      'llama.attention.key_length': ['u32', 8192],
      'llama.attention.value_length': ['u32', 8192],
      'llama.rope.dimension_count': ['u32', 8192],
    },
    others: Object.fromEntries(
      [0, 1].flatMap((layer) => [
        [`blk.${layer}.attn_q.weight`, { shape: [32, 8192], values: noise(32 * 8192, 1) }],
        [`blk.${layer}.attn_k.weight`, { shape: [32, 8192], values: noise(32 * 8192, 2) }],
        [`blk.${layer}.attn_v.weight`, { shape: [32, 8192], values: noise(32 * 8192, 3) }],
        [`blk.${layer}.attn_output.weight`, { shape: [8192, 32], values: noise(32 * 8192, 4) }],
      ]),
    ),
  });
  const { code, message } = await rejection(loadModel(file, { contextSize: 2 ** 26, cacheType: 'f32' }));
  expect(code).toBe('E_OUT_OF_MEMORY');
  expect(message).toMatch(
    /^the packed weights take \d+ MiB and a text of 67108864 tokens takes 8388608 MiB; \d+ MiB are available to this process: contextSize \d+ would fit$/,
  );
  // What it says is true, and without one nothing is asked: the cache grows with the text.
  const half = Math.floor(Number(/contextSize (\d+)/.exec(message)[1]) / 2);
  for (const options of [{ contextSize: half }, {}]) {
    const model = await loadModel(file, { ...options, cacheType: 'f32' });
    expect((await model.generate([1], { maxTokens: 2, ignoreEos: true })).tokens.length).toBe(2);
    model.close();
  }
});

test('maxQueue: one more than may wait is told so at once', async () => {
  const model = await loadModel(tinyAtlas, { maxQueue: 1 });
  const running = Array.from({ length: 66 }, () => model.generate('x', { maxTokens: 400, ignoreEos: true }));
  expect(await rejection(running[65])).toMatchObject({
    code: 'E_BUSY',
    message: '64 calls are at work on the model and 1 wait: maxQueue is 1',
  });
  for (const generation of running) generation.cancel();
  await Promise.allSettled(running);
  expect((await model.generate('The capital of France is')).text).toBe(' Paris.');
  model.close();
});

test('sixteen loads at once', async () => {
  const models = await Promise.all(Array.from({ length: 16 }, () => loadModel(tinyAtlas)));
  const texts = await Promise.all(models.map((model) => model.generate('The capital of Italy is')));
  expect(new Set(texts.map(({ text }) => text))).toEqual(new Set([' Rome.']));
  for (const model of models) model.close();
});

test('close: once is enough, twice does nothing, afterwards everything says so', async () => {
  const model = await loadModel(tinyAtlas);
  model.close();
  model.close();
  const closed = { name: 'RealmError', code: 'E_MODEL_CLOSED', message: 'the model was closed' };
  expect(failure(() => model.tokenize('x'))).toEqual(closed);
  expect(failure(() => model.detokenize([1]))).toEqual(closed);
  expect(await rejection(model.generate('x'))).toEqual(closed);
  expect(await rejection(model.logits([1]))).toEqual(closed);
  expect(model.info.name).toBe('Tiny Atlas'); // what was read stays
});

test('Symbol.dispose closes', async () => {
  const model = await loadModel(tinyAtlas);
  model[Symbol.dispose]();
  expect(failure(() => model.tokenize('x')).code).toBe('E_MODEL_CLOSED');
});

describe('what is no file of this machine', () => {
  const cases = [
    [
      'https://example.org/model.gguf',
      /^"https:.*is no file: nothing is downloaded here; download it, then give the path/,
    ],
    [new URL('https://example.org/model.gguf'), /is no file: nothing is downloaded here/],
    ['hf://somebody/model', /is no file: nothing is downloaded here/],
    ['file://host/a.gguf', /^"file:\/\/host\/a.gguf" names no file of this machine: /],
    ['file:///a%2Fb.gguf', /names no file of this machine/],
    ['file:///%ZZ', /names no file of this machine/],
  ];
  test.each(cases)('%s', async (source, message) => {
    const expected = { name: 'RealmError', code: 'E_INVALID_ARGUMENT', message: expect.stringMatching(message) };
    expect(await rejection(loadModel(source))).toEqual(expected);
    expect(failure(() => loadModelSync(source))).toEqual(expected);
    expect(failure(() => storeModel(source))).toEqual(expected);
  });
});

test('a missing file: its absolute path, and the caller in the stack', async () => {
  const wanted = path.resolve('somewhere/else.gguf');
  const mine = async () => {
    await loadModel('somewhere/else.gguf');
  };
  const error = await mine().catch((reason) => reason);
  expect(error.code).toBe('E_IO');
  expect(error.message).toContain(wanted);
  expect(error.stack).toMatch(/at (async )?mine /);
  expect(failure(() => loadModelSync('somewhere/else.gguf')).message).toContain(wanted);
  expect(failure(() => storeModel('somewhere/else.gguf')).message).toContain(wanted);
});

test('an option that is not there: the error names the nearest', async () => {
  const message = 'loadModel has no option "cache_type"; did you mean "cacheType"?';
  expect((await rejection(loadModel(tinyAtlas, { cache_type: 'f32' }))).message).toBe(message);
  expect(failure(() => loadModelSync(tinyAtlas, { gpuLayers: 1 })).code).toBe('E_INVALID_ARGUMENT');
});

test.each([
  [{ familly: 'x' }, 'chatFormat has no option "familly"; did you mean "family"?'],
  [{ reasoning: '<think>' }, 'chatFormat.reasoning must be an object, got "<think>"'],
  [{ reasoning: { start: 'a' } }, 'chatFormat.reasoning.end must be a text of 1 to 4096 characters, got undefined'],
  [
    { reasoning: { start: 'a', end: '' } },
    'chatFormat.reasoning.end must be a text of 1 to 4096 characters, got a text of 0 characters',
  ],
  [{ ends: 'x' }, 'chatFormat.ends must be an array of at most 256 texts, got "x"'],
  [{ ends: ['x', 5] }, 'chatFormat.ends[1] must be a text of 1 to 4096 characters, got 5'],
  [
    { begun: 'x'.repeat(5000) },
    'chatFormat.begun must be a text of 0 to 4096 characters, got a text of 5000 characters',
  ],
  [{ parallel: 1 }, 'chatFormat.parallel must be a boolean, got 1'],
  [{ ids: 'ten' }, "chatFormat.ids must be 'call' or 'nine' or 'functions-index', got \"ten\""],
  [
    { calls: { call: { open: 'a', close: 'b' }, separator: '', arguments: { kind: 'xml' } } },
    /^chatFormat.calls.arguments.kind must be 'json' or /,
  ],
  [
    { calls: { call: { open: 'a', close: 'b' }, separator: '', arguments: null } },
    /^chatFormat.calls.arguments.kind must be .*, got null$/,
  ],
  [
    { calls: { call: { open: 'a', close: 'b' }, separator: '', arguments: { kind: 'braces' } } },
    'chatFormat.calls.arguments.quote must be a text of 1 to 4096 characters, got undefined',
  ],
  [{ takes: { system: true } }, 'chatFormat.takes.tools must be a boolean, got undefined'],
  [5, 'chatFormat must be an object, got 5'],
])('a chat format is checked in depth: %j', (chatFormat, message) => {
  expect(failure(() => loadModelSync(tinyAtlas, { chatFormat }))).toMatchObject({
    code: 'E_INVALID_ARGUMENT',
    message: typeof message === 'string' ? message : expect.stringMatching(message),
  });
});

test('the chat format that a model tells can be given back, whole or in parts', async () => {
  const found = loadModelSync(tinyAtlas);
  const { chatFormat } = found;
  found.close();
  const model = await loadModel(tinyAtlas, { chatFormat });
  expect(model.chatFormat).toEqual(chatFormat);
  model.close();
});
