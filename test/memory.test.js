'use strict';

const { runScript } = require('./fixtures/child');
const { tinyAtlas } = require('./fixtures/places');

// What is closed, removed or forgotten is given back. In a process of its own, by what the system counts for it.

const COUNTS = `
  const fs = require('node:fs');
  require('node:v8').setFlagsFromString('--expose-gc');
  const gc = require('node:vm').runInNewContext('gc');
  const MODEL = ${JSON.stringify(tinyAtlas)};
  const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  const counts = () => ({
    maps: fs.readFileSync('/proc/self/maps', 'utf8').split('\\n').filter((line) => line.includes('tiny-atlas')).length,
    threads: fs.readdirSync('/proc/self/task').length,
    files: fs.readdirSync('/proc/self/fd').length,
    megabytes: Math.round(process.memoryUsage().rss / 1e6),
  });
  const settled = async () => { for (let i = 0; i < 5; i++) { gc(); await pause(40); } return counts(); };
`;

async function before(script) {
  const { code, stdout, stderr } = await runScript(`${COUNTS} (async () => { ${script} })();`);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

/** The same work in rounds: what the last rounds left over is what the first ones left over. */
const rounds = (work) => `
  const round = async () => { ${work} };
  for (let i = 0; i < 60; i++) await round(); // until buffers, heaps and pools have their size
  const first = await settled();
  for (let i = 0; i < 100; i++) await round();
  console.log(JSON.stringify([first, await settled()]));`;

function expectFlat([first, last]) {
  expect(last.maps).toBe(first.maps);
  expect(last.threads).toBeLessThanOrEqual(first.threads + 1);
  expect(last.files).toBe(first.files);
  expect(last.megabytes - first.megabytes).toBeLessThan(25);
}

test('models opened, used and closed', async () => {
  const work = `
    const model = await realm.loadModel(MODEL);
    await model.generate('The capital of France is');
    await model.logits([1, 2, 3]);
    model.close();`;
  const counted = await before(rounds(work));
  expect(counted[0].maps).toBe(0);
  expectFlat(counted);
});

test('models closed in the middle of their work', async () => {
  const work = `
    const model = await realm.loadModel(MODEL);
    const running = [1, 2, 3].map(() => model.generate('The capital of France is', { ignoreEos: true }).catch(() => {}));
    await pause(1);
    model.close();
    await Promise.all(running);`;
  expectFlat(await before(rounds(work)));
});

test('models stored from bytes and removed', async () => {
  const work = `
    const id = realm.storeModel(fs.readFileSync(MODEL));
    realm.forwardLayer(id, 0, realm.embedTokens(id, [1, 2]), 0);
    realm.removeModel(id);`;
  expectFlat(await before(rounds(work)));
});

test('files that are refused', async () => {
  expectFlat(await before(rounds(`try { realm.storeModel(fs.readFileSync(MODEL).subarray(0, 60000)); } catch {}`)));
});

test('a model that nobody refers to any more is closed; one that generates is not', async () => {
  const [open, dropped, text] = await before(`
    let model = await realm.loadModel(MODEL);
    const open = counts().maps;
    let generation = model.generate('The capital of France is', { ignoreEos: true, maxTokens: 100 });
    model = undefined;
    gc();
    const { text } = await generation;
    generation = undefined;
    console.log(JSON.stringify([open, (await settled()).maps, text.slice(0, 7)]));`);
  expect(open).toBeGreaterThan(0);
  expect(dropped).toBe(0);
  expect(text).toBe(' Paris.');
});
