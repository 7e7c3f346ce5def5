'use strict';

// What one guest may use, tried by guests that want more: the code LIMIT (E_LIMIT), and the host's memory stays where it is.

const fs = require('node:fs');
const { createHost } = require('../dist/host');
const { createRealmImports, runGuest, GuestCode } = require('../dist/wasm');
const { createNnImports, NnErrno } = require('../dist/wasi-nn');
const { loadModelSync } = require('..');
const { Quota } = require('../dist/portable/guest/quota');
const { tinyAtlas } = require('./fixtures/places');
const { FRANCE, wasmOf } = require('./fixtures/guests');

const models = { m: tinyAtlas };
const { hiddenSize, layers, kvHeadCount, headSize, contextLength, tokenizer } = loadModelSync(tinyAtlas, {
  vocabOnly: true,
}).info;
const plain = loadModelSync(tinyAtlas);
afterAll(() => plain.close());
const LIMIT = expect.objectContaining({ code: 'E_LIMIT' });
/** Of one layer: keys and values, 64 positions, 16 bits. */
const PAGE = 2 * 64 * kvHeadCount * headSize * 2;

function world(options) {
  const memory = new WebAssembly.Memory({ initial: 64 });
  const realm = createRealmImports({ memory, models, ...options });
  const put = (at, value) => {
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    Buffer.from(memory.buffer).set(bytes, at);
    return [at, bytes.length];
  };
  return { realm, env: realm.env, memory, put };
}

test('models: 3000 ids of one content are one, of own ids as many as there may be', () => {
  const bytes = fs.readFileSync(tinyAtlas);
  const { env, realm, put } = world({ mayStore: true, limits: { models: 5 } });
  const given = put(0, bytes);
  const codes = Array.from({ length: 3000 }, (_, i) => (i < 20 ? env.realm_store_model(...given, i + 1) : 0));
  expect(codes.slice(0, 7)).toEqual([1, 2, 3, 4, 5, GuestCode.LIMIT, GuestCode.LIMIT]);
  expect(realm.lastError).toBe('realm_store_model: the guest has used up its quota: 5 models at once');
  expect(env.realm_store_model(...given, 0)).toBe(1);
  expect(env.realm_remove_model(3)).toBe(0);
  expect(env.realm_store_model(...given, 30)).toBe(30);
  realm.close();
  const host = createHost({ models, limits: { models: 2 } });
  const id = host.loadModelByName('m');
  host.loadModelByName('m');
  expect(() => host.loadModelByName('m')).toThrow(LIMIT);
  host.removeModel(id);
  host.loadModelByName('m');
  host.close();
  // Without a word there is a limit, too.
  const open = createHost({ models });
  expect(() => {
    for (let i = 0; i < 100; i++) open.loadModelByName('m');
  }).toThrow('64 models at once');
  open.close();
});

test('bytes of caches, counted by pages, and given back', () => {
  const host = createHost({ models, limits: { cacheBytes: 3 * layers * PAGE } });
  const [a, b] = [host.loadModelByName('m'), host.loadModelByName('m')];
  const rows = new Float32Array(64 * hiddenSize);
  host.forwardLayers(a, 0, layers, rows, 0);
  host.forwardLayers(a, 0, layers, rows, 64);
  host.forwardLayers(b, 0, layers, rows, 0);
  expect(() => host.forwardLayer(b, 0, rows, 64)).toThrow('bytes of caches');
  host.resetSession(a);
  host.forwardLayers(b, 0, layers, rows, 64);
  expect(() => host.generateWith(b, FRANCE, '{"maxTokens": 400, "ignoreEos": true}')).toThrow(LIMIT);
  host.removeModel(a);
  host.resetSession(b);
  expect(host.generate(b, FRANCE, 20)).toBe(' Paris.');
  host.close();
  // A generation's grow in pages, too.
  const small = createHost({ models, limits: { cacheBytes: layers * PAGE - 1 } });
  const other = small.loadModelByName('m');
  expect(() => small.generate(other, FRANCE, 1)).toThrow('bytes of caches');
  expect(() => small.forwardLayers(other, 0, layers, rows, 0)).toThrow('bytes of caches');
  small.close();
  const { env, realm, put } = world({ limits: { cacheBytes: layers * PAGE } });
  const id = env.realm_host_load_model_by_name(...put(0, 'm'));
  expect(env.realm_forward_layers(id, 0, layers, 1024, 64 * hiddenSize, 0, 1024)).toBe(64 * hiddenSize * 4);
  expect(env.realm_forward_layer(id, layers - 1, 1024, hiddenSize, 64, 1024)).toBe(GuestCode.LIMIT);
  expect(env.realm_forward_layer(id, layers - 1, 1024, hiddenSize, 63, 1024)).toBe(hiddenSize * 4);
  realm.close();
});

