// What guests need of a model, wherever it computes.
import type { GenerationSettings } from '../generationSettings.js';

/** The fields of a model's description that guests are told (`model.info` of the package has more). */
export interface GuestModelInfo {
  layers: number;
  hiddenSize: number;
  vocabSize: number;
  contextLength: number;
  headCount: number | null;
  kvHeadCount: number | null;
  feedForwardSize: number | null;
  ropeTheta: number | null;
  normEpsilon: number | null;
  architecture: string | null;
  tokenizer: { bosId: number | null; eosId: number | null; endIds: readonly number[] } | null;
  /** Of a cache: null or missing where it is not told. */
  headSize?: number | null;
  cacheType?: string;
}

/** How to generate, as guests ask for it. */
export interface GuestGenerateOptions extends GenerationSettings {
  /** The text ends before any of these tokens. */
  stopTokens?: readonly number[];
  /** Bytes of text at most: more is the fault TOO_SMALL, as soon as it is clear. */
  mostBytes?: number;
  /** Milliseconds it may take; longer is the error E_TIMEOUT. */
  timeout?: number;
}

/** A generation that has ended. */
export interface GuestAnswer {
  text: string;
  finishReason: 'stop' | 'length';
  promptTokens: number;
  /** Tokens generated, the one that ended it among them. */
  tokenCount: number;
}

/** Text that has come, and of how many tokens; it may be none yet. False stops the generation with the fault CANCELLED. */
export type OnPiece = (text: string, tokens: number) => boolean;

/** What a generation may take. */
export interface GenerationLimits {
  maxTokens: number;
  /** Milliseconds. */
  timeout?: number;
}

/** An answer to a conversation. */
export interface GuestChatAnswer extends GuestAnswer {
  /** What the package's `chat` tells: `content` (which is `text`), `reasoning`, `toolCalls`, ... */
  parts: Readonly<Record<string, unknown>>;
}

/** A conversation that is to be answered. */
export interface EngineChat {
  promptTokens: number;
  /** Whether the answer is held to a format, which would be closed early where less may be generated. */
  isHeld: boolean;
  run(
    limits: GenerationLimits,
    onPiece: (kind: 'content' | 'reasoning', text: string, tokens: number) => boolean,
  ): GuestChatAnswer;
}

/** Chooses tokens as `generate` with the same options and seed does. */
export interface EngineSampler {
  /** Notes tokens that were not chosen here: a prompt. */
  accept(ids: Uint32Array): void;
  /** Chooses and notes the next token. `logits` stay as they are. */
  choose(logits: Float32Array): number;
  close(): void;
}

/**
 * A model as one guest has it: weights shared with everybody, a key/value cache of its own. All calls wait. What they are
 * given has been checked against the guest's memory, not against the model.
 */
export interface EngineModel {
  readonly info: GuestModelInfo;
  storedInfo(): { tensor_count: number; total_size: number };
  /** @throws GuestFault TOO_SMALL: it has more bytes than `most`; before it is read, where that is known */
  tensor(name: string, most?: number): Float32Array;
  /** `out`: (tokens, hidden size). */
  embedInto(ids: Uint32Array, out: Float32Array): void;
  /** `count` layers, from `layer` on. `out` may be `hidden`. */
  forwardInto(layer: number, count: number, hidden: Float32Array, position: number, out: Float32Array): void;
  logitsInto(hidden: Float32Array, out: Float32Array): void;
  /** Forgets all positions: the next one must be 0. */
  reset(): void;
  /** The ids of a prompt, special tokens recognised, as chat templates need it. */
  encode(text: string): Uint32Array;
  /** Bytes of tokens as they are; special ones are left out. */
  decode(ids: Uint32Array): Uint8Array;
  /** Bytes that tokens add to a text behind others. `state`: one number, 0 at the beginning, then as the call before left it. */
  decodeNext(ids: Uint32Array, state: Uint32Array): Uint8Array;
  /** A conversation as the model's chat template writes it. */
  renderChat(messages: unknown, options: Record<string, unknown>): string;
  /** Its ids: nothing that a message says makes a special token. */
  encodeChat(messages: unknown, options: Record<string, unknown>): Uint32Array;
  /** `options`: the samplers' of `generate`. */
  sampler(options: Record<string, unknown>): EngineSampler;
  /** Generates, with a sequence of its own beside the guest's. */
  generate(prompt: string, options: GuestGenerateOptions, onPiece: OnPiece): GuestAnswer;
  /** The same with any options of the package that guests may set, by their names. */
  generateWith(
    prompt: string,
    options: Record<string, unknown>,
    own: GenerationLimits & { mostBytes?: number },
    onPiece: OnPiece,
  ): GuestAnswer;
  /** Answers a conversation as the package's `chat` does, with a sequence of its own. */
  chat(messages: unknown, options: Record<string, unknown>): EngineChat;
  /** Gives the cache and the share of the weights back. */
  close(): void;
}

/** Where a guest's models come from. */
export interface ModelOpener<M extends EngineModel> {
  /** @throws GuestFault MODEL_NOT_FOUND: the host does not allow it; an error with a code: it cannot be opened */
  named(name: string): M;
  /** A model that the guest has the bytes of. */
  bytes(gguf: Uint8Array): M;
  /** Equal for equal bytes. */
  contentOf(gguf: Uint8Array): string;
}
