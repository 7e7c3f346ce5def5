'use strict';

const fs = require('node:fs');
const { runScript } = require('./fixtures/child');
const { tinyAtlas } = require('./fixtures/places');
const { root } = require('./fixtures/places');

// Each in a process of its own: a crash there is an exit code here.

const inWorkers = (main, worker) =>
  runScript(`
    const { Worker } = require('node:worker_threads');
    const PACKAGE = ${JSON.stringify(root)}, MODEL = ${JSON.stringify(tinyAtlas)};
    const code = ${JSON.stringify(`
      const { parentPort } = require('node:worker_threads');
      const realm = require(${JSON.stringify(root)});
      const MODEL = ${JSON.stringify(tinyAtlas)};
      (async () => { ${worker} })();
    `)};
    const start = () => new Worker(code, { eval: true });
    const message = (worker) => new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    (async () => { ${main} })();
  `);

const good = { code: 0, signal: null, stderr: '' };

test('a model in a worker, and its natural end', async () => {
  const result = await inWorkers(
    `const worker = start();
     const text = await message(worker);
     await new Promise((resolve) => worker.on('exit', resolve));
     console.log(text, (await (await realm.loadModel(MODEL)).generate('The capital of Japan is')).text);`,
    `const model = await realm.loadModel(MODEL);
     parentPort.postMessage((await model.generate('The capital of France is')).text);`,
  );
  expect(result).toMatchObject({ ...good, stdout: ' Paris.  Tokyo.\n' });
});

test('required only in workers, one after the other', async () => {
  const { code, signal, stderr } = await runScript(
    `const { Worker } = require('node:worker_threads');
     (async () => {
       for (let i = 0; i < 5; i++) {
         const worker = new Worker('require(' + JSON.stringify(${JSON.stringify(root)}) + ').loadModelSync(' + JSON.stringify(${JSON.stringify(tinyAtlas)}) + ')', { eval: true });
         await new Promise((resolve) => worker.on('exit', resolve));
       }
     })();`.replace('const realm', ''),
  );
  expect({ code, signal, stderr }).toEqual(good);
});

test('terminated in the middle of generations, of loads and of calls', async () => {
  const result = await inWorkers(
    `for (let i = 0; i < 8; i++) {
       const workers = [start(), start()];
       await Promise.all(workers.map(message));
       await new Promise((resolve) => setTimeout(resolve, i * 7));
       await Promise.all(workers.map((worker) => worker.terminate()));
     }
     const model = await realm.loadModel(MODEL);
     console.log((await model.generate('The capital of France is')).text);`,
    `const model = await realm.loadModel(MODEL);
     const endless = () => model.generate('The capital of France is', { ignoreEos: true, maxTokens: 500 });
     parentPort.postMessage('running');
     for (;;) {
       await Promise.all([endless(), endless(), realm.loadModel(MODEL), model.logits(new Uint32Array(300))]);
     }`,
  );
  expect(result).toMatchObject({ ...good, stdout: ' Paris.\n' });
});

test('stored models belong to the process: a worker uses what the main thread stored', async () => {
  const result = await inWorkers(
    `const id = realm.storeModel(MODEL);
     const worker = start();
     const same = await message(worker);
     await worker.terminate();
     console.log(same === id, realm.getModelInfo(id).tensor_count);`,
    `const id = realm.storeModel(MODEL); realm.embedTokens(id, [1]); parentPort.postMessage(id); setInterval(() => {}, 1000);`,
  );
  expect(result).toMatchObject({ ...good, stdout: 'true 38\n' });
});

test('a model that a dead worker left open is closed', async () => {
  const result = await inWorkers(
    `const fs = require('node:fs');
     const maps = () => fs.readFileSync('/proc/self/maps', 'utf8').split('\\n').filter((line) => line.includes('tiny-atlas')).length;
     const worker = start();
     await message(worker);
     const during = maps();
     await worker.terminate();
     console.log(during > 0, maps());`,
    `globalThis.kept = await realm.loadModel(MODEL); parentPort.postMessage('open'); setInterval(() => {}, 1000);`,
  );
  expect(fs.existsSync('/proc/self/maps')).toBe(true);
  expect(result).toMatchObject({ ...good, stdout: 'true 0\n' });
});

// Here nothing can be thrown, called or made any more, and whatever the addon does then must not end the process.
test('terminated while it waits in calls of the addon, gets chunks from it and throws to it', async () => {
  const result = await inWorkers(
    `for (let i = 0; i < 12; i++) {
       const workers = [start(), start()];
       await Promise.all(workers.map(message));
       await new Promise((resolve) => setTimeout(resolve, i * 3));
       await Promise.all(workers.map((worker) => worker.terminate()));
     }
     console.log((await (await realm.loadModel(MODEL)).generate('The capital of France is')).text);`,
    `const native = require(${JSON.stringify(require('node:path').join(root, 'index.node'))});
     const model = native.openModel(MODEL, '{"threads":1}');
     const ids = native.tokenize(model, 'The capital of France is', 1, false);
     const options = '{"maxTokens":300,"ignoreEos":true}';
     parentPort.postMessage('running');
     for (;;) {
       native.generateWait(model, ids, options, () => true);
       for (let i = 0; i < 50; i++) {
         try { native.getTensor(1, 'none'); } catch {}
         try { native.openModelStart('/nowhere', '', () => {}); } catch {}
         try { native.detokenize(model, { length: 1 }, true); } catch {}
         try { native.generateStart(model, ids, 'no JSON', () => {}); } catch {}
         try { native.storeModel(new Uint8Array(100)); } catch {}
       }
     }`,
  );
  expect(result).toMatchObject({ ...good, stdout: ' Paris.\n' });
});
