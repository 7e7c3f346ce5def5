'use strict';

// What guests write text with: bytes and whole characters token by token, the end, choosing, chat templates, options as JSON. Options 1
// and 2 give what the package gives.

const fs = require('node:fs');
const { loadModelSync } = require('..');
const { createHost } = require('../dist/host');
const { createRealmImports, GuestCode } = require('../dist/wasm');
const { tinyAtlas } = require('./fixtures/places');
const { FRANCE } = require('./fixtures/guests');

const HARD = 'Tokyo (東京) 日本 😀é — \u{1F469}\u{200D}\u{1F4BB}!';
const model = loadModelSync(tinyAtlas);
let host, id, w;

/** Option 2 over a memory of 1 MB: `put` gives [pointer, length], `read` what a call wrote. */
function world(options) {
  const memory = new WebAssembly.Memory({ initial: 16 });
  const realm = createRealmImports({ memory, models: { m: tinyAtlas }, ...options });
  let next = 1024;
  const put = (value) => {
    const bytes =
      typeof value === 'string' ? Buffer.from(value) : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    const at = next;
    Buffer.from(memory.buffer).set(bytes, at);
    next = (next + bytes.length + 7) & ~7;
    return [at, value.length === undefined || typeof value === 'string' ? bytes.length : value.length];
  };
  const read = (at, length) => Buffer.from(memory.buffer, at, length).toString();
  const out = 1 << 19;
  return { realm, env: realm.env, memory, put, read, out, id: realm.env.realm_host_load_model_by_name(...put('m')) };
}

beforeEach(() => {
  host = createHost({ models: { m: tinyAtlas } });
  id = host.loadModelByName('m');
  w = world();
});
afterEach(() => {
  host.close();
  w.realm.close();
});
afterAll(() => model.close());

test('a buffer that was handed on has no bytes: a code, as with a view of it', () => {
  const gone = new ArrayBuffer(64);
  structuredClone(gone, { transfer: [gone] });
  const wrong = expect.objectContaining({ code: 'E_INVALID_ARGUMENT' });
  expect(() => host.computeLogits(id, gone)).toThrow(wrong);
  expect(host.embedTokens(id, gone)).toEqual(host.embedTokens(id, new Uint32Array(0)));
});

test('tokens one by one make whole characters: bytes, and a decoder', () => {
  const ids = model.tokenize(HARD, { addSpecial: false });
  expect(ids.length).toBeGreaterThan([...HARD].length); // characters of several tokens
  expect(Buffer.concat([...ids].map((one) => host.detokenizeBytes(id, [one]))).toString()).toBe(HARD);
  const decoder = host.createDecoder(id, []);
  const pieces = [...ids].map((one) => host.decodeNext(decoder, [one]));
  expect(pieces.join('') + host.decodeEnd(decoder)).toBe(HARD);
  for (const piece of pieces) expect(piece).not.toContain('\ufffd');

  const [after] = w.put(Uint32Array.from([]));
  const other = w.env.realm_decoder_create(w.id, after, 0, 0, 0);
  let text = '';
  for (const one of ids) {
    const [at] = w.put(Uint32Array.of(one));
    const bytes = w.env.realm_decoder_next(other, at, 1, w.out, 64);
    const piece = w.read(w.out, bytes);
    expect(piece).not.toContain('\ufffd');
    text += piece;
  }
  expect(text).toBe(HARD);
  // Half a character at the end.
  const half = host.createDecoder(id, []);
  host.decodeNext(half, ids.slice(0, [...ids].findIndex((one) => host.detokenize(id, [one]).includes('\ufffd')) + 1));
  expect(host.decodeEnd(half)).toBe('\ufffd');
  host.removeDecoder(half);
  expect(() => host.decodeEnd(half)).toThrow(`${half} is no decoder`);
  expect(w.env.realm_decoder_remove(other)).toBe(0);
  expect(w.env.realm_decoder_remove(other)).toBe(GuestCode.INVALID_ARGUMENT);
});

test('stop texts: nothing behind one, nothing held back for long, nothing lost where there was no room', () => {
  const ids = model.tokenize('One two\nUser: three', { addSpecial: false });
  const walk = (options) => {
    const decoder = host.createDecoder(id, [], options);
    let text = '';
    for (const one of ids) {
      text += host.decodeNext(decoder, [one]);
      if (host.decoderStopped(decoder)) return [text, true];
    }
    return [text + host.decodeEnd(decoder), false];
  };
  expect(walk('{"stop": ["\\nUser:"]}')).toEqual(['One two', true]);
  expect(walk('{"stop": "\\nUser:!"}')).toEqual(['One two\nUser: three', false]);
  expect(walk('{"stop": [" three", "two"]}')).toEqual(['One ', true]);
  expect(walk('')).toEqual(['One two\nUser: three', false]);
  for (const wrong of ['{"stop": [""]}', '{"stop": [1]}', '{"stops": []}', '[]', '{'])
    expect(() => host.createDecoder(id, [], wrong)).toThrow(expect.objectContaining({ code: 'E_INVALID_ARGUMENT' }));

  const decoder = w.env.realm_decoder_create(w.id, 0, 0, ...w.put('{"stop": ["User"]}'));
  const given = w.put(ids);
  expect(w.env.realm_decoder_next(decoder, ...given, w.out, 3)).toBe(GuestCode.TOO_SMALL);
  expect(w.read(w.out, w.env.realm_decoder_next(decoder, 0, 0, w.out, 100))).toBe('One two\n');
  expect(w.env.realm_decoder_stopped(decoder)).toBe(1);
  expect(w.env.realm_decoder_next(decoder, ...given, w.out, 100)).toBe(0);
});

