/// <reference lib="esnext.disposable" preserve="true" />
import { checkMessages, ownMessages, type ChatMessage } from '../chat/conversation';
import type { ChatFormat } from '../chat/format/types';
import { type ChatTemplateOptions, modelTemplate } from '../chat/modelTemplate';
import { renderChatSegments } from '../chat/renderChatSegments';
import { renderChatTemplate } from '../chat/renderChatTemplate';
import { binding, type JobEvent } from '../engine/binding';
import { abortSignal, flag, invalid, modelIds, show, text as checkText, type TokenIds } from '../engine/check';
import { native } from '../engine/errors';
import { dispose } from '../portable/dispose';
import { deepFrozen } from '../portable/frozen';
import { RealmError } from '../portable/errors';
import { checkGenerateOptions, scalesOf, type GenerateOptions } from '../options/generate';
import type { CacheType } from '../options/load';
import { checkSessionOptions, type SessionOptions } from '../options/session';
import { Generation, generateSync, type Beginning } from './generation';
import { closedMeanwhile, startJob } from '../engine/job';
import { forgetStats, statsOf, type ModelStats } from '../engine/observe';
import { readOptions, type Table } from '../options/table';
import type { Chat, ChatBeginning } from './chat/chat';
import { chats, families } from './chats';
import type { ChatModel } from './chat/prompt';
import type { ChatOptions } from './chat/types';
import type { Format, FormatValue } from '../options/structure';
import { compileFormat, compileFormatSync, type CompiledFormat, type CompileFormatOptions } from './compiledFormat';
import { Decoder, type DecoderOptions } from './decoder';
import { embed, embedSync, type EmbedOptions } from './embed';
import type { ModelMemory } from './memory';
import { rank, rankSync, type RankOptions } from './rank';
import { score, scoreSync, type Score, type ScoreOptions } from './score';
import type { GenerationResult } from './result';
import { Session } from './session';
import { chatIds, checkPrompt } from './prompt';

/** What a model is. `null`: the file does not say (only with `vocabOnly`). */
export interface ModelInfo {
  /** `general.architecture`, such as `llama`. */
  architecture: string | null;
  name: string | null;
  /** `rope.freq_base`. */
  ropeTheta: number | null;
  /** `attention.layer_norm_rms_epsilon`. */
  normEpsilon: number | null;
  layers: number | null;
  hiddenSize: number | null;
  headCount: number | null;
  kvHeadCount: number | null;
  headSize: number | null;
  feedForwardSize: number | null;
  /** Numbers in a row of logits; token ids are below it. */
  vocabSize: number | null;
  /** Tokens that prompt and text together may have: `contextSize` of `loadModel`, or what the model was trained for. */
  contextLength: number | null;
  /** Tokens that the model was trained for. */
  trainedContextLength: number | null;
  /** Whether it gives logits and so can generate: an encoder gives vectors alone. */
  generates: boolean | null;
  /** How texts become vectors unless asked otherwise; `rank`: the file is for ranking. */
  pooling: 'none' | 'mean' | 'cls' | 'last' | 'rank' | null;
  /** Numbers of a token's vector, and of a text's embedding. */
  vectorSize: number | null;
  embeddingSize: number | null;
  /** Scores that the model's classifier gives; 0: it has none, so it can't rank. */
  rankSize: number | null;
  /** Numbers in all tensors. */
  parameters: number;
  /** Bytes of all tensors in the file. */
  bytes: number;
  /** `general.file_type`, and its name. */
  fileType: number | null;
  quantization: string | null;
  tensorCount: number;
  /** The file's Jinja template for conversations. */
  chatTemplate: string | null;
  /** Its other templates, by name: `tool_use`, `rag`. */
  chatTemplates: Readonly<Record<string, string>>;
  tokenizer: {
    model: string | null;
    pre: string | null;
    vocabSize: number;
    bosId: number | null;
    eosId: number | null;
    /** Between the two texts of a pair, behind the end token of the first, where the file asks for one. */
    pairSeparatorId: number | null;
    /** All tokens that end a generation. */
    endIds: number[];
  } | null;
  bosToken: string | null;
  eosToken: string | null;
  /** The instruction set the engine computes with. */
  isa: string;
  /** How the model was opened. */
  threads: number;
  weights: 'packed' | 'mapped';
  cacheType: CacheType;
  vocabOnly: boolean;
}

