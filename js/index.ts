export { storeModel } from './layers/storeModel';
export { getTensor } from './layers/getTensor';
export { getModelInfo, type StoredModelInfo } from './layers/getModelInfo';
export { removeModel } from './layers/removeModel';
export { embedTokens } from './layers/embedTokens';
export { embedTokensInto } from './layers/embedTokensInto';
export { forwardLayer } from './layers/forwardLayer';
export { forwardLayerInto } from './layers/forwardLayerInto';
export { computeLogits } from './layers/computeLogits';
export { computeLogitsInto } from './layers/computeLogitsInto';
export { inspectModel, inspectModelSync, type InspectOptions, type ModelInspection } from './model/inspectModel';
export type { Numbers } from './layers/numbers';
export { loadModel, loadModelSync, type BlobLike, type LoadOptions } from './model/loadModel';
export { type Log, type LoadProgress, type LoraAdapter, type CacheType } from './options/load';
export { getEngineInfo, type EngineInfo } from './engine/getEngineInfo';
export {
  type Format,
  type FormatValue,
  type JsonSchema,
  type StandardSchema,
  type Node as StructureNode,
} from './options/structure';
export { type CompiledFormat, type CompileFormatOptions } from './model/compiledFormat';
export {
  Model,
  type ModelInfo,
  type TokenizeOptions,
  type DetokenizeOptions,
  type TokenBytesOptions,
  type LogitsOptions,
  type VerifyOptions,
} from './model/model';
export { type RestoreOptions, type Session, type SessionFileOptions } from './model/session';
export { type SessionOptions, type ContextShift } from './options/session';
export { type Decoder, type DecoderOptions } from './model/decoder';
export { type EmbedOptions, type PoolingType } from './model/embed';
export { type RankOptions } from './model/rank';
export { type Score, type ScoreOptions } from './model/score';
export { type ModelStats } from './engine/observe';
export { type ModelMemory } from './model/memory';
export { renderChatTemplate } from './chat/renderChatTemplate';
export { renderChatSegments, type ChatSegment } from './chat/renderChatSegments';
export { type ChatMessage } from './chat/conversation';
export { type RenderOptions } from './chat/options';
export { type ChatTemplateOptions } from './chat/modelTemplate';
export { type ChatFormat } from './chat/format/types';
export { type Chat } from './model/chat/chat';
export {
  type ChatDelta,
  type ChatFinishReason,
  type ChatOptions,
  type ChatPartial,
  type ChatResult,
  type ChatStep,
  type ChatUsage,
  type OpenAITool,
  type ReasoningOptions,
  type Tool,
  type ToolCall,
  type ToolChoice,
  type ToolContext,
  type ToolResult,
} from './model/chat/types';
export { type Generation } from './model/generation';
export {
  type GenerationChunk,
  type GenerationResult,
  type GenerationTimings,
  type PartialResult,
  type TokenLogprob,
} from './model/result';
export { type GenerateOptions } from './options/generate';
export { type LogitsProcessor, type LogitsStep } from './engine/processing';
export { RealmError, type RealmErrorCode } from './portable/errors';
export type { Bytes, Floats, TokenIds } from './engine/check';
