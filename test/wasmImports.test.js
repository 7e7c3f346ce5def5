'use strict';

// Option 2's imports with everything a guest can hand over: the documented code, never an exception, nothing outside the
// ranges given. docs/option-2.md has the table.

const fs = require('node:fs');
const { createRealmImports, GuestCode } = require('../dist/wasm');
const { loadModelSync, storeModel, removeModel, forwardLayer, embedTokens } = require('..');
const { binding } = require('../dist/engine/binding');
const { tinyAtlas } = require('./fixtures/places');
const { choices } = require('./fixtures/randomCalls');

const PAGE = 65536;
const SIZE = 4 * PAGE;
const { layers, hiddenSize, vocabSize, contextLength } = loadModelSync(tinyAtlas, { vocabOnly: true }).info;

/** Imports over a memory of 256 KB; `put` writes at a place and returns [pointer, length]. */
function world(options = {}, memory = new WebAssembly.Memory({ initial: 4, maximum: 64 })) {
  const errors = [];
  const realm = createRealmImports({
    memory,
    models: { atlas: tinyAtlas },
    onError: (...error) => errors.push(error),
    ...options,
  });
  const put = (at, value) => {
    const bytes =
      typeof value === 'string' ? Buffer.from(value) : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    new Uint8Array(memory.buffer, at, bytes.length).set(bytes);
    return [at, bytes.length];
  };
  return {
    memory,
    realm,
    env: realm.env,
    put,
    errors,
    id: realm.env.realm_host_load_model_by_name(...put(0, 'atlas')),
  };
}

let w;
beforeEach(() => (w = world()));
afterEach(() => w.realm.close());

test('ids are small and positive; a name gives the same id again; only allowed names', () => {
  expect(w.id).toBe(1);
  expect(w.env.realm_host_load_model_by_name(...w.put(0, 'atlas'))).toBe(1);
  for (const name of ['other', '', '../models/tiny-atlas-q4_k_m.gguf', tinyAtlas, 'constructor', '__proto__'])
    expect(w.env.realm_host_load_model_by_name(...w.put(0, name))).toBe(GuestCode.MODEL_NOT_FOUND);
  expect(w.env.realm_host_load_model_by_name(...w.put(0, Uint8Array.of(0xff, 0xfe)))).toBe(GuestCode.BAD_UTF8);
  expect(w.env.realm_remove_model(1)).toBe(0);
  expect(w.env.realm_remove_model(1)).toBe(GuestCode.MODEL_NOT_FOUND);
  expect(w.env.realm_host_load_model_by_name(...w.put(0, 'atlas'))).toBe(2);
});

test('info and metadata', () => {
  const view = () => new DataView(w.memory.buffer);
  expect(w.env.realm_get_model_info(1, 16, 24)).toBe(0);
  expect([view().getUint32(16, true), view().getBigUint64(24, true)]).toEqual([38, 2219520n]);
  expect(w.env.realm_get_model_info(1, 17, 24)).toBe(GuestCode.INVALID_ARGUMENT);
  expect(w.env.realm_get_model_info(1, 16, SIZE)).toBe(GuestCode.OUT_OF_BOUNDS);
  expect(w.env.realm_get_model_info(9, 16, 24)).toBe(GuestCode.MODEL_NOT_FOUND);
  const bytes = w.env.realm_get_model_metadata(1, 64, 4096);
  const json = JSON.parse(Buffer.from(w.memory.buffer, 64, bytes).toString());
  expect(json).toMatchObject({
    config: {
      vocab_size: vocabSize,
      hidden_size: hiddenSize,
      num_layers: layers,
      max_seq_len: contextLength,
      rope_theta: expect.any(Number),
      rms_norm_eps: expect.any(Number),
    },
    has_tokenizer: true,
  });
  expect(w.env.realm_get_model_metadata(1, 64, bytes - 1)).toBe(GuestCode.TOO_SMALL);
  expect(w.env.realm_get_model_metadata(1, SIZE - 8, 9)).toBe(GuestCode.OUT_OF_BOUNDS);
});

