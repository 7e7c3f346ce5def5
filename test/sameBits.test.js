'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { getEngineInfo } = require('..');
const { build, ENGINES, enginesThatRun } = require('../scripts/build');
const { root } = require('./fixtures/places');
const { randomModels } = require('./fixtures/sameBits');
const { runProgram } = require('./fixtures/child');

// house.md R21 for every weight format: equal logits, bit for bit, for every engine library that this processor runs, one
// thread or two, one row at a time or many, packed or mapped. (test/arm64.test.js adds the library for arm64,
// test/conformance.test.js larger models.)

jest.setTimeout(600_000);

const libraries = enginesThatRun().flatMap((isa) => (isa === 'avx512' ? [isa, 'avx512, nothing emitted'] : [isa]));
// The one for processors without AVX2 is built where everything is tried, and where it was built before.
const alsoPlain = process.arch === 'x64' && (process.env.CI || fs.existsSync(path.join(root, ENGINES.plain.file)));
if (alsoPlain && !libraries.includes('plain')) libraries.push('plain');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-bits-'));
const models = randomModels(folder);
const measured = {};

beforeAll(async () => {
  if (alsoPlain) await build(['plain']);
  const script = path.join(__dirname, 'fixtures/sameBits.js');
  for (const isa of libraries) {
    const [library, less] = isa.split(', ');
    const env = { REALM_ISA: library, ...(less && { REALM_EMIT: '0' }) };
    const { code, stdout, stderr } = await runProgram(process.execPath, [script, JSON.stringify(models)], { env });
    expect({ isa, code, stderr }).toEqual({ isa, code: 0, stderr: '' });
    measured[isa] = JSON.parse(stdout);
  }
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

test('there is a model for each format of the table', () => {
  for (const { name } of getEngineInfo().formats) expect(models.map(([model]) => model)).toContain(`tiny ${name}`);
});

test.each(models.map(([name]) => name))('%s', (name) => {
  const all = libraries.flatMap((isa) =>
    Object.entries(measured[isa].hashes[name]).map(([way, hash]) => [`${isa}: ${way}`, hash]),
  );
  expect(all).toHaveLength(libraries.length * (name.startsWith('cache') ? 2 : 6));
  expect(all.filter(([, hash]) => hash !== all[0][1])).toEqual([]);
});

if (!libraries.includes('plain'))
  test['skip']('the library for processors without AVX2 (build it with `npm run build -- plain`)', () => {});