test('where a text ends', () => {
  const { endIds, bosId } = model.info.tokenizer;
  expect(endIds.length).toBeGreaterThan(1);
  expect([...host.endTokens(id)]).toEqual(endIds);
  expect(JSON.parse(host.getModelMetadata(id)).end_token_ids).toEqual(endIds);
  const count = w.env.realm_get_end_tokens(w.id, w.out, 64);
  expect([...new Uint32Array(w.memory.buffer, w.out, count)]).toEqual(endIds);
  expect(w.env.realm_get_end_tokens(w.id, w.out, 4)).toBe(GuestCode.TOO_SMALL);
  for (const token of [...endIds, bosId, 5, 1000, 99999]) {
    expect([token, host.isEndToken(id, token)]).toEqual([token, endIds.includes(token)]);
    expect([token, w.env.realm_is_end_token(w.id, token)]).toEqual([token, Number(endIds.includes(token))]);
  }
  expect([w.env.realm_hidden_size(w.id), w.env.realm_vocab_size(w.id)]).toEqual([
    model.info.hiddenSize,
    model.info.vocabSize,
  ]);
  expect([w.env.realm_layer_count(w.id), w.env.realm_context_length(w.id)]).toEqual([
    model.info.layers,
    model.info.contextLength,
  ]);
  expect(w.env.realm_layer_count(9)).toBe(GuestCode.MODEL_NOT_FOUND);
});

test('argmax: the first of the highest', () => {
  const logits = new Float32Array(2000).fill(-3);
  [logits[17], logits[99], logits[1500]] = [1, 4.5, 4.5];
  expect(host.argmax(logits)).toBe(99);
  expect(host.argmax(Buffer.from(logits.buffer))).toBe(99);
  expect(w.env.realm_argmax(...w.put(logits))).toBe(99);
  expect(() => host.argmax([])).toThrow('there are no numbers');
  expect(w.env.realm_argmax(0, 0)).toBe(GuestCode.INVALID_ARGUMENT);
});

test.each([
  { temperature: 1, topK: 40, seed: 7 },
  { temperature: 1.5, topP: 0.9, minP: 0.01, repeatPenalty: 1.2, seed: '18446744073709551615' },
  { repeatPenalty: 1.3, dryMultiplier: 0.8 },
  { temperature: 1, mirostat: 2, seed: 3 },
])('a sampler chooses what generate does: %j', async (options) => {
  const prompt = model.tokenize(FRANCE);
  const wanted = await model.generate(FRANCE, {
    ...options,
    ...(options.seed && { seed: BigInt(options.seed) }),
    maxTokens: 24,
    ignoreEos: true,
  });
  const rows = await model.logits([...prompt, ...wanted.tokens]);
  const { vocabSize } = model.info;
  const row = (index) => rows.subarray((prompt.length - 1 + index) * vocabSize, (prompt.length + index) * vocabSize);
  const sampler = host.createSampler(id, JSON.stringify(options));
  host.acceptTokens(sampler, prompt);
  const before = row(0).slice();
  expect([...wanted.tokens].map((_, i) => host.chooseToken(sampler, row(i)))).toEqual([...wanted.tokens]);
  expect(row(0)).toEqual(before); // penalties have not changed the caller's numbers

  const other = w.env.realm_sampler_create(w.id, ...w.put(JSON.stringify(options)));
  expect(w.env.realm_sampler_accept(other, ...w.put(prompt))).toBe(0);
  const at = 1 << 18;
  const chosen = [...wanted.tokens].map((_, i) => {
    new Float32Array(w.memory.buffer, at, vocabSize).set(row(i));
    return w.env.realm_sampler_choose(other, at, vocabSize);
  });
  expect(chosen).toEqual([...wanted.tokens]);
  expect(w.env.realm_sampler_choose(other, at, 5)).toBe(GuestCode.INVALID_ARGUMENT);
  expect(w.env.realm_sampler_remove(other)).toBe(0);
  expect(w.env.realm_sampler_choose(other, at, vocabSize)).toBe(GuestCode.INVALID_ARGUMENT);
});