test('tokens: those of passes and those of generations', () => {
  const host = createHost({ models, limits: { tokens: 40 } });
  const id = host.loadModelByName('m');
  host.forwardLayers(id, 0, layers, new Float32Array(20 * hiddenSize), 0);
  host.resetSession(id);
  expect(host.generate(id, FRANCE, 20)).toBe(' Paris.'); // 6 of the prompt, 4 generated
  expect(() => host.forwardLayers(id, 0, layers, new Float32Array(11 * hiddenSize), 0)).toThrow('40 tokens');
  // What is left is generated, and the guest is told that it was cut.
  const texts = [];
  host.configure({ onToken: (text) => void texts.push(text) });
  expect(() => host.generateWith(id, FRANCE, '{"ignoreEos": true}')).toThrow(LIMIT);
  expect(texts.length).toBeGreaterThan(0);
  expect(() => host.generate(id, FRANCE, 1)).toThrow(LIMIT);
  host.configure({ limits: { tokens: 1000 } });
  expect(host.generate(id, FRANCE, 20)).toBe(' Paris.');
  host.close();
});

test('calls, and milliseconds', () => {
  const { env, realm } = world({ limits: { calls: 3 } });
  expect([1, 2, 3, 4, 5].map(() => env.realm_argmax(0, 4))).toEqual([0, 0, 0, GuestCode.LIMIT, GuestCode.LIMIT]);
  expect(realm.lastError).toBe('realm_argmax: the guest has used up its quota: 3 calls');
  realm.close();
  const host = createHost({ models, limits: { milliseconds: 30 } });
  const id = host.loadModelByName('m');
  // Whatever this machine computes in that time: it ends, with the limit's code.
  expect(() => {
    for (;;) host.generateWith(id, FRANCE, JSON.stringify({ maxTokens: contextLength - 6, ignoreEos: true }));
  }).toThrow(expect.objectContaining({ code: expect.stringMatching(/^E_(LIMIT|TIMEOUT)$/) }));
  host.close();
});

test('samplers and decoders at once', () => {
  const host = createHost({ models });
  const id = host.loadModelByName('m');
  const make = () => Array.from({ length: 65 }, () => host.createDecoder(id, []));
  expect(make).toThrow('at most 64 decoders at once');
  expect(() => Array.from({ length: 65 }, () => host.createSampler(id))).toThrow('at most 64 samplers at once');
  host.close();
});

test('wasi-nn: too_large', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const nn = createNnImports({ memory, models, limits: { models: 1, tokens: 8 } });
  const api = nn.wasi_ephemeral_nn;
  const put = (at, text) => [at, Buffer.from(memory.buffer).write(text, at)];
  expect(api.load_by_name(...put(0, 'm'), 64)).toBe(0);
  expect(api.load_by_name(...put(0, 'm'), 68)).toBe(NnErrno.TOO_LARGE);
  const graph = new DataView(memory.buffer).getUint32(64, true);
  expect(api.init_execution_context(graph, 68)).toBe(0);
  const [at, length] = put(1024, FRANCE);
  new Uint32Array(memory.buffer, 128, 5).set([0, 0, 2, at, length]);
  expect(api.set_input(1, 0, 128)).toBe(0);
  expect(api.compute(1)).toBe(NnErrno.TOO_LARGE);
  expect(nn.lastError).toMatch('quota');
  nn.close();
});

