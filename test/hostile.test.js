'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { storeModel, removeModel } = require('..');
const { file } = require('./hostile/base');
const { corpus } = require('./hostile/corpus');
const { runCorpus, problems, recorded } = require('./hostile/run');

// A part of the corpus of hostile files; `npm run hostile` tries all of it, and measures.

const STEP = 7;

test.each(['main', 'worker'])('a part of the corpus on the %s thread ends as it should', async (mode) => {
  const run = await runCorpus(mode, STEP, mode === 'main' ? 1 : 4);
  expect({ crashes: run.crashes, hangs: run.hangs }).toEqual({ crashes: [], hangs: [] });
  expect(run.results.size).toBeGreaterThan(corpus.length / STEP - 1);
  // Times and memory depend on what else the machine does: `npm run hostile` holds them against their limits.
  expect(problems(run, recorded()).filter((problem) => !/: \d+ (ms|MB)$/.test(problem))).toEqual([]);
});

test('the record has a line for each file', () => {
  expect(recorded().size).toBeGreaterThan(400);
  expect(corpus.length).toBeGreaterThan(600);
});

test('a sparse file of a tebibyte is stored without reading all of it', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-sparse-'));
  try {
    const at = path.join(folder, 'sparse.gguf');
    const tensor = { shape: [2 ** 19, 2 ** 19], values: new Float32Array(0) };
    fs.writeFileSync(at, file({ others: { sparse: tensor } }));
    fs.truncateSync(at, fs.statSync(at).size + 2 ** 40);
    const id = storeModel(at);
    expect(storeModel(at)).toBe(id);
    removeModel(id);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});
