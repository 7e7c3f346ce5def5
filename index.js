'use strict';

const realm = require('./dist/index.js');

// Written out name by name: Node's CommonJS lexer reads this literal, so that `import { storeModel } from
// '@realm/realm-node'` works. test/package.test.js compares it with dist/index.js.
module.exports = {
  storeModel: realm.storeModel,
  getTensor: realm.getTensor,
  getModelInfo: realm.getModelInfo,
  removeModel: realm.removeModel,
  embedTokens: realm.embedTokens,
  embedTokensInto: realm.embedTokensInto,
  forwardLayer: realm.forwardLayer,
  forwardLayerInto: realm.forwardLayerInto,
  computeLogits: realm.computeLogits,
  computeLogitsInto: realm.computeLogitsInto,
  loadModel: realm.loadModel,
  loadModelSync: realm.loadModelSync,
  getEngineInfo: realm.getEngineInfo,
  Model: realm.Model,
  RealmError: realm.RealmError,
};