export interface TokenizeOptions {
  /** Begin and end tokens as the file asks for them. Default true. */
  addSpecial?: boolean;
  /** Special tokens written out in the text (`<|im_start|>`) become their ids. Default false: they are text like any other. */
  parseSpecial?: boolean;
  /** The ids that `generate` makes of a text: special tokens recognised, and a begin token that the text writes itself is not doubled. */
  asPrompt?: boolean;
}

export interface DetokenizeOptions {
  /** Leave special tokens out. Default false. */
  skipSpecial?: boolean;
  /**
   * Tidy white space as llama.cpp does for this tokenizer ("Hello , world !" becomes "Hello, world!"). Default false: the very text
   * that was tokenized, wherever the vocabulary can express it.
   */
  cleanSpaces?: boolean;
}

export interface TokenBytesOptions {
  /** Nothing for special tokens. Default false: their written form. */
  skipSpecial?: boolean;
}

export interface LogitsOptions {
  /** How strong each adapter of the model is for this text, in the order of `loadModel`'s `lora`. Default: as they were opened. */
  lora?: readonly number[];
  signal?: AbortSignal;
}

export interface VerifyOptions {
  signal?: AbortSignal;
}

/** A state of `binding.detokenizeNext`: no token before is special. */
const WITHIN_A_TEXT = 3;
const TOKENIZE = {
  addSpecial: (name, value) => flag(name, value, true),
  parseSpecial: (name, value) => flag(name, value, false),
  asPrompt: (name, value) => flag(name, value, false),
} satisfies Table;
const DETOKENIZE = {
  skipSpecial: (name, value) => flag(name, value, false),
  cleanSpaces: (name, value) => flag(name, value, false),
} satisfies Table;
const DECODER = {
  skipSpecial: (name, value) => flag(name, value, false),
  after: (name, value) => (value === undefined ? undefined : modelIds(value, name)),
} satisfies Table;
const TOKEN_BYTES = { skipSpecial: (name, value) => flag(name, value, false) } satisfies Table;
const SIGNAL = { signal: (_, value) => abortSignal(value) } satisfies Table;
/** `managed/Abi/ComputeOptionTables.cs` has the same rows. */
const LOGITS = { lora: scalesOf } satisfies Table;
/** Of binding.tokenize. */
const AS_PROMPT = 2;

/** @internal `TokenizeOptions` as `binding.tokenize` takes them. */
export const tokenizeArguments = ({ addSpecial, parseSpecial, asPrompt }: Required<TokenizeOptions>) => ({
  addSpecial: asPrompt ? AS_PROMPT : Number(addSpecial),
  parseSpecial: asPrompt || parseSpecial,
});

const forgotten = new FinalizationRegistry<bigint>((handle) => {
  forgetStats(handle);
  binding.closeModel(handle);
});

/** @internal The engine's number of a model. */
export let handleOf: (model: Model) => bigint;
/** @internal What `loadModel` was told of how the model writes answers. */
export let toldFormatOf: (model: Model) => Partial<ChatFormat> | undefined;

/** @internal What functions of other files need of a model. */
export const openedOf = (model: Model) => ({ handle: handleOf(model), info: model.info });

/** An open model. Made by `loadModel` and `loadModelSync`. */
export class Model {
  readonly info: Readonly<ModelInfo>;
  #handle: bigint;
  /** Fires when it is closed: also where the engine has nothing to end. */
  readonly #closing = new AbortController();
  readonly #chatFormat: Partial<ChatFormat> | undefined;

  static {
    handleOf = (model) => model.#open;
    toldFormatOf = (model) => model.#chatFormat;
  }

  /** @internal */
  constructor(handle: bigint, chatFormat?: Partial<ChatFormat>) {
    this.#handle = handle;
    this.#chatFormat = chatFormat;
    forgotten.register(this, handle, this);
    this.info = deepFrozen(JSON.parse(native(() => binding.describeModel(handle))) as ModelInfo);
  }

