'use strict';

const { storeModel, removeModel, embedTokens, forwardLayer } = require('..');
const { tinyAtlas } = require('./fixtures/places');
const { failure } = require('./fixtures/failure');

const notFound = (id) => ({
  name: 'RealmError',
  code: 'E_MODEL_NOT_FOUND',
  message: `Failed to remove model: Model ${id} not found`,
});

test('returns nothing; the second time the model is not found', () => {
  const id = storeModel(tinyAtlas);
  expect(removeModel(id)).toBeUndefined();
  expect(failure(() => removeModel(id))).toEqual(notFound(id));
});

test.each([0, 999999, -5, NaN, 4294967295])('no model has the id %p', (id) => {
  const shown = id > 0 ? id : 0; // upstream's saturated conversion
  expect(failure(() => removeModel(id))).toEqual(notFound(shown));
});

test('the key/value cache goes with it', () => {
  const id = storeModel(tinyAtlas);
  forwardLayer(id, 0, embedTokens(id, [1, 2, 3]), 0);
  removeModel(id);
  expect(storeModel(tinyAtlas)).toBe(id);
  expect(failure(() => forwardLayer(id, 0, embedTokens(id, [4]), 3)).code).toBe('E_CACHE_GAP');
  removeModel(id);
});
