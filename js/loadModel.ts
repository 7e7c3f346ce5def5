import { fileURLToPath } from 'node:url';
import { types } from 'node:util';
import { binding } from './binding';
import { abortSignal, flag, invalid, isUrl, oneOf, optionsObject, positiveInteger, show, type Bytes } from './check';
import { native } from './errors';
import { startJob } from './job';
import { Model, type CacheType } from './model';
import { filePath } from './storeModel';

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

type NativeOptions = [threads: number, weights: number, cacheType: number, vocabOnly: number];

function checkOptions(options: LoadOptions | undefined): NativeOptions {
  const { threads, weights, cacheType, vocabOnly } = optionsObject(options);
  return [
    positiveInteger('threads', threads, 0, LARGEST_THREADS),
    oneOf('weights', weights, ['packed', 'mapped'], 'packed') === 'mapped' ? 1 : 0,
    CACHE_TYPES.indexOf(oneOf('cacheType', cacheType, CACHE_TYPES, 'f16')),
    flag('vocabOnly', vocabOnly, false) ? 1 : 0,
  ];
}

function checkSource(source: unknown): string | Uint8Array | ArrayBuffer {
  if (typeof source === 'string') return filePath(source);
  if (isUrl(source)) return fileURLToPath(source);
  if (types.isUint8Array(source) || types.isArrayBuffer(source)) return source;
  if (types.isSharedArrayBuffer(source)) return Buffer.from(source);
  throw invalid(`source must be a path, a file: URL or the bytes of a GGUF file, got ${show(source)}`);
}

/**
 * Opens a model on a thread of the engine; the event loop stays free.
 *
 * However often the same file is opened in a process, by whatever worker thread, its weights are in memory once.
 *
 * @param source path, `file:` URL, or the bytes of a GGUF file (copied before the call returns)
 */
export async function loadModel(source: string | URL | Bytes, options?: LoadOptions): Promise<Model> {
  const from = checkSource(source);
  const how = checkOptions(options);
  const signal = abortSignal(options?.signal);
  const { model } = await startJob((event) => binding.openModelStart(from, ...how, event), signal).end;
  return new Model(model);
}

/** Opens a model at once; the event loop waits. */
export function loadModelSync(source: string | URL | Bytes, options?: Omit<LoadOptions, 'signal'>): Model {
  const from = checkSource(source);
  const how = checkOptions(options);
  return new Model(native(() => binding.openModel(from, ...how)));
}
