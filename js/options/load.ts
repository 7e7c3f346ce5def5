import { flag, oneOf, optionsObject, positiveInteger } from '../engine/check';

/** Numbers in a key/value cache. */
export type CacheType = 'f16' | 'f32' | 'q8_0';

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
  /** Stops a load under way. Only for `loadModel`. */
  signal?: AbortSignal;
}

const LARGEST_THREADS = 1024;
/** In the order of realm_model_options.cache_type. */
const CACHE_TYPES: readonly CacheType[] = ['f16', 'f32', 'q8_0'];

/** As the addon takes them. */
export type NativeLoadOptions = [threads: number, weights: number, cacheType: number, vocabOnly: number];

/** Reads each option once, checks it, fills in what is missing. */
export function checkLoadOptions(options: LoadOptions | undefined): NativeLoadOptions {
  const { threads, weights, cacheType, vocabOnly } = optionsObject(options);
  return [
    positiveInteger('threads', threads, 0, LARGEST_THREADS),
    oneOf('weights', weights, ['packed', 'mapped'], 'packed') === 'mapped' ? 1 : 0,
    CACHE_TYPES.indexOf(oneOf('cacheType', cacheType, CACHE_TYPES, 'f16')),
    flag('vocabOnly', vocabOnly, false) ? 1 : 0,
  ];
}
