'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const native = require('../index.node');
const { root, tinyAtlas } = require('./fixtures/places');
const { failure } = require('./fixtures/failure');
const { runProgram } = require('./fixtures/child');

// index.node itself, as upstream's scripts use it: strict types, upstream's texts.

const SEVEN = [
  'storeModel',
  'getTensor',
  'getModelInfo',
  'removeModel',
  'embedTokens',
  'forwardLayer',
  'computeLogits',
];
const bytes = fs.readFileSync(tinyAtlas);
let id;
beforeAll(() => (id = native.storeModel(bytes)));
afterAll(() => native.removeModel(id));

test('the seven functions', () => {
  expect(Object.keys(native).slice(0, 7)).toEqual(SEVEN);
  const hidden = native.forwardLayer(id, 0, Buffer.from(native.embedTokens(id, Uint32Array.of(1, 2))), 0);
  expect(native.computeLogits(id, Buffer.from(hidden, 1024)).byteLength).toBe(1536 * 4);
});

test.each(SEVEN)('%s without arguments', (name) => {
  expect(failure(() => native[name]())).toEqual({
    name: 'TypeError',
    code: 'E_INVALID_ARGUMENT',
    message: 'not enough arguments',
  });
});

test.each([
  ['storeModel', ['a path']],
  ['storeModel', [null]],
  ['embedTokens', [1, [1, 2]]],
  ['embedTokens', [1, 'text']],
  ['forwardLayer', [1, 0, {}, 0]],
  ['computeLogits', [1, undefined]],
])('%s with no bytes: %p', (name, args) => {
  expect(failure(() => native[name](...args))).toMatchObject({
    name: 'TypeError',
    message: 'failed to downcast any to Buffer',
  });
});

test.each([
  ['getTensor', ['1', 't']],
  ['getModelInfo', [null]],
  ['removeModel', [{}]],
  ['embedTokens', [undefined, Buffer.alloc(4)]],
  ['forwardLayer', [1, '0', Buffer.alloc(4), 0]],
  ['storeModel', [Buffer.alloc(4), 'id']],
  ['removeModel', [1n]],
  ['removeModel', [Symbol('id')]],
])('%s with no number: %p', (name, args) => {
  expect(failure(() => native[name](...args))).toMatchObject({
    name: 'TypeError',
    message: 'failed to downcast any to number',
  });
});

test('getTensor with no string', () => {
  expect(failure(() => native.getTensor(id, 1)).message).toBe('failed to downcast any to string');
});

test('numbers are saturated, extra arguments ignored', () => {
  expect(failure(() => native.getModelInfo(-7)).message).toBe('Failed to get model: Model 0 not found');
  expect(failure(() => native.getModelInfo(NaN)).message).toBe('Failed to get model: Model 0 not found');
  expect(failure(() => native.getModelInfo(1e20)).message).toBe('Failed to get model: Model 4294967295 not found');
  expect(native.getModelInfo(id + 0.9, 'extra', {}).tensor_count).toBe(38);
});

test('any view is bytes', () => {
  const view = new DataView(Uint32Array.of(5).buffer);
  expect(native.embedTokens(id, view)).toEqual(native.embedTokens(id, Uint32Array.of(5)));
});

test('errors carry a code', () => {
  expect(failure(() => native.getTensor(id, 'none')).code).toBe('E_TENSOR_NOT_FOUND');
});

test('handles that nobody has are refused, whoever made them up', () => {
  for (const handle of [0n, 1n << 63n, 12345678901234567890n]) {
    expect(failure(() => native.describeModel(handle)).code).toMatch(/^E_/);
    expect(native.cancelJob(handle)).toBeUndefined();
    expect(native.closeModel(handle)).toBeUndefined();
  }
  expect(failure(() => native.describeModel(1)).message).toBe('failed to downcast any to bigint');
});

test('the package in the place of upstream crate: scripts of its shape run unchanged', async () => {
  const top = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-crate-'));
  try {
    const crate = path.join(top, 'crates/realm-node');
    fs.mkdirSync(path.join(top, 'crates'));
    fs.mkdirSync(crate);
    for (const name of ['index.js', 'index.node', 'package.json'])
      fs.copyFileSync(path.join(root, name), path.join(crate, name));
    for (const name of ['dist', 'native', 'node_modules'])
      fs.symlinkSync(path.join(root, name), path.join(crate, name));
    fs.mkdirSync(path.join(top, 'examples/js-paris-simple'), { recursive: true });
    const script = path.join(top, 'examples/js-paris-simple/script.js');
    fs.writeFileSync(
      script,
      `const fs = require('fs');
       const native = require('../../crates/realm-node/index.node');
       const { storeModel, embedTokens, getModelInfo } = require('../../crates/realm-node/index.js');
       const id = native.storeModel(fs.readFileSync(process.argv[2]));
       const again = storeModel(fs.readFileSync(process.argv[2]));
       const ids = new Uint32Array([1, 2, 3]);
       const direct = native.embedTokens(id, Buffer.from(ids.buffer));
       console.log(id === again, getModelInfo(id).tensor_count, direct.byteLength, embedTokens(id, ids).byteLength);`,
    );
    const { stdout, stderr, code } = await runProgram(process.execPath, [script, tinyAtlas], { cwd: top });
    expect({ stdout, stderr, code }).toEqual({ stdout: 'true 38 3072 3072\n', stderr: '', code: 0 });
  } finally {
    fs.rmSync(top, { recursive: true, force: true });
  }
});