test('tensors', () => {
  const name = w.put(0, 'output_norm.weight');
  expect(w.env.realm_get_tensor(1, ...name, 64, hiddenSize * 4)).toBe(hiddenSize * 4);
  // Without unpacking it: that may be gigabytes.
  const read = jest.spyOn(binding, 'getTensor');
  expect(w.env.realm_get_tensor(1, ...name, 64, hiddenSize * 4 - 1)).toBe(GuestCode.TOO_SMALL);
  expect(read).not.toHaveBeenCalled();
  read.mockRestore();
  expect(w.env.realm_get_tensor(1, ...name, 66, hiddenSize * 4)).toBe(GuestCode.INVALID_ARGUMENT);
  expect(w.env.realm_get_tensor(1, ...w.put(0, 'nothing'), 64, 4)).toBe(GuestCode.NOT_FOUND);
});

test('computing: what it gives, and what it refuses', () => {
  const ids = Uint32Array.of(1, 2, 3);
  w.put(0, ids);
  const out = 1024;
  const row = hiddenSize * 4;
  expect(w.env.realm_embed_tokens(1, 0, 3, out)).toBe(3 * row);
  const stored = storeModel(tinyAtlas);
  const expected = embedTokens(stored, ids);
  expect(Buffer.from(w.memory.buffer, out, 3 * row).equals(Buffer.from(expected))).toBe(true);
  expect(w.env.realm_forward_layer(1, 0, out, 3 * hiddenSize, 0, out)).toBe(3 * row);
  expect(Buffer.from(w.memory.buffer, out, 3 * row).equals(Buffer.from(forwardLayer(stored, 0, expected, 0)))).toBe(
    true,
  );
  removeModel(stored);
  expect(w.env.realm_compute_logits(1, out, hiddenSize, 2 * PAGE)).toBe(vocabSize * 4);

  const { INVALID_ARGUMENT, OUT_OF_BOUNDS, NOT_FOUND, CONTEXT_FULL, MODEL_NOT_FOUND } = GuestCode;
  w.put(0, Uint32Array.of(vocabSize));
  expect(w.env.realm_embed_tokens(1, 0, 1, out)).toBe(INVALID_ARGUMENT);
  expect(w.errors.at(-1)[2]).toContain(`token ${vocabSize}`);
  expect(w.env.realm_embed_tokens(1, 1, 1, out)).toBe(INVALID_ARGUMENT);
  expect(w.env.realm_embed_tokens(1, 0, 1, out + 2)).toBe(INVALID_ARGUMENT);
  expect(w.env.realm_embed_tokens(1, 0, 1, SIZE - row + 4)).toBe(OUT_OF_BOUNDS);
  expect(w.env.realm_embed_tokens(1, 0, -1, out)).toBe(OUT_OF_BOUNDS);
  expect(w.env.realm_embed_tokens(1, -4, 1, out)).toBe(OUT_OF_BOUNDS);
  expect(w.env.realm_forward_layer(1, layers, out, hiddenSize, 0, out)).toBe(NOT_FOUND);
  expect(w.env.realm_forward_layer(1, 0, out, hiddenSize - 1, 0, out)).toBe(INVALID_ARGUMENT);
  expect(w.env.realm_forward_layer(1, 0, out, hiddenSize, 4, out)).toBe(INVALID_ARGUMENT);
  expect(w.errors.at(-1)[2]).toContain('leaves a gap');
  expect(w.env.realm_forward_layer(1, 0, out, 0x7fffffff, 0, out)).toBe(OUT_OF_BOUNDS);
  expect(w.env.realm_forward_layer(7, 0, out, hiddenSize, 0, out)).toBe(MODEL_NOT_FOUND);
  expect(w.env.realm_compute_logits(1, out, hiddenSize - 1, 2 * PAGE)).toBe(INVALID_ARGUMENT);
  expect(w.env.realm_compute_logits(1, out, hiddenSize, SIZE - 4)).toBe(OUT_OF_BOUNDS);
  expect(w.env.realm_session_reset(1)).toBe(0);
  // Several layers in one call are as many calls; and none but whole ones.
  w.put(0, ids);
  w.env.realm_embed_tokens(1, 0, 3, out);
  expect(w.env.realm_forward_layers(1, 0, layers, out, 3 * hiddenSize, 0, 3 * PAGE)).toBe(3 * row);
  for (let layer = 0; layer < layers; layer++) w.env.realm_forward_layer(1, layer, out, 3 * hiddenSize, 0, out);
  const whole = Buffer.from(w.memory.buffer, 3 * PAGE, 3 * row);
  expect(Buffer.from(w.memory.buffer, out, 3 * row).equals(whole)).toBe(true);
  expect(w.env.realm_forward_layers(1, 0, 0, out, hiddenSize, 0, out)).toBe(NOT_FOUND);
  expect(w.env.realm_forward_layers(1, 1, layers, out, hiddenSize, 0, out)).toBe(NOT_FOUND);
  expect(w.env.realm_forward_layers(1, -1, 2, out, hiddenSize, 0, out)).toBe(NOT_FOUND);
  expect(w.env.realm_forward_layers(1, 0, -1, out, hiddenSize, 0, out)).toBe(NOT_FOUND);
  expect(w.env.realm_session_reset(1)).toBe(0);
  expect(w.env.realm_forward_layer(1, 0, out, hiddenSize, 1, out)).toBe(INVALID_ARGUMENT);
  for (let position = 0; position < contextLength; position += 64)
    w.env.realm_forward_layer(1, 0, 0, 64 * hiddenSize, position, 0);
  expect(w.env.realm_forward_layer(1, 0, out, hiddenSize, contextLength, out)).toBe(CONTEXT_FULL);
});

