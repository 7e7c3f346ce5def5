'use strict';

// A call of the engine's or the addon's to the system fails: the n-th allocation, map, file, read, thread. A sample; `npm run faults` runs them all.

const { clean, inject, injectStart, shim } = require('./hostile/faults/inject');

const isLinux = process.platform === 'linux';
const hasCompiler = isLinux && shim() !== undefined;
afterAll(clean);

if (!hasCompiler)
  test('the n-th call to the system fails: not run, there is no C compiler (cc), or this is no Linux', () => {});
else {
  test.each([
    { kind: 'malloc', work: 'loadSync', step: 3 },
    { kind: 'malloc', work: 'load', lasts: true, step: 5 },
    { kind: 'malloc', work: 'generate', step: 2 },
    { kind: 'malloc', work: 'generate', lasts: true, step: 3 },
    { kind: 'malloc', work: 'embed', step: 2 },
    { kind: 'malloc', work: 'stored', step: 7 },
    { kind: 'mmap', work: 'loadMapped', step: 2 },
    { kind: 'open', work: 'loadSync' },
    { kind: 'read', work: 'loadSync', step: 5 },
    { kind: 'thread', work: 'load' },
  ])('%j', async (what) => {
    const { injections, codes, findings } = await inject(what);
    expect(findings).toEqual([]);
    expect(injections).toBeGreaterThan(0);
    expect([...codes.keys()].some((code) => code !== 'ok')).toBe(true);
  });

  test('the engine’s start', async () => {
    const { codes, findings } = await injectStart({ kind: 'thread', step: 3 });
    expect(findings).toEqual([]);
    expect(codes.get('E_ENGINE')).toBe(2);
  });
}