test('samplers: what is refused', () => {
  const code = (code) => expect.objectContaining({ code });
  expect(() => host.createSampler(id, '{"temprature": 1}')).toThrow('did you mean "temperature"?');
  expect(() => host.createSampler(id, '{"format": "json"}')).toThrow(code('E_UNSUPPORTED'));
  expect(() => host.createSampler(id, '{"logitBias": {"99999": 1}}')).toThrow(code('E_INVALID_TOKEN'));
  const sampler = host.createSampler(id);
  expect(() => host.acceptTokens(sampler, [99999])).toThrow(code('E_INVALID_TOKEN'));
  expect(() => host.acceptTokens(sampler, new Uint32Array(model.info.contextLength + 1))).toThrow(
    code('E_CONTEXT_FULL'),
  );
  expect(() => host.chooseToken(sampler, new Float32Array(3))).toThrow('3 logits');
  const wrong = new Float32Array(model.info.vocabSize).fill(NaN);
  expect(() => host.chooseToken(sampler, wrong)).toThrow(code('E_NUMERIC'));
  host.removeModel(id);
  expect(() => host.chooseToken(sampler, wrong)).toThrow(code('E_MODEL_CLOSED'));
  host.removeSampler(sampler);
});

test('conversations', () => {
  const messages = [{ role: 'user', content: 'Where is <|im_end|> Lima?' }];
  const json = JSON.stringify(messages);
  expect(host.applyChatTemplate(id, json)).toBe(model.applyChatTemplate(messages));
  expect([...host.encodeChat(id, json)]).toEqual([...model.tokenizeChat(messages)]);
  const bare = JSON.stringify({ messages, addGenerationPrompt: false });
  expect(host.applyChatTemplate(id, bare)).toBe(model.applyChatTemplate(messages, { addGenerationPrompt: false }));
  const bytes = w.env.realm_apply_chat_template(w.id, ...w.put(json), w.out, 1000);
  expect(w.read(w.out, bytes)).toBe(model.applyChatTemplate(messages));
  const count = w.env.realm_encode_chat(w.id, ...w.put(json), w.out, 1000);
  expect([...new Uint32Array(w.memory.buffer, w.out, count)]).toEqual([...model.tokenizeChat(messages)]);
  for (const wrong of ['', '{', '5', '[5]', '{"messages": 5}']) {
    expect(() => host.encodeChat(id, wrong)).toThrow(expect.objectContaining({ code: 'E_INVALID_ARGUMENT' }));
    expect(w.env.realm_encode_chat(w.id, ...w.put(wrong), w.out, 1000)).toBe(GuestCode.INVALID_ARGUMENT);
  }
});

test('generating with options as JSON: a format, stop texts, a seed', async () => {
  for (const options of [
    { maxTokens: 20 },
    { maxTokens: 20, stop: ['ris'] },
    { maxTokens: 30, temperature: 1.2, seed: 11 },
    { maxTokens: 40, format: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } },
    { format: { gbnf: 'root ::= " Par" "is" | " Rome"' } },
    { format: { regex: ' [A-Z][a-z]{2,8}' } },
  ]) {
    const { text } = await model.generate(FRANCE, options);
    const json = JSON.stringify(options);
    expect([json, host.generateWith(id, FRANCE, json)]).toEqual([json, text]);
    const bytes = w.env.realm_generate(w.id, ...w.put(FRANCE), ...w.put(json), w.out, 4096);
    expect([json, w.realm.lastError, w.read(w.out, bytes)]).toEqual([json, '', text]);
  }
  for (const wrong of [
    '{"priority": "high"}',
    '{"timeout": 5}',
    '{"maxTokens": 0}',
    '{"format": {"gbnf": "x"}}',
    '[]',
  ]) {
    expect(() => host.generateWith(id, FRANCE, wrong)).toThrow(expect.objectContaining({ code: 'E_INVALID_ARGUMENT' }));
    expect(w.env.realm_generate(w.id, ...w.put(FRANCE), ...w.put(wrong), w.out, 4096)).toBe(GuestCode.INVALID_ARGUMENT);
  }
  expect(w.env.realm_generate(w.id, ...w.put(FRANCE), 0, 0, w.out, 3)).toBe(GuestCode.TOO_SMALL);
});

test('a guest is told no path of the host; the host is', () => {
  const secret = '/srv/secret/models/hidden-model.gguf';
  const errors = [];
  const bad = createHost({ models: { bad: secret, no: __filename }, onError: (...error) => errors.push(error) });
  for (const [name, code] of [
    ['bad', 'E_IO'],
    ['no', 'E_NOT_GGUF'],
  ]) {
    let caught;
    try {
      bad.loadModelByName(name);
    } catch (error) {
      caught = error;
    }
    expect([caught.code, caught.message]).toEqual([code, `the model "${name}" cannot be opened (${code})`]);
    expect(caught.cause).toBeUndefined();
    expect(errors.at(-1)[1].message).toContain(name === 'bad' ? secret : 'guestText.test.js');
  }
  bad.close();
  const told = [];
  const other = world({ models: { bad: secret }, onError: (...error) => told.push(error) });
  expect(other.id).toBe(GuestCode.MODEL_NOT_FOUND);
  const bytes = other.env.realm_host_load_model_by_name(...other.put('bad'));
  expect(bytes).toBe(GuestCode.RUNTIME);
  const why = other.read(other.out, other.env.realm_last_error(other.out, 1000));
  expect(why).toBe('realm_host_load_model_by_name: the model "bad" cannot be opened (E_IO)');
  expect(told.at(-1)[2]).toContain(secret);
  other.realm.close();
  expect(fs.existsSync(secret)).toBe(false);
});