test('texts and tokens', () => {
  const text = w.put(0, 'The capital of France is');
  const count = w.env.realm_encode_tokens(1, ...text, 1024, 4096);
  expect([...new Uint32Array(w.memory.buffer, 1024, count)]).toEqual([
    ...loadModelSync(tinyAtlas, { vocabOnly: true }).tokenize('The capital of France is'),
  ]);
  expect(w.env.realm_encode_tokens(1, ...text, 1024, count * 4 - 1)).toBe(GuestCode.TOO_SMALL);
  expect(w.env.realm_encode_tokens(1, ...text, 1025, 4096)).toBe(GuestCode.INVALID_ARGUMENT);
  const bytes = w.env.realm_decode_tokens(1, 1024, count, 8192, 100);
  expect(Buffer.from(w.memory.buffer, 8192, bytes).toString()).toBe('The capital of France is');
  expect(w.env.realm_decode_tokens(1, 1024, count, 8192, bytes - 1)).toBe(GuestCode.TOO_SMALL);
  expect(w.env.realm_decode_tokens(1, 1026, 1, 8192, 100)).toBe(GuestCode.INVALID_ARGUMENT);
});

test('streaming: whole characters, a wish to stop, a host that fails', () => {
  const pieces = [];
  let answer = true;
  const { env, put, realm, errors } = world({
    onToken(text) {
      pieces.push(text);
      if (answer === 'throw') throw new Error('no file /srv/secret');
      return answer;
    },
  });
  const euro = Buffer.from('a€b');
  expect(env.realm_stream_token(...put(0, euro.subarray(0, 2)))).toBe(0);
  expect(env.realm_stream_token(...put(0, euro.subarray(2, 3)))).toBe(0);
  expect(env.realm_stream_token(...put(0, euro.subarray(3)))).toBe(0);
  expect(pieces).toEqual(['a', '€b']);
  expect(env.realm_stream_token(...put(0, Uint8Array.of(0xff)))).toBe(GuestCode.BAD_UTF8);
  answer = false;
  expect(env.realm_stream_token(...put(0, 'x'))).toBe(1);
  answer = 'throw';
  expect(env.realm_stream_token(...put(0, 'x'))).toBe(GuestCode.RUNTIME);
  expect(errors.at(-1)).toEqual(['realm_stream_token', GuestCode.RUNTIME, 'no file /srv/secret']);
  expect(realm.lastError).toBe('realm_stream_token: the host failed'); // what the guest is told
  expect(env.realm_stream_token(SIZE, 1)).toBe(GuestCode.OUT_OF_BOUNDS);
  const options = Buffer.alloc(32);
  options.writeUInt32LE(8, 0);
  options.writeFloatLE(1, 8);
  options.writeFloatLE(1, 16);
  const prompt = put(0, 'The capital of France is');
  expect(env.realm_host_generate(1, ...prompt, put(1024, options)[0], 2048, 1000)).toBe(GuestCode.RUNTIME);
  answer = false;
  expect(env.realm_host_generate(1, ...prompt, 1024, 2048, 1000)).toBe(GuestCode.CANCELLED);
  realm.close();
});