test('close() is for good', () => {
  const { env, realm, put } = world({ mayStore: true });
  const id = env.realm_host_load_model_by_name(...put(0, 'm'));
  const sampler = env.realm_sampler_create(id, 0, 0);
  const decoder = env.realm_decoder_create(id, 0, 0, 0, 0);
  realm.close();
  expect(env.realm_hidden_size(id)).toBe(GuestCode.MODEL_NOT_FOUND);
  expect(env.realm_host_load_model_by_name(...put(0, 'm'))).toBe(GuestCode.MODEL_NOT_FOUND);
  expect(env.realm_store_model(...put(0, fs.readFileSync(tinyAtlas)), 0)).toBe(GuestCode.MODEL_NOT_FOUND);
  expect(env.realm_sampler_remove(sampler)).toBe(GuestCode.INVALID_ARGUMENT);
  expect(env.realm_decoder_stopped(decoder)).toBe(GuestCode.INVALID_ARGUMENT);
  realm.close();
});

test('storing is for guests that may', () => {
  const host = createHost();
  expect(() => host.storeModel(fs.readFileSync(tinyAtlas))).toThrow(expect.objectContaining({ code: 'E_UNSUPPORTED' }));
  host.close();
  const { env, realm, put } = world();
  expect(env.realm_store_model(...put(0, 'GGUF'), 0)).toBe(GuestCode.UNSUPPORTED);
  realm.close();
});

test.each([
  [{ modls: 1 }, 'limits has no modls; did you mean models?'],
  [{ calls: -1 }, 'limits.calls must be a number of at least 0, got -1'],
  [{ tokens: '5' }, 'limits.tokens must be a number of at least 0, got 5'],
])('limits that cannot be: %j', async (limits, message) => {
  const error = expect.objectContaining({ code: 'E_INVALID_ARGUMENT', message });
  expect(() => createHost({ limits })).toThrow(error);
  expect(() => createRealmImports({ limits })).toThrow(error);
  expect(() => createNnImports({ limits })).toThrow(error);
  await expect(runGuest(wasmOf('c/paris.wasm'), { limits })).rejects.toEqual(error);
});

test('runGuest: quotas reach the worker; a run that takes too long is ended', async () => {
  const run = (limits, most = 20) => runGuest(wasmOf('c/paris.wasm'), { models, limits, args: ['m', FRANCE, most] });
  expect((await run({ tokens: 3 })).result).toBe(GuestCode.LIMIT);
  expect((await run({ tokens: tokenizer ? 1000 : 0 })).text).toBe(' Paris.');
  const deaf = new Uint8Array([
    ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 7, 1, 3, 114, 117, 110, 0, 0], // (func (export "run")
    ...[10, 9, 1, 7, 0, 3, 64, 12, 0, 11, 11], // (loop (br 0)))
  ]);
  await expect(runGuest(deaf, { limits: { milliseconds: 100 } })).rejects.toMatchObject({ code: 'E_TIMEOUT' });
});

test('tokens used up: nothing is prepared any more, nor where too few are left for the format', () => {
  const WRONG = '{"format": {"gbnf": "this is no grammar"}}';
  const long = JSON.stringify({ maxTokens: 100, format: { regex: '[a-z]{60,80}' } });
  const host = createHost({ models, limits: { tokens: 12 } });
  const id = host.loadModelByName('m');
  expect(() => host.generateWith(id, FRANCE, WRONG)).toThrow(expect.objectContaining({ code: 'E_INVALID_ARGUMENT' }));
  host.configure({ limits: { tokens: 24 } });
  expect(() => host.generateWith(id, FRANCE, long)).toThrow(LIMIT);
  host.configure({ limits: { tokens: 0 } });
  expect(() => host.generateWith(id, FRANCE, WRONG)).toThrow(LIMIT);
  expect(() => host.generateWith(id, FRANCE, 'this is no JSON')).toThrow(LIMIT);
  host.close();
  const { env, realm, put } = world({ limits: { tokens: 0 } });
  const model = env.realm_host_load_model_by_name(...put(0, 'm'));
  expect(env.realm_generate(model, ...put(0, FRANCE), ...put(100, WRONG), 1024, 100)).toBe(GuestCode.LIMIT);
  expect(env.realm_host_generate(model, ...put(0, FRANCE), 0, 1024, 0)).toBe(GuestCode.LIMIT);
  realm.close();
});

