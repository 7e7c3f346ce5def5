import { asText } from '../asText.js';
import { RealmError } from '../errors.js';
import { nearest } from '../nearest.js';
import type { EngineModel, GenerationLimits, GuestAnswer, GuestChatAnswer, GuestModelInfo } from './engine.js';
import { GuestFault } from './faults.js';

/** Takes text; false: no more of it. */
type OnText = (text: string) => boolean;

/** What one guest may use. A call beyond it is answered with the code LIMIT. */
export interface GuestLimits {
  /** Models at once, each with a key/value cache of its own. Default 64. */
  models?: number;
  /** Bytes of its key/value caches together, counted in pages of 64 positions of attention. Default 4 GiB. */
  cacheBytes?: number;
  /** Tokens it may have computed in all: a pass of one row through all layers is one. Default: any number. */
  tokens?: number;
  /** Milliseconds its calls may take in all. Default: any number. */
  milliseconds?: number;
  /** Calls in all. Default: any number. */
  calls?: number;
  /** Bytes of UTF-8 that it may stream in all. Default: any number; of `runGuest`, which keeps the text, 64 MiB. */
  textBytes?: number;
}

const DEFAULTS = {
  ...{ models: 64, cacheBytes: 2 ** 32 },
  ...{ tokens: Infinity, milliseconds: Infinity, calls: Infinity, textBytes: Infinity },
};
const NAMES = Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[];
/** Positions of a cache that are taken at once. */
const PAGE = 64;
/** Bytes of an element of a cache. */
const ELEMENT: Record<string, number> = { f16: 2, q8_0: 34 / 32 };

/** What a guest has used, and what is left to it. */
export class Quota {
  #limits: Required<GuestLimits> = DEFAULTS;
  #models = 0;
  #calls = 0;
  #milliseconds = 0;
  #tokens = 0;
  #cacheBytes = 0;
  #textBytes = 0;
  /** Of each model's cache. */
  readonly #pages = new Map<EngineModel, number>();
  /** Of each model: rows times layers that make no whole token yet. */
  readonly #parts = new Map<EngineModel, number>();

  /** @throws RealmError E_INVALID_ARGUMENT: a limit that is no number of at least 0, or is not there */
  constructor(limits: GuestLimits = {}) {
    this.set(limits);
  }

  /** Limits from now on; what was used stays used. */
  set(limits: GuestLimits): void {
    if (typeof limits !== 'object' || limits === null) throw invalid(`limits must be an object, got ${asText(limits)}`);
    for (const [name, value] of Object.entries(limits)) {
      if (!(NAMES as string[]).includes(name))
        throw invalid(`limits has no ${name}; did you mean ${nearest(name, NAMES)}?`);
      if (value !== undefined && !(typeof value === 'number' && value >= 0))
        throw invalid(`limits.${name} must be a number of at least 0, got ${asText(value)}`);
    }
    const given = Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
    this.#limits = { ...DEFAULTS, ...given };
  }