test('generating in the host', () => {
  const options = (most, stops = []) => {
    const bytes = Buffer.alloc(32);
    bytes.writeUInt32LE(most, 0);
    bytes.writeFloatLE(1, 8);
    bytes.writeFloatLE(1, 16);
    bytes.writeUInt8(stops.length, 24);
    bytes.writeUInt32LE(w.put(512, Uint32Array.from(stops))[0], 28);
    return w.put(1024, bytes)[0];
  };
  const prompt = w.put(0, 'The capital of France is');
  const text = (bytes) => Buffer.from(w.memory.buffer, 2048, bytes).toString();
  expect(text(w.env.realm_host_generate(1, ...prompt, options(20), 2048, 100))).toBe(' Paris.\0');
  const dot = loadModelSync(tinyAtlas, { vocabOnly: true }).tokenize('Paris.').at(-1);
  expect(text(w.env.realm_host_generate(1, ...prompt, options(20, [dot]), 2048, 100))).toBe(' Paris\0');
  expect(w.env.realm_host_generate(1, ...prompt, options(20), 2048, 7)).toBe(GuestCode.TOO_SMALL);
  expect(w.env.realm_host_generate(1, ...prompt, options(20), 2048, 0)).toBe(GuestCode.TOO_SMALL);
  expect(w.env.realm_host_generate(1, ...prompt, options(0), 2048, 100)).toBe(GuestCode.INVALID_ARGUMENT);
  expect(w.env.realm_host_generate(1, ...prompt, 1026, 2048, 100)).toBe(GuestCode.INVALID_ARGUMENT);
  expect(w.env.realm_host_generate(1, ...prompt, SIZE - 16, 2048, 100)).toBe(GuestCode.OUT_OF_BOUNDS);
  // Upstream's defaults: the same text each time.
  const first = text(w.env.realm_host_generate(1, ...prompt, 0, 2048, 8192));
  expect(text(w.env.realm_host_generate(1, ...prompt, 0, 2048, 8192))).toBe(first);
});

test('models that guests bring', () => {
  const bytes = fs.readFileSync(tinyAtlas);
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes.length / PAGE) + 1 });
  const big = world({ mayStore: true }, memory);
  big.put(0, bytes);
  const { realm_store_model: store, realm_get_model_info: info } = big.env;
  expect(store(0, bytes.length, 0)).toBe(2);
  expect(store(0, bytes.length, 77)).toBe(77);
  // The same content and id: the same id, as in Option 3. Another content: refused.
  expect(store(0, bytes.length, 77)).toBe(77);
  expect(store(0, bytes.length, 0)).toBe(2);
  const other = Buffer.from(bytes);
  other[other.length - 1] ^= 1;
  big.put(0, other);
  expect(store(0, bytes.length, 77)).toBe(GuestCode.INVALID_ARGUMENT);
  expect(store(0, bytes.length, 0)).toBe(3);
  expect(store(0, bytes.length, 3)).toBe(3);
  expect(store(0, bytes.length, -1)).toBe(GuestCode.INVALID_ARGUMENT);
  expect(store(0, 100, 0)).toBe(GuestCode.INVALID_ARGUMENT);
  expect(store(0, memory.buffer.byteLength + 1, 0)).toBe(GuestCode.OUT_OF_BOUNDS);
  expect(info(77, bytes.length + 4 - (bytes.length % 4), 0)).toBe(0);
  big.realm.close();
  const closed = world();
  expect(closed.env.realm_store_model(0, 64, 0)).toBe(GuestCode.UNSUPPORTED);
  closed.realm.close();
  expect(w.env.realm_set_lora_adapter(1, ...w.put(0, 'x'))).toBe(GuestCode.UNSUPPORTED);
  expect(w.env.realm_store_draft_model(0, 64, 0)).toBe(GuestCode.UNSUPPORTED);
});

