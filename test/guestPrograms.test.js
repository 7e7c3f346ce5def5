'use strict';

// What else runGuest runs: programs of WASI, guests of wasi-nn, guests that import more.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { runGuest } = require('../dist/wasm');
const { tinyAtlas } = require('./fixtures/places');
const { FRANCE, wasmOf } = require('./fixtures/guests');

let at;
beforeAll(() => (at = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-programs-'))));
afterAll(() => fs.rmSync(at, { recursive: true, force: true }));

test('an ordinary program in C: argv, printf, exit code', async () => {
  const file = path.join(at, 'stdout');
  const stdout = fs.openSync(file, 'w');
  const run = (args) => runGuest(wasmOf('c/wasi.wasm'), { models: { m: tinyAtlas }, wasi: { args, stdout } });
  const { result, text, lastError } = await run(['paris', 'm', FRANCE]);
  expect({ result, text, lastError }).toEqual({ result: 0, text: ' Paris.', lastError: '' });
  expect(fs.readFileSync(file, 'utf8')).toBe(`${FRANCE}: Paris.\n`);
  expect(await run(['paris', 'other', FRANCE])).toMatchObject({
    result: 1,
    lastError: 'realm_host_load_model_by_name: the host allows no model named "other"',
  });
  expect((await run(['paris'])).result).toBe(2);
  fs.closeSync(stdout);
});

test('without wasi its imports are not there', async () => {
  await expect(runGuest(wasmOf('c/wasi.wasm'), { call: '_start' })).rejects.toMatchObject({ code: 'E_INTERNAL' });
});

test('a guest of wasi-nn', async () => {
  const args = ['m', '{"n-predict": 20}', FRANCE, 1];
  const given = { models: { m: tinyAtlas }, nn: true, args };
  expect((await runGuest(wasmOf('c/nn.wasm'), given)).result).toBe(0);
  expect(await runGuest(wasmOf('c/nn.wasm'), { ...given, args: ['other', ...args.slice(1)] })).toMatchObject({
    result: 8,
    lastError: expect.stringContaining('the host allows no model named "other"'),
  });
});

test.each([
  ['further.mjs', 'export default ({ memory }) => ({ math: { twice: (x) => 2 * x + (memory() ? 1 : 0) } });'],
  ['further.cjs', 'module.exports = async ({ memory }) => ({ math: { twice: (x) => 2 * x + (memory() ? 1 : 0) } });'],
])('further imports: %s', async (name, source) => {
  // (import "math" "twice" (func (param i32) (result i32))) (export "run" (func 0))
  const guest = Uint8Array.from([
    ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f],
    ...[2, 14, 1, 4, ...Buffer.from('math'), 5, ...Buffer.from('twice'), 0, 0],
    ...[7, 7, 1, 3, ...Buffer.from('run'), 0, 0],
  ]);
  const imports = path.join(at, name);
  fs.writeFileSync(imports, source);
  expect((await runGuest(guest, { imports, args: [21] })).result).toBe(42);
  fs.writeFileSync(imports, name.endsWith('mjs') ? 'export default 5;' : 'module.exports = 5;');
  await expect(runGuest(guest, { imports, args: [21] })).rejects.toThrow('no function as its default export');
  await expect(runGuest(guest, { imports: path.join(at, 'nothing.mjs') })).rejects.toMatchObject({
    code: 'E_INTERNAL',
  });
});

test.each([
  ['an object', [{}], 'args[0] must be a number or a text, got an object (Object)'],
  ['a bigint', [1, 5n], 'args[1] must be a number or a text, got 5n'],
  ['nothing', [undefined], 'args[0] must be a number or a text, got undefined'],
  ['no list', 'x', 'args must be an array of numbers and texts, got "x"'],
  ['a text, where no alloc is', ['x'], 'args[0] is a text, which needs the guest’s export alloc(bytes): it has none'],
])('an argument that can not be passed: %s', async (_, args, message) => {
  // (export "run" (func (param i32) (result i32) local.get 0))
  const guest = Uint8Array.from([
    ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f, 3, 2, 1, 0],
    ...[7, 7, 1, 3, ...Buffer.from('run'), 0, 0, 10, 6, 1, 4, 0, 0x20, 0, 0x0b],
  ]);
  expect((await runGuest(guest, { args: [3] })).result).toBe(3);
  const rejected = expect(runGuest(guest, { args })).rejects;
  await rejected.toMatchObject({ code: 'E_INVALID_ARGUMENT', message: message.replace('’', "'") });
});
