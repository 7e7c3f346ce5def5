import type { Floats, TokenIds } from '../../engine/check';
import type { StoredModelInfo } from '../../layers/getModelInfo';
import type { GuestLimits } from '../../portable/guest/quota';
import type { AllowedModels } from '../local';

export interface HostOptions {
  /** The models that guests may load, by the names they use. */
  models?: AllowedModels;
  /** Text that guests stream. Returning false asks the guest to stop. */
  onToken?: (text: string) => boolean | void;
  /** What a model thinks before it answers a conversation, likewise. */
  onReasoning?: (text: string) => boolean | void;
  /** Whether guests may hand over the bytes of a model themselves (`storeModel`). Default false. */
  mayStore?: boolean;
  /** How much the guests of this host may use together; E_LIMIT beyond it. */
  limits?: GuestLimits;
  /** Every failed call, with the error as it was: the guest is told no path. */
  onError?: (name: string, error: unknown) => void;
}

/**
 * What guests of Option 1 import: functions over typed arrays, texts and numbers, without a pointer in sight. Every id has a
 * key/value cache of its own. Failures are thrown, as `RealmError`.
 */
export interface Host {
  /** A model that the host allows, by name. Each call gives an id, and a cache, of its own. */
  loadModelByName(name: string): number;
  /** Keeps a model that the guest has the bytes of, where the host lets it. The same bytes and id give the same id. */
  storeModel(bytes: Uint8Array, modelId?: number): number;
  removeModel(modelId: number): void;
  getModelInfo(modelId: number): StoredModelInfo;
  /** JSON, with upstream's fields: {"config": {"vocab_size", "hidden_size", "num_layers", ...}, "has_tokenizer", ...}. */
  getModelMetadata(modelId: number): string;
  hiddenSize(modelId: number): number;
  vocabSize(modelId: number): number;
  layerCount(modelId: number): number;
  contextLength(modelId: number): number;
  getTensor(modelId: number, tensorName: string): Float32Array;
  /** float32 (tokens, hidden size) */
  embedTokens(modelId: number, tokenIds: TokenIds): Float32Array;
  /** Writes into `out`, which may be a view of the guest's memory; returns how many numbers. */
  embedTokensInto(modelId: number, tokenIds: TokenIds, out: Float32Array): number;
  /** float32 (rows, hidden size); the cache is cut to `position`, which is the first row's, and grows by the rows */
  forwardLayer(modelId: number, layerIdx: number, hiddenStates: Floats, position: number): Float32Array;
  forwardLayerInto(
    modelId: number,
    layerIdx: number,
    hiddenStates: Floats,
    position: number,
    out: Float32Array,
  ): number;
  /** `layerCount` layers from `firstLayer` on, as that many calls of `forwardLayer`. */
  forwardLayers(
    modelId: number,
    firstLayer: number,
    layerCount: number,
    hiddenStates: Floats,
    position: number,
  ): Float32Array;
  /** float32 (vocabulary size) */
  computeLogits(modelId: number, hiddenState: Floats): Float32Array;
  computeLogitsInto(modelId: number, hiddenState: Floats, out: Float32Array): number;
  /** Begin token as the file asks for it, special tokens recognised. */
  tokenize(modelId: number, text: string): Uint32Array;
  /** Without special tokens. A token alone may be a part of a character: see `createDecoder`, and `detokenizeBytes`. */
  detokenize(modelId: number, tokenIds: TokenIds): string;
  /** The bytes as they are, without special tokens. */
  detokenizeBytes(modelId: number, tokenIds: TokenIds): Uint8Array;
  /** Whether the model ends its text with this token; there may be several such. */
  isEndToken(modelId: number, tokenId: number): boolean;
  /** All of them. */
  endTokens(modelId: number): Uint32Array;
  /**
   * For text that comes token by token: whole characters, and an end at stop texts.
   *
   * @param after the tokens before, such as the prompt's, whose text is not given
   * @param options JSON: `{"stop": ["\nUser:"]}`, or nothing
   */
  createDecoder(modelId: number, after: TokenIds, options?: string): number;
  /** The text that tokens make ready. */
  decodeNext(decoderId: number, tokenIds: TokenIds): string;
  /** The text has ended: what waited for the rest of a character, or of a stop text. */
  decodeEnd(decoderId: number): string;
  /** Whether a stop text came: nothing behind it is given. */
  decoderStopped(decoderId: number): boolean;
  removeDecoder(decoderId: number): void;
  /** The index of the highest number, the first one of equals. */
  argmax(logits: Floats): number;
  /** Chooses tokens as `generate` with the same options and seed. `options`: JSON of samplers' options, or nothing: the most probable token. */
  createSampler(modelId: number, options?: string): number;
  /** Notes tokens that were not chosen here: the prompt. */
  acceptTokens(samplerId: number, tokenIds: TokenIds): void;
  /** Chooses the next token, and notes it. */
  chooseToken(samplerId: number, logits: Floats): number;
  removeSampler(samplerId: number): void;
  /** A conversation as the model's template writes it. `messages`: JSON, an array of them or an object with `messages`, `tools`, ... */
  applyChatTemplate(modelId: number, messages: string): string;
  /** The ids of a conversation: nothing that a message says makes a special token. */
  encodeChat(modelId: number, messages: string): Uint32Array;
  /** Hands text to the host. 1: it asks the guest to stop. */
  streamToken(text: string): number;
  /** Waits for the whole text; it also goes to the host as it comes. `temperature` 0: greedy. */
  generate(modelId: number, prompt: string, maxTokens?: number, temperature?: number, seed?: number | bigint): string;
  /** The same with options of the package's `generate`, as JSON: samplers, `stop`, `format`, ... */
  generateWith(modelId: number, prompt: string, options: string): string;
  /**
   * Answers a conversation as the package's `chat`, in which nothing that a message says is a special token: the content, which also goes to
   * the host as it comes. `messages`: JSON, an array of them; `options`: JSON, those of `chat` (`format`, `tools`, `reasoning`, ...), or nothing.
   */
  chat(modelId: number, messages: string, options?: string): string;
  /**
   * What else the model's last answer has. `part`: `content`, `reasoning` and `finishReason` as they are, `toolCalls`, `messages`, `value`, `stop` and
   * `usage` as JSON; or nothing: all as JSON.
   */
  chatAnswer(modelId: number, part?: string): string;
  /** Forgets all positions of the model's cache. */
  resetSession(modelId: number): void;
}