test('a text with a format is the same up to the last token of the quota, never one that was closed early', () => {
  const format = { type: 'object', properties: { city: { type: 'string', maxLength: 60 } }, required: ['city'] };
  const json = JSON.stringify({ maxTokens: 60, format: { ...format, additionalProperties: false } });
  const run = (tokens) => {
    const host = createHost({ models, limits: { tokens } });
    try {
      return host.generateWith(host.loadModelByName('m'), FRANCE, json);
    } catch (error) {
      return error.code;
    } finally {
      host.close();
    }
  };
  const { text, usage } = plain.generateSync(FRANCE, JSON.parse(json));
  const all = usage.promptTokens + usage.generatedTokens;
  expect([run(all - 1), run(all), run(all + 1), run(1e9)]).toEqual(['E_LIMIT', text, text, text]);
});

test('tokens without text count, also where the generation fails', () => {
  // 20 tokens of which the text waits: they may begin the stop text, which then does not come.
  const options = { maxTokens: 20, logitBias: { 0: -1e9, 1: -1e9, 2: -1e9 } };
  const { text, tokens } = plain.generateSync(FRANCE, options);
  expect(tokens).toHaveLength(20);
  const { env, realm, put } = world({ limits: { tokens: 60 } });
  const id = env.realm_host_load_model_by_name(...put(0, 'm'));
  const json = JSON.stringify({ ...options, stop: `${text}!!` });
  const ask = () => env.realm_generate(id, ...put(0, FRANCE), ...put(100, json), 1024, 1);
  expect([1, 2, 3, 4, 5].map(ask)).toEqual([
    ...[GuestCode.TOO_SMALL, GuestCode.TOO_SMALL],
    ...[GuestCode.LIMIT, GuestCode.LIMIT, GuestCode.LIMIT],
  ]);
  realm.close();
});

test('a context that is full is no quota that is used up', () => {
  const prompt = 'the '.repeat(480);
  const wanted = plain.generateSync(prompt, { maxTokens: 500, ignoreEos: true });
  expect(wanted.finishReason).toBe('length');
  const host = createHost({ models, limits: { tokens: 700 } });
  const id = host.loadModelByName('m');
  expect(host.generateWith(id, prompt, '{"maxTokens": 500, "ignoreEos": true}')).toBe(wanted.text);
  host.close();
});

test('layer by layer every token is one, however many layers there are', () => {
  for (const layers of [3, 7, 30, 49]) {
    const info = { layers, hiddenSize: 4, contextLength: 1e9, headCount: 1, kvHeadCount: 1 };
    const [one, other] = [{ info }, { info }];
    const quota = new Quota({ tokens: 2000, cacheBytes: Infinity });
    let [passes, refused] = [0, false];
    const pass = (model) => {
      for (let layer = 0; layer < layers; layer++) quota.forward(model, 1, 4, passes, () => {});
      passes++;
    };
    while (!refused) {
      try {
        pass(passes % 2 ? one : other);
      } catch (error) {
        expect(error.message).toContain('2000 tokens');
        refused = true;
      }
    }
    expect([layers, passes]).toEqual([layers, 2000]);
  }
  // What was begun and left is one, too.
  const info = { layers: 10, hiddenSize: 4, contextLength: 1e9, headCount: 1, kvHeadCount: 1 };
  const quota = new Quota({ tokens: 3 });
  for (let i = 0; i < 3; i++) {
    const model = { info };
    quota.addModel();
    quota.forward(model, 9, 4, 0, () => {});
    quota.removeModel(model);
  }
  expect(() => quota.forward({ info }, 1, 4, 0, () => {})).toThrow('3 tokens');
});

