'use strict';

// wasi_ephemeral_nn with the ggml conventions: a guest in C, and each import.

const fs = require('node:fs');
const { loadModel, loadModelSync } = require('..');
const { createNnImports, NnErrno } = require('../dist/wasi-nn');
const { tinyAtlas, smollm2, goldenTest } = require('./fixtures/places');
const { wasmOf } = require('./fixtures/guests');

function nnGuest(options) {
  const nn = createNnImports(options);
  const module = new WebAssembly.Module(fs.readFileSync(wasmOf('c/nn.wasm')));
  const { exports } = new WebAssembly.Instance(module, { wasi_ephemeral_nn: nn.wasi_ephemeral_nn });
  nn.attach(exports.memory);
  const put = (text) => {
    const bytes = Buffer.from(text);
    const at = exports.alloc(bytes.length);
    new Uint8Array(exports.memory.buffer, at, bytes.length).set(bytes);
    return [at, bytes.length];
  };
  const run = (name, config, prompt, stream) =>
    exports.run(...put(name), ...put(JSON.stringify(config)), ...put(prompt), stream);
  const text = () => Buffer.from(exports.memory.buffer, exports.text_at(), exports.text_length_now()).toString();
  return { nn, run, text, memoryBytes: () => exports.memory.buffer.byteLength };
}

async function paris(file, most) {
  const model = await loadModel(file);
  const prompt = 'The capital of France is';
  const expected = (await model.generate(prompt, { maxTokens: most })).text;
  model.close();
  const guest = nnGuest({ models: { default: file } });
  for (const stream of [0, 1]) {
    expect([guest.run('default', { 'n-predict': most }, prompt, stream), guest.nn.lastError]).toEqual([0, '']);
    expect(guest.text()).toBe(expected);
  }
  expect(guest.memoryBytes()).toBeLessThan(0.02 * (16 << 20));
  guest.nn.close();
  return expected;
}

test('Paris, at once and token by token: Tiny Atlas', async () => {
  expect(await paris(tinyAtlas, 20)).toBe(' Paris.');
});

goldenTest('Paris, at once and token by token: SmolLM2', async () => {
  expect(await paris(smollm2, 8)).toContain('Paris');
});

test('options: a stop text, tokens at most, what is not there', () => {
  const guest = nnGuest({ models: { default: tinyAtlas } });
  const prompt = 'The capital of France is';
  expect(guest.run('default', { 'reverse-prompt': '.' }, prompt, 0)).toBe(0);
  expect(guest.text()).toBe(' Paris');
  expect(guest.run('default', { 'n-predict': 1, 'n-gpu-layers': 99 }, prompt, 1)).toBe(0);
  expect(guest.text()).toBe(' Par');
  for (const stream of [0, 1]) {
    expect(guest.run('default', { grammar: 'root ::= " Ri" "ga."' }, prompt, stream)).toBe(0);
    expect(guest.text()).toBe(' Riga.');
    expect(guest.run('default', { 'json-schema': '{"enum": [17]}' }, prompt, stream)).toBe(0);
    expect(guest.text()).toBe('17');
  }
  expect(guest.run('default', { grammar: 'x' }, prompt, 0)).toBe(NnErrno.INVALID_ARGUMENT);
  expect(guest.run('default', { grammar: 5 }, prompt, 0)).toBe(NnErrno.INVALID_ARGUMENT);
  expect(guest.run('default', { grammar: 'root ::= "a"', 'json-schema': {} }, prompt, 0)).toBe(
    NnErrno.INVALID_ARGUMENT,
  );
  expect(guest.run('default', { image: 'x' }, prompt, 0)).toBe(NnErrno.UNSUPPORTED_OPERATION);
  expect(guest.run('default', { temp: 'hot' }, prompt, 0)).toBe(NnErrno.INVALID_ARGUMENT);
  expect(guest.run('default', [], prompt, 0)).toBe(NnErrno.INVALID_ARGUMENT);
  expect(guest.run('other', {}, prompt, 0)).toBe(NnErrno.NOT_FOUND);
  expect(guest.nn.lastError).toContain('the host allows no model named "other"');
  expect(guest.run('default', {}, '', 0)).toBe(NnErrno.INVALID_ARGUMENT);
  guest.nn.close();
});

