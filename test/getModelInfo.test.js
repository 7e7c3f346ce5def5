'use strict';

const { storeModel, removeModel, getModelInfo } = require('..');
const { tinyAtlas, smollm2, goldenTest } = require('./fixtures/places');
const { failure } = require('./fixtures/failure');

test('exactly tensor_count and total_size', () => {
  const id = storeModel(tinyAtlas);
  const info = getModelInfo(id);
  expect(Object.keys(info)).toEqual(['tensor_count', 'total_size']);
  expect(info).toEqual({ tensor_count: 38, total_size: 2219520 }); // the tensors' bytes, not the file's 2267296
  removeModel(id);
});

goldenTest('SmolLM2', () => {
  const id = storeModel(smollm2);
  const { tensor_count, total_size } = getModelInfo(id);
  expect(tensor_count).toBe(272);
  expect((total_size / 1048576).toFixed(2)).toBe('92.10');
  removeModel(id);
});

test('a model that is not there', () => {
  expect(failure(() => getModelInfo(999999))).toEqual({
    name: 'RealmError',
    code: 'E_MODEL_NOT_FOUND',
    message: 'Failed to get model: Model 999999 not found',
  });
});
