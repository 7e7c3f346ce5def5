'use strict';

// The benchmark's own parts: the random-weight models run in every format, and its report says what it promises. No timings.

const { execFileSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const realm = require('..');
const { factsOf } = require('../bench/ggufFacts');
const { writeRandomModel, FORMATS } = require('../bench/randomModel');
const { enginesThatRun } = require('../scripts/build');
const { root, tinyAtlas } = require('./fixtures/places');

let folder;
beforeAll(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-bench-test-'))));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

function made(shape, format, seed) {
  const file = path.join(folder, `${shape}-${format}-${seed ?? 1}.gguf`);
  writeRandomModel(shape, format, file, seed);
  return file;
}

const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Root of the mean square. */
const size = (numbers) => Math.sqrt(numbers.reduce((sum, x) => sum + x * x, 0) / numbers.length);

const engineFormats = realm.getEngineInfo().formats.map(({ name }) => name);

test('random models: every format of the engine can be made', () => {
  expect(engineFormats.filter((name) => !FORMATS.includes(name))).toEqual([]);
});

test.each([...engineFormats, 'Q4_K_M', 'Q5_K_M'])(
  'random models: %s loads and computes, weights and logits have a sane size',
  async (format) => {
    const file = made('tiny', format);
    const model = await realm.loadModel(file);
    const logits = await model.logits(model.tokenize('some words'));
    model.close();
    // Weights are made with deviation 1 (the embedding) and the last norm scales to 1: so are logits. Scales of few bits are coarse.
    expect(size(logits)).toBeGreaterThan(0.5);
    expect(size(logits)).toBeLessThan(2);

    const id = realm.storeModel(file);
    const embedding = new Float32Array(realm.getTensor(id, 'token_embd.weight'));
    realm.removeModel(id);
    expect(size(embedding)).toBeGreaterThan(0.6);
    expect(size(embedding)).toBeLessThan(1.6);
  },
);

test('random models: experts run too', async () => {
  const model = await realm.loadModel(made('tiny-moe', 'Q4_0'));
  const logits = await model.logits([1, 300, 301]);
  expect(size(logits)).toBeGreaterThan(0.5);
  expect(size(logits)).toBeLessThan(2);
  model.close();
});

test('random models: the same arguments give the same bytes, another seed gives others', () => {
  const bytes = (seed) => hash(fs.readFileSync(made('tiny', 'Q4_K_M', seed)));
  const first = bytes(1);
  expect(bytes(1)).toBe(first);
  expect(first.slice(0, 16)).toBe('dc083623426f9dd4'); // other bytes would make old and new figures two different things
  expect(bytes(2)).not.toBe(first);
});

test('random models: an unknown shape or format is refused by name', () => {
  const file = path.join(folder, 'none.gguf');
  expect(() => writeRandomModel('huge', 'Q4_0', file)).toThrow(/SHAPE is one of tiny, .*; got huge/);
  expect(() => writeRandomModel('tiny', 'Q9', file)).toThrow(/FORMAT is one of F32, .*; got Q9/);
});

test('what a token reads is counted from the file: not the embedding, unless it is the output matrix too', () => {
  const { bytesPerToken, multiplyAdds, cacheNumbers } = factsOf(made('tiny', 'Q8_0'));
  // 2 layers of 256 wide, 2 of 4 heads with keys of 64, 512 in the middle, 512 tokens.
  const layer = 2 * 256 * 256 + 2 * 256 * 128 + 3 * 256 * 512;
  expect(multiplyAdds).toBe(2 * layer + 256 * 512);
  expect(bytesPerToken).toBe(((2 * layer + 256 * 512) / 32) * 34 + 5 * 256 * 4);
  expect(cacheNumbers).toBe(2 * 2 * 128);
  const half = factsOf(made('tiny-moe', 'Q8_0'));
  // Two of four experts.
  expect(half.multiplyAdds).toBe(2 * (2 * 256 * 256 + 2 * 256 * 128 + 2 * 3 * 256 * 256 + 256 * 4) + 256 * 512);
  expect(factsOf(tinyAtlas).multiplyAdds).toBeGreaterThan(3e6);
});

function bench(...args) {
  const all = [path.join(root, 'bench/bench.js'), ...args];
  return execFileSync(process.execPath, all, { encoding: 'utf8' });
}

test('npm run bench -- --json: the fields that docs/performance.md lists', () => {
  const few = ['--prefill', '32', '--decode', '8', '--depth', '16', '--batch', '2', '--busy', '--runs', '1'];
  const report = JSON.parse(bench(tinyAtlas, ...few, '--json'));
  const number = expect.any(Number);
  expect(report).toEqual({
    cpu: expect.any(String),
    date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
    threads: number,
    runs: 1,
    model: path.basename(tinyAtlas),
    isa: realm.getEngineInfo().isa,
    emittedKernels: process.env.REALM_EMIT !== '0',
    logitsHash: expect.stringMatching(/^[0-9a-f]{16}$/),
    machineReadGBs: number,
    bytesPerToken: factsOf(tinyAtlas).bytesPerToken,
    cases: expect.any(Array),
    load: [{ engine: expect.stringMatching(/^realm /), loadMs: number, firstTokenMs: number }],
    memory: [
      {
        engine: expect.stringMatching(/^realm /),
        rssMB: number,
        nodeMB: number,
        weightsMB: number,
        cacheMB: number,
        overMB: number,
      },
    ],
  });
  expect(report.cases.map((one) => one.case)).toEqual([
    'prefill 32',
    'decode 8 after 16',
    '2 sequences',
    'decode 8 after 16, main thread busy',
  ]);
  for (const { kind, engines } of report.cases) {
    // Sequences that do not overlap, on a processor that does other things, have no common speed.
    if (kind === 'batch' && engines.length === 0) continue;
    const speed = { engine: expect.stringMatching(/^realm /), tokensPerSecond: number, msPerToken: number };
    const more = kind === 'prefill' ? { gmacs: number } : { gigabytes: number, share: number };
    expect(engines).toEqual([expect.objectContaining({ ...speed, ...more })]);
  }
});

test('npm run bench: one line a case, and a case that is too long for the model says so', () => {
  const text = bench(tinyAtlas, '--prefill', '16,9999', '--decode', '4', '--depth', '8', '--runs', '1');
  expect(text).toMatch(/^ {2}prefill 16 +realm \w+ +[\d.]+ +[\d.]+ +\d+$/m);
  expect(text).toMatch(/^ {2}prefill 9999 +longer than the context$/m);
  expect(text).toMatch(/^ {2}decode 4 after 8 +realm \w+ +[\d.]+ +[\d.]+ +[\d.]+ +\d+ %$/m);
  expect(text).toMatch(/logits [0-9a-f]{16}/);
});

test('npm run bench -- --targets --list: the rows, each once', () => {
  const rows = bench('--targets', '--list').trim().split('\n');
  expect(rows).toContain('smollm2-prefill');
  expect(new Set(rows).size).toBe(rows.length);
});

test('npm run bench -- --sampling: every way to choose, on every kind of logits', () => {
  const [isa] = enginesThatRun();
  const text = bench('--sampling', '--vocabulary', '10000', '--isa', isa, '--json');
  const { results } = JSON.parse(text.slice(text.indexOf('{')));
  const ways = new Set(results.map(({ way }) => way));
  const kinds = new Set(results.map(({ logits }) => logits));
  expect([ways.size >= 6, kinds.size]).toEqual([true, 4]);
  expect(results).toHaveLength(ways.size * kinds.size);
  for (const result of results)
    expect(result).toEqual({
      isa,
      logits: expect.any(String),
      way: expect.any(String),
      microseconds: expect.any(Number),
    });
  expect(results.filter(({ microseconds }) => !(microseconds > 0 && microseconds < 1e6))).toEqual([]);
}, 300_000);

test('npm run bench -- --kernels: the speed of a kernel, for each number of tokens', () => {
  const text = bench('--kernels', 'Q4_1,F16', '--json');
  const { isa, rows } = JSON.parse(text.slice(text.indexOf('{')));
  const number = expect.any(Number);
  expect([isa, rows]).toEqual([
    enginesThatRun()[0],
    ['Q4_1', 'F16'].map((format) => ({ format, gigabytes: number, gmacs: [number, number, number] })),
  ]);
  for (const { gigabytes, gmacs } of rows)
    for (const figure of [gigabytes, ...gmacs]) expect(figure).toBeGreaterThan(0);
}, 300_000);
