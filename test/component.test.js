'use strict';

// js/guest/realm.wit runs under jco as it stands, with what @realm/realm-node/component gives: a component in JavaScript.

const path = require('node:path');
const { loadModelSync } = require('..');
const { runProgram } = require('./fixtures/child');
const { tinyAtlas } = require('./fixtures/places');
const { FRANCE } = require('./fixtures/guests');
const component = require('../dist/component');

test('a JavaScript component: layer by layer and at once, errors with their code, 64 bits as bigint', async () => {
  const program = path.join(__dirname, 'fixtures/component.mjs');
  const { stdout, stderr, code } = await runProgram(process.execPath, [program, tinyAtlas, FRANCE, '20']);
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  const model = loadModelSync(tinyAtlas);
  const whole = await model.generate(FRANCE, {
    ...{ maxTokens: 20, temperature: 1, seed: 18446744073709551615n },
  });
  const chat = await model.chat([{ role: 'user', content: 'What is the capital of Japan?' }]);
  expect(JSON.parse(stdout)).toEqual({
    failures: [
      'E_MODEL_NOT_FOUND: the host allows no model named "other"',
      'E_MODEL_NOT_FOUND: Model 77 not found',
      'E_INVALID_ARGUMENT: messages must have at least one message, got none',
      expect.stringMatching(/^E_INVALID_ARGUMENT: the answer has no "nothing"; it has content, /),
    ],
    ...{ answer: chat.content, end: 'stop' },
    text: (await model.generate(FRANCE, { maxTokens: 20 })).text,
    whole: whole.text,
    tensorCount: 38,
    totalSize: 'bigint 2219520',
  });
  model.close();
}, 600_000);

test('transpiled with --map: the module itself has the functions', () => {
  component.configureHost({ models: { m: tinyAtlas } });
  const id = component.loadModelByName('m');
  expect(component.getModelInfo(id)).toEqual({ tensorCount: 38, totalSize: 2219520n });
  expect(() => component.hiddenSize(99)).toThrow(
    expect.objectContaining({ payload: 'E_MODEL_NOT_FOUND: Model 99 not found' }),
  );
  expect(() => component.tokenize(id, 5)).toThrow(
    expect.objectContaining({ payload: expect.stringMatching(/^E_INVALID_ARGUMENT: /) }),
  );
  component.removeModel(id);
});
