export { storeModel } from './storeModel';
export { getTensor } from './getTensor';
export { getModelInfo, type StoredModelInfo } from './getModelInfo';
export { removeModel } from './removeModel';
export { embedTokens } from './embedTokens';
export { embedTokensInto } from './embedTokensInto';
export { forwardLayer } from './forwardLayer';
export { forwardLayerInto } from './forwardLayerInto';
export { computeLogits } from './computeLogits';
export { computeLogitsInto } from './computeLogitsInto';
export { loadModel, loadModelSync, type LoadOptions } from './loadModel';
export { getEngineInfo, type EngineInfo } from './getEngineInfo';
export {
  Model,
  type ModelInfo,
  type CacheType,
  type TokenizeOptions,
  type DetokenizeOptions,
  type LogitsOptions,
  type ChatMessage,
  type ChatTemplateOptions,
} from './model';
export { type Generation, type GenerateOptions, type GenerationChunk, type GenerationResult } from './generation';
export { RealmError, type RealmErrorCode } from './errors';
export type { Bytes, Floats, TokenIds } from './check';
