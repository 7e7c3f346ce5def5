import { flag, invalid, numberBetween, oneOf, optionsObject, positiveInteger, show } from '../engine/check';
import { filePath, isUrl } from '../engine/source';

/** Numbers in a key/value cache. */
export type CacheType = 'f16' | 'f32' | 'q8_0';

/** A file of low-rank changes of the model's matrices (LoRA). */
export interface LoraAdapter {
  /** Path or `file:` URL of a GGUF file. */
  path: string | URL;
  /** How strong it is; default 1. A call of `generate` may want it otherwise. */
  scale?: number;
}

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
  /** Tokenizer and metadata only: quick, and nothing can be computed. */
  vocabOnly?: boolean;
  /** Adapters that change the model; all that are given add up. One that does not fit it is an error. */
  lora?: readonly LoraAdapter[];
  /** Stops a load under way. Only for `loadModel`. */
  signal?: AbortSignal;
}

const LARGEST_THREADS = 1024;
/** In the order of realm_model_options.cache_type. */
const CACHE_TYPES: readonly CacheType[] = ['f16', 'f32', 'q8_0'];

/** As the addon takes them. */
export type NativeLoadOptions = [threads: number, weights: number, cacheType: number, vocabOnly: number, lora: string];

function loraJson(adapters: unknown): string {
  if (!Array.isArray(adapters)) throw invalid(`lora must be an array of adapters, got ${show(adapters)}`);
  const checked = adapters.map((adapter: unknown, i) => {
    if (typeof adapter !== 'object' || adapter === null)
      throw invalid(`lora[${i}] must be { path, scale }, got ${show(adapter)}`);
    const { path, scale } = adapter as Partial<LoraAdapter>;
    if (typeof path !== 'string' && !isUrl(path))
      throw invalid(`lora[${i}].path must be a path or a file: URL, got ${show(path)}`);
    return { path: filePath(path), scale: scaleOf(`lora[${i}].scale`, scale) };
  });
  return checked.length === 0 ? '' : JSON.stringify(checked);
}

/** @internal How strong an adapter is: any number that single precision holds. */
export function scaleOf(name: string, value: unknown): number {
  const most = 3e38;
  return numberBetween(name, value, 1, -most, most);
}

/** Reads each option once, checks it, fills in what is missing. */
export function checkLoadOptions(options: LoadOptions | undefined): NativeLoadOptions {
  const { threads, weights, cacheType, vocabOnly, lora } = optionsObject(options);
  return [
    positiveInteger('threads', threads, 0, LARGEST_THREADS),
    oneOf('weights', weights, ['packed', 'mapped'], 'packed') === 'mapped' ? 1 : 0,
    CACHE_TYPES.indexOf(oneOf('cacheType', cacheType, CACHE_TYPES, 'f16')),
    flag('vocabOnly', vocabOnly, false) ? 1 : 0,
    lora === undefined ? '' : loraJson(lora),
  ];
}