test('why a call failed', () => {
  expect(w.env.realm_last_error(0, 100)).toBe(0);
  expect(w.env.realm_remove_model(5)).toBe(GuestCode.MODEL_NOT_FOUND);
  const read = (bytes) => Buffer.from(w.memory.buffer, 0, bytes).toString();
  expect(read(w.env.realm_last_error(0, 100))).toBe('realm_remove_model: Model 5 not found');
  expect(read(w.env.realm_last_error(0, 5))).toBe('realm');
  expect(w.env.realm_last_error(SIZE, 1)).toBe(GuestCode.OUT_OF_BOUNDS);
  w.env.realm_host_load_model_by_name(...w.put(0, '€'));
  const cut = w.env.realm_last_error(0, 'realm_host_load_model_by_name: the host allows no model named "'.length + 2);
  expect(read(cut)).toMatch(/named "$/);
});

test('no memory, memory that grows, memory that is gone, calls from a callback', () => {
  const none = createRealmImports();
  expect(none.env.realm_stream_token(0, 0)).toBe(GuestCode.NO_MEMORY);
  let grown;
  const late = world({
    onToken() {
      if (grown === undefined) grown = late.memory.grow(1);
      late.answers.push(late.env.realm_remove_model(1), late.env.realm_encode_tokens(1, 0, 1, 0, 64));
    },
  });
  late.answers = [];
  const prompt = late.put(0, 'The capital of France is');
  const options = Buffer.alloc(32);
  options.writeUInt32LE(8, 0);
  options.writeFloatLE(1, 8);
  options.writeFloatLE(1, 16);
  const bytes = late.env.realm_host_generate(1, ...prompt, late.put(1024, options)[0], 2048, 1000);
  // Grown in the middle: the result still arrives, in the new buffer.
  expect([grown, Buffer.from(late.memory.buffer, 2048, bytes).toString()]).toEqual([4, ' Paris.\0']);
  expect(new Set(late.answers)).toEqual(new Set([GuestCode.BUSY]));
  expect(late.env.realm_remove_model(1)).toBe(0);
  late.realm.close();
  let memory = new WebAssembly.Memory({ initial: 1 });
  const finder = createRealmImports({ memory: () => memory });
  expect(finder.env.realm_stream_token(0, 1)).toBe(0);
  memory = undefined;
  expect(finder.env.realm_stream_token(0, 1)).toBe(GuestCode.NO_MEMORY);
});

test('memory shared between threads gives the same', () => {
  const shared = world({}, new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true }));
  for (const { env, put } of [w, shared]) {
    put(0, Uint32Array.of(1, 2));
    expect(env.realm_embed_tokens(1, 0, 2, 1024)).toBe(2 * hiddenSize * 4);
    expect(env.realm_forward_layer(1, 0, 1024, 2 * hiddenSize, 0, 1024)).toBe(2 * hiddenSize * 4);
    expect(env.realm_compute_logits(1, 1024, hiddenSize, PAGE)).toBe(vocabSize * 4);
    expect(env.realm_encode_tokens(1, ...put(0, 'Peru'), 64, 64)).toBeGreaterThan(0);
    expect(env.realm_stream_token(0, 4)).toBe(0);
  }
  const bytes = ({ memory }) => Buffer.from(new Uint8Array(memory.buffer, PAGE, vocabSize * 4).slice());
  expect(bytes(shared).equals(bytes(w))).toBe(true);
  shared.realm.close();
});