test('caches: what was reserved counts until it is given back, a page with all of its layers', () => {
  const host = createHost({ models, limits: { cacheBytes: 3 * layers * PAGE } });
  const [a, b] = [host.loadModelByName('m'), host.loadModelByName('m')];
  const rows = new Float32Array(64 * hiddenSize);
  host.forwardLayers(a, 0, layers, rows, 0);
  host.forwardLayers(a, 0, layers, rows, 64);
  host.forwardLayers(a, 0, layers, rows.subarray(0, hiddenSize), 0); // cut to one position: the pages stay
  host.forwardLayer(b, 0, rows, 0);
  expect(() => host.forwardLayer(b, 0, rows, 64)).toThrow('bytes of caches');
  host.forwardLayers(a, 0, layers, rows, 0);
  host.resetSession(a);
  host.forwardLayer(b, 0, rows, 64);
  host.close();
});

test('a pass that is refused costs nothing', () => {
  const host = createHost({ models, limits: { tokens: 2, cacheBytes: 6 * layers * PAGE } });
  const [a, b] = [host.loadModelByName('m'), host.loadModelByName('m')];
  const row = new Float32Array(hiddenSize);
  for (let i = 0; i < 20; i++) expect(() => host.forwardLayer(a, 0, row, 300)).toThrow('leaves a gap');
  for (let i = 0; i < 20; i++) expect(() => host.forwardLayer(a, layers, row, 0)).toThrow();
  for (const model of [a, b]) for (let layer = 0; layer < layers; layer++) host.forwardLayer(model, layer, row, 0);
  expect(() => host.forwardLayer(b, 0, row, 1)).toThrow('2 tokens');
  host.close();
  const { env, realm, put } = world({ limits: { tokens: 1 } });
  const id = env.realm_host_load_model_by_name(...put(0, 'm'));
  for (let i = 0; i < 20; i++)
    expect(env.realm_forward_layer(id, 0, 1024, hiddenSize, 300, 1024)).toBe(GuestCode.INVALID_ARGUMENT);
  expect(env.realm_forward_layers(id, 0, layers, 1024, hiddenSize, 0, 1024)).toBe(hiddenSize * 4);
  expect(env.realm_forward_layer(id, 0, 1024, hiddenSize, 1, 1024)).toBe(GuestCode.LIMIT);
  realm.close();
});

/** (loop (br_if 0 (i32.eqz (local.tee 0 (call $realm_stream_token (i32.const 0) (i32.const bytes)))))) (local.get 0) */
function flood(bytes) {
  const text = (name) => [name.length, ...Buffer.from(name)];
  const section = (id, ...content) => [id, content.length, ...content];
  const number = [(bytes & 127) | 128, ((bytes >> 7) & 127) | 128, bytes >> 14];
  const body = [1, 1, 0x7f, 3, 64, 65, 0, 65, ...number, 16, 0, 34, 0, 69, 13, 0, 11, 32, 0, 11];
  return Uint8Array.from([
    ...[0, 97, 115, 109, 1, 0, 0, 0],
    ...section(1, 2, 0x60, 2, 0x7f, 0x7f, 1, 0x7f, 0x60, 0, 1, 0x7f),
    ...section(2, 1, ...text('env'), ...text('realm_stream_token'), 0, 0),
    ...section(3, 1, 1),
    ...section(5, 1, 0, 2),
    ...section(7, 2, ...text('memory'), 2, 0, ...text('run'), 0, 1),
    ...section(10, 1, body.length, ...body),
  ]);
}

test('a guest that streams without end: the text has a limit, and comes no faster than it is read', async () => {
  const whole = await runGuest(flood(65536));
  expect([whole.result, whole.text.length]).toEqual([GuestCode.LIMIT, 2 ** 26]);
  const pieces = [];
  const small = await runGuest(flood(1), { limits: { textBytes: 5000 }, onToken: (text) => void pieces.push(text) });
  expect([small.result, small.text.length, pieces.length]).toEqual([GuestCode.LIMIT, 5000, 5000]);
  expect(small.lastError).toBe('realm_stream_token: the guest has used up its quota: 5000 bytes of text');
  const host = createHost({ models, limits: { textBytes: 3 } });
  expect([host.streamToken('é'), host.streamToken('a')]).toEqual([0, 0]);
  expect(() => host.streamToken('b')).toThrow(LIMIT);
  expect(() => host.generate(host.loadModelByName('m'), FRANCE, 20)).toThrow(LIMIT);
  host.close();
});

