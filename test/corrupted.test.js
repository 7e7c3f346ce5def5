'use strict';

const fs = require('node:fs');
const { runScript } = require('./fixtures/child');
const { tinyAtlas } = require('./fixtures/places');

// A damaged file is an error or a model, never a crash, a hang or a heap of memory. In a process of its own, so that a
// crash would be seen as one.

const bytes = fs.readFileSync(tinyAtlas);
// Where the metadata ends and the first tensor's bytes begin: all tensors' bytes lie at the end of the file.
const METADATA = bytes.length - 2219520;

const TRY = `
  const fs = require('node:fs');
  const file = fs.readFileSync(${JSON.stringify(tinyAtlas)});
  const outcomes = {};
  let slowest = 0;
  function attempt(bytes) {
    const began = performance.now();
    let outcome = 'model';
    try {
      realm.removeModel(realm.storeModel(bytes));
    } catch (error) {
      if (!(error instanceof realm.RealmError) || error.code === 'E_INTERNAL' || error.message.length < 30) throw error;
      outcome = error.code;
    }
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    slowest = Math.max(slowest, performance.now() - began);
    return outcome;
  }
  const report = () => console.log(JSON.stringify({ outcomes, slowest, memory: process.resourceUsage().maxRSS >> 10 }));
`;

async function outcomesOf(script) {
  const result = await runScript(TRY + script);
  expect({ code: result.code, signal: result.signal, stderr: result.stderr }).toEqual({
    code: 0,
    signal: null,
    stderr: '',
  });
  return JSON.parse(result.stdout);
}

test('every prefix of the metadata is an error', async () => {
  // Through a file that grows would be slow, through bytes each prefix is copied: the last ones in steps.
  const { outcomes, slowest } = await outcomesOf(`
    for (let length = 0; length < ${METADATA}; length += length < 4096 ? 1 : 37) attempt(file.subarray(0, length));
    report();
  `);
  expect(outcomes.model).toBeUndefined();
  expect(Object.keys(outcomes)).toContain('E_TRUNCATED');
  expect(slowest).toBeLessThan(1000);
});

test('500 changes of a single byte of the metadata: an error or a model', async () => {
  const { outcomes, slowest, memory } = await outcomesOf(`
    let state = 12345;
    const random = (below) => ((state = (Math.imul(state, 1103515245) + 12345) >>> 0) >>> 8) % below;
    for (let i = 0; i < 500; i++) {
      // Every other change hits the head, where the counts, lengths and types are denser.
      const at = random(i % 2 ? 2048 : ${METADATA});
      const before = file[at];
      file[at] = i % 3 ? random(256) : before ^ (1 << random(8));
      attempt(file);
      file[at] = before;
    }
    if (attempt(file) !== 'model') throw new Error('the file is whole again');
    report();
  `);
  expect(Object.keys(outcomes).length).toBeGreaterThan(3);
  expect(outcomes.model).toBeGreaterThan(1);
  expect(slowest).toBeLessThan(2000);
  expect(memory).toBeLessThan(600);
});

test('a changed file that still opens can be used: errors, no crash', async () => {
  const { outcomes } = await outcomesOf(`
    let state = 777;
    const random = (below) => ((state = (Math.imul(state, 1103515245) + 12345) >>> 0) >>> 8) % below;
    (async () => {
      for (let i = 0; i < 60; i++) {
        const copy = Buffer.from(file);
        for (let n = 0; n < 3; n++) copy[random(i % 2 ? 2048 : ${METADATA})] = random(256);
        let outcome = 'used';
        try {
          const model = await realm.loadModel(copy, { threads: 1 });
          await model.generate([1, 2, 3], { maxTokens: 2 });
          model.close();
        } catch (error) {
          if (!(error instanceof realm.RealmError) || error.code === 'E_INTERNAL') throw error;
          outcome = error.code;
        }
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      }
      report();
    })();
  `);
  expect(outcomes.used).toBeGreaterThan(0);
  expect(Object.keys(outcomes).length).toBeGreaterThan(2);
});