test('4000 seeded calls with anything: numbers come back, nothing is written outside of what was given', () => {
  const numbers = [
    0,
    1,
    2,
    3,
    4,
    7,
    8,
    64,
    1000,
    1024,
    4096,
    65535,
    SIZE - 4,
    SIZE,
    SIZE + 4,
    2 ** 31 - 1,
    -1,
    -4,
    -(2 ** 31),
  ];
  const { random, pick, argumentsOf } = choices(7, numbers);
  // Where each call may write: [pointer, room in bytes] by its arguments.
  const writes = {
    realm_get_tensor: (a) => [a[3], a[4]],
    realm_get_model_info: (a) => [a[1], 4, a[2], 8],
    realm_get_model_metadata: (a) => [a[1], a[2]],
    realm_embed_tokens: (a) => [a[3], a[2] * hiddenSize * 4],
    realm_forward_layer: (a) => [a[5], a[3] * 4],
    realm_forward_layers: (a) => [a[6], a[4] * 4],
    realm_compute_logits: (a) => [a[3], vocabSize * 4],
    realm_encode_tokens: (a) => [a[3], a[4]],
    realm_decode_tokens: (a) => [a[3], a[4]],
    realm_host_generate: (a) => [a[4], a[5]],
    realm_generate: (a) => [a[5], a[6]],
    realm_chat: (a) => [a[5], a[6]],
    realm_chat_answer: (a) => [a[3], a[4]],
    realm_get_end_tokens: (a) => [a[1], a[2]],
    realm_decoder_next: (a) => [a[3], a[4]],
    realm_decoder_end: (a) => [a[1], a[2]],
    realm_apply_chat_template: (a) => [a[3], a[4]],
    realm_encode_chat: (a) => [a[3], a[4]],
    realm_last_error: (a) => [a[0], a[1]],
  };
  const names = Object.keys(w.env).filter((name) => name !== 'realm_host_generate');
  let [fine, refused] = [0, 0];
  const bytes = new Uint8Array(w.memory.buffer);
  for (let round = 0; round < 4000; round++) {
    const name = round % 100 === 0 ? 'realm_host_generate' : pick(names);
    const args = argumentsOf(name);
    if (random(2) < 1) args[0] = 1;
    if (name === 'realm_host_generate') args[5] = Math.min(64, Number(args[5])) || 0; // short texts
    if (name === 'realm_store_model' && random(2) < 1) w.put(0, 'GGUF\x03\0\0\0');
    const before = bytes.slice();
    const result = w.env[name](...args);
    expect([name, args, typeof result, Number.isInteger(result) && result >= -13 && result <= 0x7fffffff]).toEqual([
      name,
      args,
      'number',
      true,
    ]);
    if (result < 0) refused++;
    else fine++;
    const may = (writes[name]?.(args.map((a) => (typeof a === 'bigint' ? 0 : a >>> 0))) ?? []).map(Number);
    for (let at = 0; at < SIZE; at++) {
      if (bytes[at] === before[at]) continue;
      let i = 0;
      for (; i < may.length && !(at >= may[i] && at < may[i] + may[i + 1]); i += 2);
      if (i >= may.length) throw new Error(`${name}(${args.join(', ')}) = ${result} wrote at ${at}`);
    }
    if (w.env.realm_host_load_model_by_name(...w.put(SIZE - 8, 'atlas')) !== 1) {
      w.realm.close(); // a call removed it
      w = world({}, w.memory);
    }
  }
  expect(fine).toBeGreaterThan(200);
  expect(refused).toBeGreaterThan(1000);
});