test('each import: results, and errors as numbers', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const nn = createNnImports({ memory, models: { m: tinyAtlas } });
  const api = nn.wasi_ephemeral_nn;
  const u32 = (at) => new DataView(memory.buffer).getUint32(at, true);
  const put = (at, text) => [at, new Uint8Array(memory.buffer).set(Buffer.from(text), at) ?? Buffer.byteLength(text)];
  expect(api.load(0, 1, 5, 0, 64)).toBe(NnErrno.UNSUPPORTED_OPERATION);
  expect(api.load_by_name(...put(0, 'm'), 64)).toBe(0);
  expect(api.load_by_name(...put(0, 'm'), 66)).toBe(NnErrno.INVALID_ARGUMENT);
  expect(api.load_by_name(0, 65537, 64)).toBe(NnErrno.MISSING_MEMORY);
  const graph = u32(64);
  expect(api.init_execution_context(graph, 68)).toBe(0);
  expect(api.init_execution_context(graph + 9, 68)).toBe(NnErrno.NOT_FOUND);
  const context = u32(68);
  expect(api.compute(context)).toBe(NnErrno.INVALID_ARGUMENT);
  expect(api.compute_single(context + 9)).toBe(NnErrno.INVALID_ARGUMENT);
  const input = (text) => {
    const [at, length] = put(1024, text);
    new Uint32Array(memory.buffer, 128, 5).set([0, 0, 2, at, length]);
    return 128;
  };
  expect(api.set_input(context, 0, input('The capital of Peru is'))).toBe(0);
  expect(api.set_input(context, 1, input('{"n-predict": 12}'))).toBe(0);
  expect(api.set_input(context, 1, input('{'))).toBe(NnErrno.INVALID_ARGUMENT);
  expect(api.set_input(context, 2, input('x'))).toBe(NnErrno.INVALID_ARGUMENT);
  expect(api.set_input(context, 0, 65532)).toBe(NnErrno.MISSING_MEMORY);
  expect(api.get_output_single(context, 0, 2048, 10, 72)).toBe(NnErrno.INVALID_ARGUMENT);
  expect(api.compute(context)).toBe(0);
  expect(api.get_output(context, 0, 2048, 2, 72)).toBe(NnErrno.TOO_LARGE);
  expect(u32(72)).toBe(' Lima.'.length);
  expect(api.get_output(context, 0, 2048, 100, 72)).toBe(0);
  expect(Buffer.from(memory.buffer, 2048, u32(72)).toString()).toBe(' Lima.');
  expect(api.get_output(context, 1, 2048, 200, 72)).toBe(0);
  expect(JSON.parse(Buffer.from(memory.buffer, 2048, u32(72)).toString())).toEqual({
    input_tokens: loadModelSync(tinyAtlas, { vocabOnly: true }).tokenize('The capital of Peru is').length,
    output_tokens: expect.any(Number),
    end_token_ids: loadModelSync(tinyAtlas, { vocabOnly: true }).info.tokenizer.endIds,
    llama_build_number: 0,
    llama_commit: 'realm',
  });
  expect(api.get_output(context, 2, 2048, 200, 72)).toBe(NnErrno.INVALID_ARGUMENT);
  for (const name of Object.keys(api)) {
    const result = api[name](-1, undefined, NaN, 'x', -4, {});
    expect([name, Number.isInteger(result) && result > 0]).toEqual([name, true]);
  }
  expect(api.finalize_execution_context(context)).toBe(0);
  expect(api.finalize_execution_context(context)).toBe(NnErrno.INVALID_ARGUMENT);
  expect(api.unload(graph)).toBe(0);
  expect(api.unload(graph)).toBe(NnErrno.NOT_FOUND);
  nn.close();
});
