import { abortSignal, flag, invalid, numberBetween, oneOf, positiveInteger, show, wholeNumber } from '../engine/check';
import { filePath, isUrl } from '../engine/source';
import { knownOptions, readOptions, type Table } from './table';

/** Numbers in a key/value cache. */
export type CacheType = 'f16' | 'f32' | 'q8_0';

/** A file of low-rank changes of the model's matrices (LoRA). */
export interface LoraAdapter {
  /** Path or `file:` URL of a GGUF file. */
  path: string | URL;
  /** How strong it is; default 1. A call of `generate` may want it otherwise. */
  scale?: number;
}

/** How far a load has come. */
export interface LoadProgress {
  /** 0 to 1. */
  fraction: number;
  /** Bytes of the file's tensors that are ready to be used, and all of them. */
  bytes: number;
  total: number;
}

/** Where lines for an operator go. */
export type Log = (level: 'info' | 'warn', text: string) => void;

export interface LoadOptions {
  /** Compute threads. Default: as many as this process may use processors (affinity and container quota count). */
  threads?: number;
  /** `packed` (default): a copy of the weights, laid out for speed. `mapped`: left in the file; slower, no copy. Results are equal, bit for bit. */
  weights?: 'packed' | 'mapped';
  /**
   * Numbers in the key/value cache. Default `f16`. `q8_0`: 8 bits and a scale for 32, about half the memory, and half the bytes to
   * read in long contexts; costs little accuracy. `f32`: twice the memory.
   */
  cacheType?: CacheType;
  /**
   * Bytes that the prompt cache may take: what was computed of prompts and answers, for prompts that begin the same. What running
   * generations and sessions hold does not count. Default: an eighth of the memory that the process may have; 0: nothing is kept.
   */
  promptCacheBytes?: number;
  /**
   * Tokens that prompt and text together may have, from 1 to what the model was trained for, which is the default. The key/value cache
   * grows with a text, so this is what it may come to take. Given, the load asks whether there is memory for one text so long: if not it
   * is `E_OUT_OF_MEMORY`, which says what is needed, what there is, and which `contextSize` would fit.
   */
  contextSize?: number;
  /** Generations that may wait while 64 are at work on the weights; one more is `E_BUSY` at once. Default: 65536. */
  maxQueue?: number;
  /** Tokenizer and metadata only: quick, and nothing can be computed. */
  vocabOnly?: boolean;
  /** Adapters that change the model; all that are given add up. One that does not fit it is an error. */
  lora?: readonly LoraAdapter[];
  /**
   * Is told what an operator wants to know: when the model is open engine, threads, memory (as `warn` where a whole context would not fit);
   * later, as `warn`, of slow passes.
   */
  log?: Log;
  /** Milliseconds from which on a pass is slow: `log` is told, at most every ten seconds. Default 2000; `Infinity`: never. */
  slowPass?: number;
  /**
   * Is told on this thread how far the load has come, at most 20 times a second, and with `fraction: 1` before it ends. What it throws
   * ends the load, and comes out of it. Only for `loadModel`.
   */
  onProgress?: (progress: LoadProgress) => void;
  /** Stops a load under way, at once; what packs weights ends within milliseconds. Only for `loadModel`. */
  signal?: AbortSignal;
}

const LARGEST_THREADS = 1024;
const LARGEST_CONTEXT = 0x7fffffff;
const CACHE_TYPES: readonly CacheType[] = ['f16', 'f32', 'q8_0'];

function adaptersOf(name: string, adapters: unknown): { path: string; scale: number }[] | undefined {
  if (adapters === undefined) return undefined;
  if (!Array.isArray(adapters)) throw invalid(`${name} must be an array of adapters, got ${show(adapters)}`);
  return adapters.map((adapter: unknown, i) => {
    if (typeof adapter !== 'object' || adapter === null)
      throw invalid(`${name}[${i}] must be { path, scale }, got ${show(adapter)}`);
    const { path, scale } = knownOptions(`${name}[${i}]`, adapter, ['path', 'scale']);
    if (typeof path !== 'string' && !isUrl(path))
      throw invalid(`${name}[${i}].path must be a path or a file: URL, got ${show(path)}`);
    return { path: filePath(path), scale: scaleOf(`${name}[${i}].scale`, scale) };
  });
}

/** @internal How strong an adapter is: any number that single precision holds. */
export function scaleOf(name: string, value: unknown): number {
  const most = 3e38;
  return numberBetween(name, value, 1, -most, most);
}

/** @internal A function, or none. */
export const callback =
  <F>() =>
  (name: string, value: unknown): F | undefined => {
    if (value === undefined || typeof value === 'function') return value as F | undefined;
    throw invalid(`${name} must be a function, got ${show(value)}`);
  };

/** @internal How a model is held. */
export const HELD = {
  weights: (name, value) => oneOf(name, value, ['packed', 'mapped'], 'packed'),
  cacheType: (name, value) => oneOf(name, value, CACHE_TYPES, 'f16'),
  lora: adaptersOf,
} satisfies Table;

/** What the engine does. `managed/Abi/ModelOptionTable.cs` has the same rows. */
const ENGINE = {
  threads: (name, value) => positiveInteger(name, value, 0, LARGEST_THREADS),
  ...HELD,
  vocabOnly: (name, value) => flag(name, value, false),
  promptCacheBytes: (name, value) =>
    value === undefined ? undefined : wholeNumber(name, value, 0, Number.MAX_SAFE_INTEGER),
  contextSize: (name, value) => (value === undefined ? undefined : positiveInteger(name, value, 0, LARGEST_CONTEXT)),
  maxQueue: (name, value) => (value === undefined ? undefined : wholeNumber(name, value, 0, LARGEST_CONTEXT)),
} satisfies Table;

const HERE = {
  signal: (_, value) => abortSignal(value),
  log: callback<Log>(),
  slowPass: (name, value) =>
    value === Infinity ? value : numberBetween(name, value, 2000, 0, Number.MAX_SAFE_INTEGER),
  onProgress: callback<(progress: LoadProgress) => void>(),
  /** Read by who knows what is in it. */
  chatFormat: (_, value) => value,
} satisfies Table;

/** Reads each option once, checks it, fills in what is missing. */
export function checkLoadOptions(options: LoadOptions | undefined, call: string) {
  const { json, engine, here } = readOptions(call, ENGINE, HERE, options);
  return { json, engine, ...here };
}
