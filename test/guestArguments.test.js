'use strict';

// What hosts hand over for guests, and what guests of Option 1 hand over, of any kind: a RealmError with its code, each time.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { loadModelSync } = require('..');
const { createHost } = require('../dist/host');
const { createComponentImports } = require('../dist/component');
const { createNnImports } = require('../dist/wasi-nn');
const { createRealmImports, createExtismFunctions, runGuest } = require('../dist/wasm');
const { tinyAtlas } = require('./fixtures/places');
const { wasmOf } = require('./fixtures/guests');
const { choices } = require('./fixtures/randomCalls');

const model = loadModelSync(tinyAtlas);
afterAll(() => model.close());
const wrong = (message) =>
  expect.objectContaining({
    name: 'RealmError',
    code: 'E_INVALID_ARGUMENT',
    message: expect.stringContaining(message),
  });

const MAKERS = { createRealmImports, createNnImports, createHost, createComponentImports, createExtismFunctions };

test.each(Object.entries(MAKERS))('%s: options', (name, make) => {
  expect(() => make(5)).toThrow(wrong('options must be an object, got 5'));
  for (const models of [null, 5]) expect(() => make({ models })).toThrow(wrong('models must be an object'));
  for (const m of [null, undefined, 5.5, NaN, {}, [], () => 1, Symbol('x'), true, 10n, new Date()])
    expect(() => make({ models: { m } })).toThrow(wrong('models.m must be a path, a URL, bytes'));
  for (const limits of [null, 5]) expect(() => make({ limits })).toThrow(wrong('limits must be an object'));
  expect(() => make({ onError: 5 })).toThrow(wrong('onError must be a function, got 5'));
  if (name !== 'createNnImports') {
    expect(() => make({ onToken: 5 })).toThrow(wrong('onToken must be a function, got 5'));
    expect(() => make({ onReasoning: {} })).toThrow(wrong('onReasoning must be a function'));
    expect(() => make({ mayStore: 'no' })).toThrow(wrong('mayStore must be true or false'));
  }
  if (name === 'createRealmImports' || name === 'createNnImports')
    for (const memory of [5, null]) expect(() => make({ memory })).toThrow(wrong('memory must be'));
  for (const nothing of [null, undefined]) make(nothing).close();
});

test.each(Object.entries(MAKERS))('%s: what cannot even be said', (name, make) => {
  const detached = new Float64Array(4);
  structuredClone(detached, { transfer: [detached.buffer] });
  for (const value of [detached, new Proxy(new Uint32Array(2), {}), Object.create(null)]) {
    const message = 'limits.tokens must be a number of at least 0, got a value of type object';
    expect(() => make({ limits: { tokens: value } })).toThrow(wrong(message));
    expect(() => make({ onError: value })).toThrow(wrong('onError must be a function, got a value of type object'));
  }
});

test('runGuest: guests and options', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-arguments-'));
  const paris = wasmOf('c/paris.wasm');
  const args = ['m', 'x', 3];
  await expect(runGuest(path.join(folder, 'none.wasm'))).rejects.toMatchObject({ name: 'RealmError', code: 'E_IO' });
  await expect(runGuest(folder)).rejects.toMatchObject({ name: 'RealmError', code: 'E_IO' });
  await expect(runGuest(Buffer.from('hello'))).rejects.toEqual(wrong('the guest is no WebAssembly'));
  for (const guest of [null, undefined, 5, {}, new ArrayBuffer(8)])
    await expect(runGuest(guest)).rejects.toEqual(wrong('a guest must be a path'));
  await expect(runGuest(new URL('https://a.b/c.wasm'))).rejects.toEqual(wrong('is no file'));
  for (const [options, message] of [
    [5, 'options must be an object'],
    [{ models: null, args }, 'models must be an object'],
    [{ models: { m: model }, args }, 'models.m is an open model, which stays in its thread'],
    [{ models: { m: () => 1 }, args }, 'models.m must be a path'],
    [{ onToken: 5, args }, 'onToken must be a function'],
    [{ onReasoning: 5, args }, 'onReasoning must be a function'],
    [{ mayStore: 5, args }, 'mayStore must be true or false'],
    [{ limits: null, args }, 'limits must be an object'],
    [{ nn: 'yes', args }, 'nn must be true or false'],
  ])
    await expect(runGuest(paris, options)).rejects.toEqual(wrong(message));
  const imports = path.join(folder, 'late.mjs');
  fs.writeFileSync(imports, "queueMicrotask(() => { throw new Error('late'); }); export default () => ({});");
  await expect(runGuest(paris, { imports, models: { m: tinyAtlas }, args })).rejects.toMatchObject({
    ...{ name: 'RealmError', code: 'E_INTERNAL', message: expect.stringContaining('late') },
    cause: expect.anything(),
  });
  fs.rmSync(folder, { recursive: true });
});

test('20,000 seeded calls of a host by what JavaScript has: RealmErrors, nothing else; what the host throws comes out as it is', () => {
  const junk = [
    ...[undefined, null, 0, 1, -1, 0.5, NaN, Infinity, 2 ** 32, 2 ** 53, '', 'm', '[]', '{}', '{"maxTokens": 2}'],
    ...[
      '[{"role": "user", "content": "a"}]',
      {},
      [],
      [1, 2],
      [NaN],
      () => 1,
      Symbol('s'),
      10n,
      true,
      new Proxy({}, {}),
    ],
    ...[new Uint32Array(3), new Float32Array(256), new ArrayBuffer(8), new Uint8Array(3), new Float32Array(1536)],
  ];
  const host = createHost({ models: { m: tinyAtlas }, mayStore: true });
  const id = host.loadModelByName('m');
  const names = Object.keys(host).filter((name) => !/^(close|configure|removeModel|generate)$/.test(name));
  const { random, pick } = choices(11, [0]);
  const others = new Set();
  let thrown = 0;
  for (let round = 0; round < 20_000; round++) {
    const name = pick(names);
    const args = Array.from({ length: 5 }, () => pick(junk));
    if (random(4) < 3) args[0] = id;
    if (name === 'generateWith' || name === 'chat') args[2] = '{"maxTokens": 2}';
    try {
      host[name](...args);
    } catch (error) {
      thrown++;
      if (error?.name !== 'RealmError') others.add(`${name}: ${error}`);
    }
  }
  expect([...others]).toEqual([]);
  expect(thrown).toBeGreaterThan(5000);
  const own = new TypeError('of the host');
  host.configure({
    onToken() {
      throw own;
    },
  });
  for (const call of [
    () => host.streamToken('a'),
    () => host.generate(host.loadModelByName('m'), 'The capital of France is', 5),
    () => host.chat(host.loadModelByName('m'), '[{"role": "user", "content": "Where is Lima?"}]'),
  ]) {
    let error;
    try {
      call();
    } catch (caught) {
      error = caught;
    }
    expect(error).toBe(own);
  }
  host.close();
});
