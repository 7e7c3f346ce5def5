'use strict';

// Option 1 in Rust: what `#[wasm_bindgen(module = "@realm/realm-node/host")]` declares, with &str, &[u32], &[f32] and &mut [f32],
// fits the functions of the host module, in types and at work. The guest is compiled by Debian's rustc with Debian's wasm-bindgen.

const fs = require('node:fs');
const path = require('node:path');
const ts = require('typescript');
const { createHost } = require('../dist/host');
const { storeModel, embedTokens, getTensor, removeModel } = require('..');
const { checkGuests, GUESTS } = require('../scripts/guests');
const { root, tinyAtlas, smollm2, goldenTest } = require('./fixtures/places');
const { FRANCE, wasmOf, optionThree, sameBits } = require('./fixtures/guests');
const { instantiate } = require('./fixtures/wasmBindgen');

function guest(options) {
  const host = createHost(options);
  return { host, ...instantiate(fs.readFileSync(wasmOf('rust/paris.wasm')), host) };
}

/** A `Vec` that an export returns through its first argument. */
function vector({ exports }, Type, call) {
  const out = exports.__wbindgen_malloc(8) >>> 0;
  call(out);
  const [at, length] = new Uint32Array(exports.memory.buffer, out, 2);
  return new Type(exports.memory.buffer, at, length).slice();
}

test('each import has the types of the host’s function', () => {
  const { signatures, description } = guest();
  const types = {
    ...{ u32: 'number', i32: 'number', '()': 'void', bool: 'boolean', '&str': 'string', String: 'string' },
    ...{ '&[u32]': 'TokenIds', '&[f32]': 'Floats', '&mut [f32]': 'Float32Array' },
    ...{ 'Vec<u32>': 'Uint32Array', 'Vec<f32>': 'Float32Array' },
  };
  const file = path.join(root, 'js/guest/typed/functions.ts');
  const source = ts.createSourceFile(file, fs.readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022);
  const { members } = source.statements.find((node) => ts.isInterfaceDeclaration(node) && node.name.text === 'Host');
  const declared = new Map(
    members.map((member) => [
      member.name.text,
      { parameters: member.parameters.map((p) => p.type.getText(source)), result: member.type.getText(source) },
    ]),
  );
  expect(signatures.length).toBeGreaterThan(10);
  for (const { name, parameters, result } of signatures) {
    expect([name, { parameters: parameters.map((type) => types[type]), result: types[result] }]).toEqual([
      name,
      declared.get(name),
    ]);
  }
  expect(new Set(signatures.flatMap(({ parameters }) => parameters))).toEqual(
    new Set(['u32', '&str', '&[u32]', '&[f32]', '&mut [f32]']),
  );
  // Where the generated JavaScript would import them from.
  expect(description.split('@realm/realm-node/host').length - 1).toBeGreaterThanOrEqual(signatures.length);
});

function paris(file, most) {
  const expected = optionThree(file, FRANCE, most);
  let text = '';
  const rust = guest({ models: { model: file }, onToken: (piece) => void (text += piece) });
  const { exports, give, host, objects } = rust;
  const answer = exports.run(...give('model'), ...give(FRANCE), most);
  expect(answer).not.toBe(0);
  expect([...vector(rust, Uint32Array, (out) => exports.answer_ids(out, answer))]).toEqual(expected.ids);
  const logits = vector(rust, Float32Array, (out) => exports.answer_logits(out, answer));
  expect(sameBits(logits, expected.logits)).toBe(true);
  expect(text).toBe(expected.text);
  expect(exports.memory.buffer.byteLength).toBeLessThan(0.02 * Math.max(fs.statSync(file).size, 80 << 20));
  // A model that is not there is thrown, and an Err in the guest.
  expect(exports.run(...give('other'), ...give(FRANCE), most)).toBe(0);
  expect(objects.size).toBe(0);
  host.close();
  return text;
}

test('Paris, the same ids and logits bit for bit: Tiny Atlas', () => expect(paris(tinyAtlas, 20)).toBe(' Paris.'));
goldenTest('Paris, the same ids and logits bit for bit: SmolLM2', () => expect(paris(smollm2, 8)).toContain('Paris'));

test('the forms that return arrays', () => {
  const rust = guest({ models: { model: tinyAtlas } });
  const { exports, give, host } = rust;
  const ids = Uint32Array.of(3, 1, 2);
  const sums = vector(rust, Float32Array, (out) =>
    exports.sums(out, ...give('model'), ...give(ids), ...give('output_norm.weight')),
  );
  const id = storeModel(tinyAtlas);
  const sum = (buffer) => new Float32Array(buffer).reduce((total, value) => Math.fround(total + value), 0);
  expect([...sums]).toEqual([sum(embedTokens(id, ids)), sum(getTensor(id, 'output_norm.weight'))]);
  removeModel(id);
  host.close();
});

const RUST = 'rust/paris.wasm';
if (GUESTS[RUST].there()) {
  test(
    'the committed guest is what its source gives',
    () => expect(checkGuests([RUST])).toEqual({ missing: [], different: [] }),
    600_000,
  );
} else test['skip'](`rebuilt: ${RUST} (needs ${GUESTS[RUST].tool})`, () => {});