test('a decoder whose text nobody takes, and options without end', () => {
  const { env, realm, put, memory } = world();
  const id = env.realm_host_load_model_by_name(...put(0, 'm'));
  const decoder = env.realm_decoder_create(id, 0, 0, 0, 0);
  const [token] = plain.tokenize('the the', { addSpecial: false });
  new Uint32Array(memory.buffer, 1024, 500_000).fill(token);
  const codes = Array.from({ length: 6 }, () => env.realm_decoder_next(decoder, 1024, 500_000, 0, 0));
  expect(codes[0]).toBe(GuestCode.TOO_SMALL);
  expect(codes.at(-1)).toBe(GuestCode.LIMIT);
  realm.close();
  const host = createHost({ models });
  const model = host.loadModelByName('m');
  const long = JSON.stringify({ stop: ['x'.repeat(2 ** 22)] });
  for (const call of [
    () => host.createDecoder(model, [], long),
    () => host.createSampler(model, JSON.stringify({ drySequenceBreakers: ['x'.repeat(2 ** 22)] })),
    () => host.generateWith(model, FRANCE, long),
    () => host.chat(model, JSON.stringify([{ role: 'user', content: 'x'.repeat(2 ** 24) }])),
    () => host.encodeChat(model, JSON.stringify([{ role: 'user', content: 'x'.repeat(2 ** 24) }])),
  ])
    expect(call).toThrow(LIMIT);
  host.close();
});

test('wasi-nn: contexts and prompts have a limit; beside the imports of Option 2 the quota is one', async () => {
  const memory = new WebAssembly.Memory({ initial: 300 });
  const nn = createNnImports({ memory, models });
  const api = nn.wasi_ephemeral_nn;
  const put = (at, text) => [at, Buffer.from(memory.buffer).write(text, at)];
  expect(api.load_by_name(...put(0, 'm'), 64)).toBe(0);
  const graph = new DataView(memory.buffer).getUint32(64, true);
  const made = Array.from({ length: 65 }, () => api.init_execution_context(graph, 68));
  expect(made).toEqual([...Array(64).fill(0), NnErrno.TOO_LARGE]);
  new Uint8Array(memory.buffer, 4096, 2 ** 24).fill(65);
  new Uint32Array(memory.buffer, 128, 5).set([0, 0, 2, 4096, 2 ** 24]);
  expect([1, 2, 3, 1].map((id) => api.set_input(id, 0, 128))).toEqual([0, 0, NnErrno.TOO_LARGE, 0]);
  expect(api.set_input(3, 1, 128)).toBe(NnErrno.TOO_LARGE);
  expect(api.load_by_name_with_config(...put(0, 'm'), 4096, 2 ** 24, 64)).toBe(NnErrno.TOO_LARGE);
  expect(api.finalize_execution_context(1)).toBe(0);
  expect(api.init_execution_context(graph, 68)).toBe(0);
  expect(api.set_input(3, 0, 128)).toBe(0);
  nn.close();
  // Two calls of wasi-nn that fail beside one of Option 2 that does.
  const text = (name) => [name.length, ...Buffer.from(name)];
  const section = (id, ...content) => [id, content.length, ...content];
  const both = Uint8Array.from([
    ...[0, 97, 115, 109, 1, 0, 0, 0],
    ...section(1, 2, 0x60, 1, 0x7f, 1, 0x7f, 0x60, 0, 1, 0x7f),
    ...section(
      ...[2, 2, ...text('wasi_ephemeral_nn'), ...text('compute'), 0, 0],
      ...[...text('env'), ...text('realm_hidden_size'), 0, 0],
    ),
    ...section(3, 1, 1),
    ...section(5, 1, 0, 1),
    ...section(7, 2, ...text('memory'), 2, 0, ...text('run'), 0, 2),
    // compute(9); compute(9); realm_hidden_size(9)
    ...section(10, 1, 16, 0, 65, 9, 16, 0, 26, 65, 9, 16, 0, 26, 65, 9, 16, 1, 11),
  ]);
  const run = async (calls) => (await runGuest(both, { nn: true, limits: { calls } })).result;
  expect([await run(2), await run(3)]).toEqual([GuestCode.LIMIT, GuestCode.MODEL_NOT_FOUND]);
});