  /**
   * How the model writes what is no plain text: reasoning, and calls of tools. Found from the file's chat template, or what `loadModel`
   * was given as `chatFormat`; null: the file has no template.
   */
  get chatFormat(): ChatFormat | null {
    const { chatTemplate, chatTemplates } = this.info;
    const template = chatTemplates.tool_use ?? chatTemplate;
    return template === null ? null : families().chatFormatOf(template, this.#chatFormat);
  }

  /** What a chat needs to know. */
  get #chatModel(): ChatModel {
    const open = () => this.#open;
    const isClosed = () => this.#closed;
    return {
      closing: this.#closing.signal,
      info: this.info,
      chatFormat: this.#chatFormat,
      get handle() {
        return open();
      },
      get isClosed() {
        return isClosed();
      },
    };
  }

  get #closed(): boolean {
    return this.#closing.signal.aborted;
  }

  get #open(): bigint {
    if (this.#closed) throw new RealmError('E_MODEL_CLOSED', 'the model was closed');
    return this.#handle;
  }

  /** Text as token ids. */
  tokenize(text: string, options?: TokenizeOptions): Uint32Array {
    const { addSpecial, parseSpecial } = tokenizeArguments(readOptions('tokenize', {}, TOKENIZE, options).here);
    checkText('text', text);
    return new Uint32Array(native(() => binding.tokenize(this.#open, text, addSpecial, parseSpecial)));
  }

  /**
   * Token ids as text: the text that was tokenized, wherever the vocabulary can express it. Bytes that are no valid UTF-8 become
   * U+FFFD, ids beyond the vocabulary that a padded model may choose give nothing.
   */
  detokenize(ids: TokenIds, options?: DetokenizeOptions): string {
    const { skipSpecial, cleanSpaces } = readOptions('detokenize', {}, DETOKENIZE, options).here;
    const checked = modelIds(ids, 'ids');
    return native(() => binding.detokenize(this.#open, checked, Number(skipSpecial) + 2 * Number(cleanSpaces)));
  }

  /** The bytes that a token adds within a text, which may be part of a character. */
  tokenBytes(id: number, options?: TokenBytesOptions): Uint8Array {
    const { skipSpecial } = readOptions('tokenBytes', {}, TOKEN_BYTES, options).here;
    if (!Number.isInteger(id) || id < 0 || id > 0xffff_ffff)
      throw invalid(`id must be an integer from 0 to 4294967295, got ${show(id)}`);
    const ids = Uint32Array.of(id);
    const state = Uint32Array.of(WITHIN_A_TEXT);
    return new Uint8Array(native(() => binding.detokenizeNext(this.#open, ids, skipSpecial, state)));
  }

  /** For text that comes token by token: gives whole characters. */
  decoder(options?: DecoderOptions): Decoder {
    const { skipSpecial, after } = readOptions('decoder', {}, DECODER, options).here;
    return new Decoder(() => this.#open, skipSpecial, after);
  }

  /** The logits at every position of a sequence of its own: float32 (ids, vocabSize). */
  async logits(ids: TokenIds, options?: LogitsOptions): Promise<Float32Array> {
    const { json, here } = readOptions('logits', LOGITS, SIGNAL, options);
    const checked = modelIds(ids, 'ids');
    const count = Buffer.isBuffer(checked) || !ArrayBuffer.isView(checked) ? checked.byteLength >> 2 : checked.length;
    const elements = BigInt(count) * BigInt(this.info.vocabSize ?? 0);
    const model = this.#open;
    const start = (event: (news: JobEvent) => void) => binding.logitsStart(model, checked, json, elements, event);
    const { memory } = await startJob({ kind: 'logits', model }, start, here.signal).end;
    return new Float32Array(memory ?? []);
  }

  /**
   * A conversation as the text that the model was trained on, by the file's own template or another. Content given as parts is
   * joined; arguments of calls may be objects or, as in OpenAI's API, their JSON.
   *
   * @throws RealmError E_UNSUPPORTED: the file has no template, or content is no text; E_INVALID_ARGUMENT: the template refuses
   * the conversation; E_LIMIT: it takes too many steps, too much memory or too long
   */
  applyChatTemplate(messages: readonly ChatMessage[], options?: ChatTemplateOptions): string {
    const { source, options: given } = modelTemplate(this.info, options, 'applyChatTemplate');
    return renderChatTemplate(source, messages, given);
  }

  /**
   * A conversation as token ids: those of `applyChatTemplate`'s text, but only the template's own text makes special tokens. What
   * messages, tools and variables say stays text, so that nobody gives himself another role by writing `<|im_end|>`. A message
   * with `trusted: true` is taken for the template's own.
   *
   * @throws RealmError as `applyChatTemplate`
   */
  tokenizeChat(messages: readonly ChatMessage[], options?: ChatTemplateOptions): Uint32Array {
    const { source, options: given } = modelTemplate(this.info, options, 'tokenizeChat');
    return chatIds(this.#open, this.info.tokenizer?.bosId, renderChatSegments(source, messages, given));
  }

  /**
   * Texts as vectors: one each, or, with `pooling: 'none'`, every token's, (tokens, `info.vectorSize`). Texts go through the network
   * together; what else is there does not change a vector.
   *
   * @param texts texts, or the ids of each
   * @throws RealmError E_CONTEXT_FULL: a text is longer than the model's context
   */
  async embed(texts: readonly (string | TokenIds)[], options?: EmbedOptions): Promise<Float32Array[]> {
    return embed({ handle: this.#open, info: this.info }, texts, options);
  }

  /** The same at once; the event loop waits. */
  embedSync(texts: readonly (string | TokenIds)[], options?: Omit<EmbedOptions, 'signal'>): Float32Array[] {
    return embedSync({ handle: this.#open, info: this.info }, texts, options);
  }

  /**
   * How likely a text is, token by token: log-likelihoods and the perplexity.
   *
   * @param text text (begin token as the file asks for it), or token ids, two at least
   * @throws RealmError E_CONTEXT_FULL: it is longer than the model's context; E_UNSUPPORTED: the model sees texts as a whole
   */
  async score(text: string | TokenIds, options?: ScoreOptions): Promise<Score> {
    return score(this.#open, text, options);
  }

  /** The same at once; the event loop waits. */
  scoreSync(text: string | TokenIds, options?: Omit<ScoreOptions, 'signal'>): Score {
    return scoreSync(this.#open, text, options);
  }

  /** What the model has done since it was opened. Each job is also told of by `diagnostics_channel`: docs/observability.md. */
  stats(): ModelStats {
    const stats = statsOf(this.#open);
    return { ...stats, milliseconds: { ...stats.milliseconds } };
  }

  /** What the model takes of memory, and what a text may come to take. */
  memory(): ModelMemory {
    return JSON.parse(native(() => binding.describeMemory(this.#open))) as ModelMemory;
  }

  /**
   * How well each document answers the query, in the documents' order: the scores of the model's classifier, higher is better.
   *
   * @throws RealmError E_UNSUPPORTED: the model has no classifier
   */
  async rank(query: string, documents: readonly string[], options?: RankOptions): Promise<number[]> {
    return rank({ handle: this.#open, info: this.info }, query, documents, options);
  }

  /** The same at once; the event loop waits. */
  rankSync(query: string, documents: readonly string[], options?: Omit<RankOptions, 'signal'>): number[] {
    return rankSync({ handle: this.#open, info: this.info }, query, documents, options);
  }

  /**
   * Looks at every number of the model's file, on a thread of the engine: loading and running see only what they come to. Resolves when
   * nothing is wrong. With `vocabOnly` a file can be looked at without being loaded.
   *
   * @throws RealmError E_NUMERIC: a number is not finite, with its tensor and index; E_TRUNCATED, E_IO: the file changed, or can't be read
   */
  async verify(options?: VerifyOptions): Promise<void> {
    const { signal } = readOptions('verify', {}, SIGNAL, options).here;
    const model = this.#open;
    await startJob({ kind: 'verify', model }, (event) => binding.verifyStart(model, event), signal).end;
  }

  /**
   * Continues a prompt: loop over the result for the text as it comes, or await it for the whole.
   *
   * @param prompt text (begin token as the file asks for it, special tokens recognised, as chat templates need it), or token ids
   * Whatever goes wrong, a wrong argument too, comes out of the loop or the await.
   */
  generate<const F extends Format | undefined = undefined>(
    prompt: string | TokenIds,
    options?: GenerateOptions<F>,
  ): Generation<FormatValue<F>> {
    const begin = (): Beginning => {
      const checked = checkGenerateOptions(options);
      const model = this.#open;
      const from = checkPrompt(prompt);
      return { model, options: checked, start: (json, onEvent) => binding.generateStart(model, from, json, onEvent) };
    };
    return new Generation(begin, () => (this.#closed ? closedMeanwhile() : undefined));
  }

  /**
   * The same at once: the event loop waits for the whole, with `n` for one text after the other. Other work on the model goes on meanwhile.
   *
   * @throws RealmError as `generate`; E_INVALID_ARGUMENT: an option that needs the event loop (`signal`, `logitsProcessor`, `partial`,
   * `collect`); E_UNSUPPORTED: a schema that checks values asynchronously
   */
  generateSync<const F extends Format | undefined = undefined>(
    prompt: string | TokenIds,
    options?: Omit<GenerateOptions<F>, 'signal' | 'logitsProcessor' | 'partial' | 'collect'>,
  ): GenerationResult<FormatValue<F>> {
    return generateSync(this.#open, prompt, options) as GenerationResult<FormatValue<F>>;
  }

  /**
   * An empty session: a text that generations go on with, one after the other, without computing it again.
   *
   * @throws RealmError E_UNSUPPORTED: a model that can't generate; E_INVALID_ARGUMENT: options that do not fit it
   */
  createSession(options?: SessionOptions): Session {
    const model = this.#open;
    const json = checkSessionOptions(options, this.info);
    return new Session(
      this.#chatModel,
      native(() => binding.openSession(model, json)),
    );
  }

  /**
   * Answers a conversation in OpenAI's form: loop over the result for what comes, as it comes, or await it for the whole. What messages
   * say makes no special tokens.
   *
   * Whatever goes wrong, a wrong argument too, comes out of the loop or the await.
   */
  chat<const F extends Format | undefined = undefined>(
    messages: readonly ChatMessage[],
    options?: ChatOptions<F>,
  ): Chat<FormatValue<F>> {
    const model = this.#chatModel;
    const begin = (): ChatBeginning => ({
      ...{ model, messages: ownMessages(checkMessages(messages)) },
      start: (ids, json, onEvent) => binding.generateStart(model.handle, ids, json, onEvent),
    });
    return new (chats().Chat)(begin, options);
  }

  /**
   * Compiles a format on a thread of the engine: says what is wrong with it before anything is generated, how many tokens it takes, and
   * which texts are its. `generate` takes the result as `format`; so it does what was compiled for another model.
   *
   * @throws RealmError E_INVALID_ARGUMENT: a mistake in the format; E_UNSUPPORTED: it can't be held; E_LIMIT: it takes too much
   */
  async compileFormat<const F extends Format>(
    format: F,
    options?: CompileFormatOptions,
  ): Promise<CompiledFormat<FormatValue<F>>> {
    return compileFormat(() => this.#open, format, options) as Promise<CompiledFormat<FormatValue<F>>>;
  }

  /** The same at once; the event loop waits. */
  compileFormatSync<const F extends Format>(
    format: F,
    options?: Omit<CompileFormatOptions, 'signal'>,
  ): CompiledFormat<FormatValue<F>> {
    return compileFormatSync(() => this.#open, format, options) as CompiledFormat<FormatValue<F>>;
  }

  /** Ends all work on the model and frees its memory. A second call does nothing. */
  close(): void {
    if (this.#closed) return;
    forgotten.unregister(this);
    forgetStats(this.#handle);
    binding.closeModel(this.#handle);
    this.#closing.abort();
  }

  [dispose](): void {
    this.close();
  }
}
