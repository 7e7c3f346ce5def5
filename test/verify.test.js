'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { loadModel } = require('..');
const { file, matrix } = require('./hostile/base');
const { rejection } = require('./fixtures/failure');
const { tinyAtlas } = require('./fixtures/places');

let folder;
beforeAll(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-verify-'))));
afterAll(() => fs.rmSync(folder, { recursive: true }));

test('a whole file, loaded, mapped, or opened for its vocabulary alone', async () => {
  for (const options of [{}, { weights: 'mapped' }, { vocabOnly: true }]) {
    const model = await loadModel(tinyAtlas, options);
    expect(await model.verify()).toBeUndefined();
    model.close();
  }
});

test('a number that is not finite where neither loading nor running comes: named by tensor and index', async () => {
  const unused = matrix(33, 3000);
  unused.values[98765] = -Infinity;
  const at = path.join(folder, 'unused.gguf');
  fs.writeFileSync(at, file({ others: { unused } }));
  const model = await loadModel(at);
  await model.logits([1, 2]);
  expect(await rejection(model.verify())).toMatchObject({
    name: 'RealmError',
    code: 'E_NUMERIC',
    message:
      "tensor 'unused' has a number that is not finite (infinite, or no number at all) at index 98765: the file is damaged",
  });
  model.close();
});

test('a signal, close(), a closed model, a file that changed, unknown options', async () => {
  const large = path.join(folder, 'large.gguf');
  fs.writeFileSync(large, file({ others: { large: matrix(4096, 4096) } }));
  const model = await loadModel(large);
  const reason = new Error('enough');
  expect(await rejection(model.verify({ signal: AbortSignal.abort(reason) }))).toMatchObject({ message: 'enough' });
  const controller = new AbortController();
  const verifying = rejection(model.verify({ signal: controller.signal }));
  controller.abort(reason);
  expect(await verifying).toMatchObject({ message: 'enough' });
  expect(await rejection(model.verify({ signl: 1 }))).toMatchObject({ code: 'E_INVALID_ARGUMENT' });
  const another = rejection(model.verify());
  model.close();
  expect(await another).toMatchObject({ code: 'E_CANCELLED' });
  expect(await rejection(model.verify())).toMatchObject({ code: 'E_MODEL_CLOSED' });
  const open = await loadModel(large, { vocabOnly: true });
  fs.truncateSync(large, 1000);
  expect(await rejection(open.verify())).toMatchObject({ code: 'E_TRUNCATED' });
  open.close();
});
