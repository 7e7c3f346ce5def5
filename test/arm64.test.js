'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const arm64 = require('../scripts/arm64');
const { build } = require('../scripts/build');
const { golden, smollm2, tinyAtlas, goldenTest } = require('./fixtures/places');
const { randomModels } = require('./fixtures/sameBits');
const { runProgram } = require('./fixtures/child');

// The package for linux-arm64, cross-compiled, under qemu: its kernels' own tests, and the whole package in Node for arm64
// against this machine's. Of its speed this says nothing.

jest.setTimeout(900_000);

const absent = arm64.missing({ run: true });
const [suite, why] = absent.length ? [describe['skip'], ` (missing: ${absent.join(', ')})`] : [describe, ''];

// With the dot-product instructions, and without.
const CPUS = ['max', 'cortex-a72'];

suite(`linux-arm64${why}`, () => {
  const script = path.join(__dirname, 'fixtures/sameBits.js');
  let folder;
  let models;
  let here;
  let there;

  const measure = async ([program, ...args], env) => {
    const { code, stdout, stderr } = await runProgram(
      program,
      [...args, script, JSON.stringify(models)].concat(golden ?? []),
      { env },
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(stdout);
  };

  beforeAll(async () => {
    await build(['arm64', 'arm64-test']);
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-arm64-'));
    const text = [0, 285, 276, 271, 1043, 265, 981, 260, 16];
    models = [...randomModels(folder), ['tiny-atlas', tinyAtlas, text]];
    if (smollm2) models.push(['smollm2', smollm2, [504, 3575, 282, 4649, 314], {}]); // The capital of France is
    here = await measure([process.execPath], {});
    there = await measure(arm64.emulated('max', arm64.PATHS.node), { REALM_PACKAGE: arm64.PATHS.package });
  });
  afterAll(() => folder && fs.rmSync(folder, { recursive: true, force: true }));

  test.each(CPUS)('the engine’s tests of formats and kernels, %s', async (cpu) => {
    for (const folderName of ['Kernels', 'Formats']) {
      const [program, ...args] = arm64.emulated(cpu, arm64.PATHS.tests, `Realm.Tests.${folderName}.`);
      const { code, stdout } = await runProgram(program, args);
      expect(stdout).toMatch(/^[1-9]\d+ passed, 0 failed\n$/);
      expect(code).toBe(0);
    }
  });

  test('is the library for arm64', () => expect(there.isa).toBe('arm64'));

  test('the same bits as here: each format, one row or many, one thread or two, packed or mapped', () => {
    const differing = [];
    for (const [name] of models) {
      const expected = Object.values(here.hashes[name])[0];
      for (const [way, hash] of Object.entries(there.hashes[name])) if (hash !== expected) differing.push([name, way]);
      expect(Object.keys(there.hashes[name])).toEqual(Object.keys(here.hashes[name]));
    }
    expect(differing).toEqual([]);
    expect(models.length).toBeGreaterThan(25);
  });

  goldenTest('golden models in each weight format: at most 1.25 times llama.cpp’s distance from exact', () => {
    expect(Object.keys(there.nmse).length).toBeGreaterThanOrEqual(10);
    expect(there.nmse).toEqual(here.nmse);
    for (const [name, [ours, theirs]] of Object.entries(there.nmse))
      expect([name, ours <= 1.25 * theirs]).toEqual([name, true]);
  });
});
