import { RealmError } from '../errors.js';
import { nearest } from '../nearest.js';
import type { EngineModel, GuestAnswer, GuestModelInfo } from './engine.js';
import { GuestFault } from './faults.js';

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
}

const DEFAULTS = { models: 64, cacheBytes: 2 ** 32, tokens: Infinity, milliseconds: Infinity, calls: Infinity };
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
  /** Pages of each layer. */
  readonly #pages = new Map<EngineModel, number[]>();

  /** @throws RealmError E_INVALID_ARGUMENT: a limit that is no number of at least 0, or is not there */
  constructor(limits: GuestLimits = {}) {
    this.set(limits);
  }

  /** Limits from now on; what was used stays used. */
  set(limits: GuestLimits): void {
    for (const [name, value] of Object.entries(limits)) {
      if (!(NAMES as string[]).includes(name))
        throw invalid(`limits has no ${name}; did you mean ${nearest(name, NAMES)}?`);
      if (value !== undefined && !(typeof value === 'number' && value >= 0))
        throw invalid(`limits.${name} must be a number of at least 0, got ${String(value)}`);
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
  }

  /** A model's cache is empty. */
  forget(model: EngineModel): void {
    for (const pages of this.#pages.get(model) ?? []) this.#cacheBytes -= pages * pageBytes(model.info);
    this.#pages.delete(model);
  }

  /** Before rows go through layers. */
  forward(model: EngineModel, layer: number, count: number, floats: number, position: number): void {
    const { info } = model;
    const { cacheBytes, tokens } = this.#limits;
    const rows = Math.floor(floats / info.hiddenSize);
    const cost = (rows * count) / info.layers;
    if (this.#tokens + cost > tokens) throw over(`${tokens} tokens`);
    const pages = this.#pages.get(model) ?? new Array<number>(info.layers).fill(0);
    const needed = Math.ceil(Math.min(position + rows, info.contextLength) / PAGE);
    let more = 0;
    for (let index = layer; index < layer + count; index++) more += needed - (pages[index] ?? 0);
    const bytes = this.#cacheBytes + more * pageBytes(info);
    if (more > 0 && bytes > cacheBytes) throw over(`${cacheBytes} bytes of caches`);
    this.#cacheBytes = bytes;
    pages.fill(needed, layer, layer + count);
    this.#pages.set(model, pages);
    this.#tokens += cost;
  }

  /**
   * A generation, with a sequence of its own while it runs, that gets no longer than what is left.
   *
   * @param run gets `most`, what it may generate, and `timeout`, the milliseconds left; must tell `piece` of each text
   */
  generate<T extends GuestAnswer>(
    model: EngineModel,
    promptTokens: () => number,
    maxTokens: number,
    run: (most: number, timeout: number | undefined, piece: () => void) => T,
  ): T {
    const { cacheBytes, tokens, milliseconds } = this.#limits;
    const timeout =
      milliseconds === Infinity ? undefined : Math.max(1, Math.min(0x7fffffff, milliseconds - this.#milliseconds));
    // Its cache grows in pages.
    const bytes = pageBytes(model.info) * model.info.layers;
    const positions = bytes === 0 ? Infinity : Math.floor((cacheBytes - this.#cacheBytes) / bytes) * PAGE;
    // Without looking at the prompt where nothing can come of it.
    const isFree = tokens === Infinity && positions >= model.info.contextLength;
    const prompt = isFree ? 0 : promptTokens();
    const room = Math.min(tokens - this.#tokens, positions) - prompt;
    if (room < 1) throw over(tokens - this.#tokens < positions ? `${tokens} tokens` : `${cacheBytes} bytes of caches`);
    const most = Math.min(maxTokens, Math.floor(room));
    let pieces = 0;
    let answer: T;
    try {
      answer = run(most, timeout && Math.ceil(timeout), () => pieces++);
    } catch (error) {
      this.#tokens += prompt + pieces + 1;
      throw error;
    }
    this.#tokens += answer.promptTokens + answer.tokenCount;
    if (most < maxTokens && answer.finishReason === 'length') throw over(`${most} tokens of this text`);
    return answer;
  }
}

const invalid = (message: string) => new RealmError('E_INVALID_ARGUMENT', message);
const over = (what: string): GuestFault => new GuestFault('LIMIT', `the guest has used up its quota: ${what}`);

/** Of one layer: keys and values of all its heads. */
function pageBytes({ kvHeadCount, headCount, headSize, hiddenSize, cacheType }: GuestModelInfo): number {
  const size = headSize ?? (headCount ? hiddenSize / headCount : 0);
  return 2 * PAGE * (kvHeadCount ?? headCount ?? 0) * size * (ELEMENT[cacheType ?? 'f16'] ?? 2);
}

/** A generation within the quota, with options that the guest gives by their names. */
export function generateWith(
  quota: Quota,
  model: EngineModel,
  prompt: string,
  options: Record<string, unknown>,
  mostBytes: number,
  onText: (text: string) => boolean,
): GuestAnswer {
  const { maxTokens: wanted = 512, ...rest } = options;
  if (!(Number.isInteger(wanted) && (wanted as number) >= 1 && (wanted as number) <= 0xffffffff))
    throw new GuestFault('INVALID_ARGUMENT', 'maxTokens must be a whole number from 1 to 4294967295');
  const count = () => model.encode(prompt).length;
  return quota.generate(model, count, wanted as number, (maxTokens, timeout, piece) =>
    model.generateWith(prompt, rest, { maxTokens, mostBytes, ...(timeout && { timeout }) }, (text) => {
      piece();
      return onText(text);
    }),
  );
}