  /** A call begins. Returns when. */
  begin(): number {
    const { calls, milliseconds } = this.#limits;
    if (this.#calls >= calls) throw over(`${calls} calls`);
    if (this.#milliseconds >= milliseconds) throw over(`${milliseconds} milliseconds`);
    this.#calls++;
    return milliseconds === Infinity ? 0 : performance.now();
  }

  end(began: number): void {
    if (this.#limits.milliseconds !== Infinity) this.#milliseconds += performance.now() - began;
  }

  checkModels(): void {
    const { models } = this.#limits;
    if (this.#models >= models) throw over(`${models} models at once`);
  }

  addModel(): void {
    this.#models++;
  }

  removeModel(model: EngineModel): void {
    this.#models--;
    this.forget(model);
    if (this.#parts.get(model)) this.#tokens++;
    this.#parts.delete(model);
  }

  /** A model's cache is empty. */
  forget(model: EngineModel): void {
    this.#cacheBytes -= (this.#pages.get(model) ?? 0) * pageBytes(model.info);
    this.#pages.delete(model);
  }

  /** Before work of which tokens will come. */
  checkTokens(): void {
    const { tokens } = this.#limits;
    if (this.#tokens >= tokens) throw over(`${tokens} tokens`);
  }

  /**
   * Rows go through `count` layers. What had to be reserved for a model stays so until it forgets. Where one layer fails nothing was
   * computed, and nothing is counted; of several, some may have been.
   */
  forward<T>(model: EngineModel, count: number, floats: number, position: number, compute: () => T): T {
    const { info } = model;
    const { cacheBytes, tokens } = this.#limits;
    const rows = Math.floor(floats / info.hiddenSize);
    const had = this.#parts.get(model) ?? 0;
    const parts = had + rows * count;
    if (this.#tokens + Math.ceil(parts / info.layers) > tokens) throw over(`${tokens} tokens`);
    const pages = this.#pages.get(model) ?? 0;
    // A page holds all layers. One that is not full, such as behind a shorter position, is there all the same.
    const needed = Math.max(pages, Math.ceil(Math.min(position + rows, info.contextLength) / PAGE));
    const bytes = this.#cacheBytes + (needed - pages) * pageBytes(info);
    if (needed > pages && bytes > cacheBytes) throw over(`${cacheBytes} bytes of caches`);
    const before = [this.#tokens, this.#cacheBytes] as const;
    this.#cacheBytes = bytes;
    this.#pages.set(model, needed);
    this.#tokens += Math.floor(parts / info.layers);
    this.#parts.set(model, parts % info.layers);
    try {
      return compute();
    } catch (error) {
      if (count === 1) {
        [this.#tokens, this.#cacheBytes] = before;
        this.#parts.set(model, had);
        this.#pages.set(model, pages);
      }
      throw error;
    }
  }

  /** Before text goes to the host. */
  text(text: string): void {
    const { textBytes } = this.#limits;
    if (textBytes === Infinity) return;
    this.#textBytes += utf8Length(text);
    if (this.#textBytes > textBytes) throw over(`${textBytes} bytes of text`);
  }

  /**
   * A generation, with a sequence of its own while it runs, that gets no longer than what is left.
   *
   * @param isHeld whether the text is held to a format, which would be closed early where less may be generated: then it is stopped instead
   * @param run gets what it may take, and must tell `count` of the tokens as they come
   */
  generate<T extends GuestAnswer>(
    model: EngineModel,
    promptTokens: () => number,
    { maxTokens, isHeld }: { maxTokens: number; isHeld: boolean },
    run: (limits: GenerationLimits, count: (tokens: number) => void) => T,
  ): T {
    this.checkTokens();
    const { cacheBytes, tokens, milliseconds } = this.#limits;
    const { contextLength } = model.info;
    const timeout =
      milliseconds === Infinity
        ? {}
        : { timeout: Math.ceil(Math.max(1, Math.min(0x7fffffff, milliseconds - this.#milliseconds))) };
    // Its cache grows in pages.
    const bytes = pageBytes(model.info);
    const positions = bytes === 0 ? Infinity : Math.floor((cacheBytes - this.#cacheBytes) / bytes) * PAGE;
    // Without looking at the prompt where nothing can come of it.
    const isFree = tokens === Infinity && positions >= contextLength;
    const prompt = isFree ? 0 : promptTokens();
    const room = Math.floor(Math.min(tokens - this.#tokens, positions) - prompt);
    if (room < 1) throw over(tokens - this.#tokens < positions ? `${tokens} tokens` : `${cacheBytes} bytes of caches`);
    let made = 0;
    const cut = () => over(`${room} tokens of this text`);
    const count = (more: number) => {
      made += more;
      if (made > room) throw cut();
    };
    let answer: T;
    try {
      answer = run({ maxTokens: isHeld ? maxTokens : Math.min(maxTokens, room), ...timeout }, count);
    } catch (error) {
      this.#tokens += prompt + made + 1;
      throw error;
    }
    this.#tokens += answer.promptTokens + answer.tokenCount;
    // A context that is full ends it just so.
    const wanted = Math.min(maxTokens, contextLength - answer.promptTokens);
    if (room < wanted && answer.finishReason === 'length') throw cut();
    return answer;
  }
}

const invalid = (message: string) => new RealmError('E_INVALID_ARGUMENT', message);
const over = (what: string): GuestFault => new GuestFault('LIMIT', `the guest has used up its quota: ${what}`);

/** Bytes of a text as UTF-8. */
const utf8Length = (text: string): number => new TextEncoder().encode(text).length;

/** Keys and values of all heads of all layers. */
function pageBytes({ layers, kvHeadCount, headCount, headSize, hiddenSize, cacheType }: GuestModelInfo): number {
  const size = headSize ?? (headCount ? hiddenSize / headCount : 0);
  return layers * 2 * PAGE * (kvHeadCount ?? headCount ?? 0) * size * (ELEMENT[cacheType ?? 'f16'] ?? 2);
}

/** How many tokens a guest wants of a text. */
function maxTokensOf({ maxTokens = 512 }: Record<string, unknown>): number {
  if (Number.isInteger(maxTokens) && (maxTokens as number) >= 1 && (maxTokens as number) <= 0xffffffff)
    return maxTokens as number;
  throw new GuestFault('INVALID_ARGUMENT', 'maxTokens must be a whole number from 1 to 4294967295');
}

/** A generation within the quota, with options that the guest gives by their names. */
export function generateWith(
  quota: Quota,
  model: EngineModel,
  prompt: string,
  options: Record<string, unknown>,
  mostBytes: number,
  onText: OnText,
): GuestAnswer {
  const wanted = { maxTokens: maxTokensOf(options), isHeld: options.format !== undefined };
  const promptTokens = () => model.encode(prompt).length;
  return quota.generate(model, promptTokens, wanted, (limits, count) =>
    model.generateWith(prompt, options, { mostBytes, ...limits }, (text, tokens) => {
      count(tokens);
      return text === '' || onText(text);
    }),
  );
}

/** An answer to a conversation within the quota. */
export function answerChat(
  quota: Quota,
  model: EngineModel,
  messages: unknown,
  options: Record<string, unknown>,
  onText: OnText,
  onReasoning: OnText,
): GuestChatAnswer {
  const maxTokens = maxTokensOf(options);
  const chat = model.chat(messages, options);
  return quota.generate(
    model,
    () => chat.promptTokens,
    { maxTokens, isHeld: chat.isHeld },
    (limits, count) =>
      chat.run(limits, (kind, text, tokens) => {
        count(tokens);
        return text === '' || (kind === 'content' ? onText(text) : onReasoning(text));
      }),
  );
}
