'use strict';

const {
  storeModel,
  getTensor,
  getModelInfo,
  removeModel,
  embedTokens,
  embedTokensInto,
  forwardLayer,
  forwardLayerInto,
  computeLogits,
  computeLogitsInto,
  loadModel,
  loadModelSync,
  inspectModel,
  inspectModelSync,
  getEngineInfo,
  renderChatTemplate,
  renderChatSegments,
  Model,
  RealmError,
} = require('./dist/index.js');

// Written out name by name: Node's CommonJS lexer reads this literal, so that `import { storeModel } from
// '@realm/realm-node'` works. test/package.test.js compares it with dist/index.js.
module.exports = {
  storeModel,
  getTensor,
  getModelInfo,
  removeModel,
  embedTokens,
  embedTokensInto,
  forwardLayer,
  forwardLayerInto,
  computeLogits,
  computeLogitsInto,
  loadModel,
  loadModelSync,
  inspectModel,
  inspectModelSync,
  getEngineInfo,
  renderChatTemplate,
  renderChatSegments,
  Model,
  RealmError,
};
