import { types } from 'node:util';
import { binding, type JobEvent, type OnEvent } from '../engine/binding';
import { invalid, show, type Bytes } from '../engine/check';
import { whenAborted } from '../engine/abort';
import { native } from '../engine/errors';
import { reasonOf, startJob } from '../engine/job';
import { watchSlowPasses, type Pass } from '../engine/observe';
import { filePath, isUrl } from '../engine/source';
import { checkFormat } from '../chat/format/checkFormat';
import type { ChatFormat } from '../chat/format/types';
import { checkLoadOptions, type LoadOptions as EngineOptions, type Log } from '../options/load';
import { refuseCallbacks } from '../options/table';
import { handleOf, Model } from './model';

export interface LoadOptions extends EngineOptions {
  /** How the model writes reasoning and calls, where that is known better than it is found: parts of `model.chatFormat` to replace. */
  chatFormat?: Partial<ChatFormat>;
}

type Source = string | Uint8Array | ArrayBuffer;

/** A Blob or a File, of whatever realm. */
export interface BlobLike {
  readonly size: number;
  arrayBuffer(): Promise<ArrayBuffer>;
}

function isBlob(source: unknown): source is BlobLike {
  const kind = Object.prototype.toString.call(source);
  return (
    typeof source === 'object' &&
    (kind === '[object Blob]' || kind === '[object File]') &&
    typeof (source as Partial<BlobLike>).arrayBuffer === 'function'
  );
}

async function bytesOf(blob: BlobLike, signal: AbortSignal | undefined): Promise<ArrayBuffer> {
  signal?.throwIfAborted();
  let stop: (reason: unknown) => void = () => {};
  const aborted = new Promise<never>((_, reject) => (stop = reject));
  const ignore = whenAborted(signal, () => stop(signal?.reason));
  try {
    return await Promise.race([blob.arrayBuffer(), aborted]);
  } finally {
    ignore();
  }
}

function checkSource(source: unknown): Source {
  if (typeof source === 'string' || isUrl(source)) return filePath(source);
  if (types.isUint8Array(source) || types.isArrayBuffer(source)) return source;
  if (types.isSharedArrayBuffer(source)) return Buffer.from(source);
  throw invalid(`source must be a path, a file: URL or the bytes of a GGUF file, got ${show(source)}`);
}

function checked(call: string, options: LoadOptions | undefined) {
  const read = checkLoadOptions(options, call);
  return { ...read, chatFormat: checkFormat('chatFormat', read.chatFormat) };
}

/**
 * Opens a model on a thread of the engine; the event loop stays free.
 *
 * However often the same file is opened in a process, by whatever worker thread, its weights are in memory once.
 *
 * @param source path, `file:` URL, or a GGUF file's content: bytes (copied before the call returns) or a Blob
 */
export async function loadModel(source: string | URL | Bytes | BlobLike, options?: LoadOptions): Promise<Model> {
  const { engine, signal, log, slowPass, onProgress, chatFormat } = checked('loadModel', options);
  const from = isBlob(source) ? await bytesOf(source, signal) : checkSource(source);
  const json = JSON.stringify({ ...engine, progress: onProgress ? true : undefined });
  const told = new Told(onProgress, () => job.cancel());
  const start = (event: OnEvent) => binding.openModelStart(from, json, event);
  const job = startJob({ kind: 'load' }, start, signal, (event) => told.add(event));
  return logged(new Model(await told.modelOf(job.end, signal), chatFormat), log, slowPass);
}

/** How far a load has come, as it is told; see `TellsProgress` in managed/Generation/OpeningOptions.cs. */
class Told {
  readonly #tell: LoadOptions['onProgress'];
  readonly #cancel: () => void;
  #thrown: { error: unknown } | undefined;

  constructor(tell: LoadOptions['onProgress'], cancel: () => void) {
    this.#tell = tell;
    this.#cancel = cancel;
  }

  add({ text }: JobEvent): void {
    // Of several lines the last is how far it is now.
    const [bytes = 0, total = 0] = (text.trimEnd().split('\n').at(-1) ?? '').split(' ').map(Number);
    if (this.#thrown) return;
    const fail = (error: unknown): void => {
      this.#thrown ??= { error };
      this.#cancel();
    };
    try {
      // A function that is async throws later.
      const told: unknown = this.#tell?.({ fraction: total > 0 ? bytes / total : 1, bytes, total });
      Promise.resolve(told).catch(fail);
    } catch (error) {
      fail(error);
    }
  }

  /** The model that was loaded, unless somebody has thrown meanwhile. */
  async modelOf(end: Promise<JobEvent>, signal: AbortSignal | undefined): Promise<bigint> {
    try {
      const model = (await end).model as bigint;
      if (!this.#thrown && signal?.aborted) this.#thrown = { error: reasonOf(signal) };
      if (!this.#thrown) return model;
      // It had come to its end before it could be stopped.
      binding.closeModel(model);
    } catch (error) {
      if (!this.#thrown) throw error;
    }
    throw this.#thrown.error;
  }
}

/** Opens a model at once; the event loop waits. */
export function loadModelSync(
  source: string | URL | Bytes,
  options?: Omit<LoadOptions, 'signal' | 'onProgress'>,
): Model {
  refuseCallbacks('loadModelSync', options, ['signal', 'onProgress']);
  const from = checkSource(source);
  const { json, log, slowPass, chatFormat } = checked('loadModelSync', options);
  return logged(
    new Model(
      native(() => binding.openModel(from, json)),
      chatFormat,
    ),
    log,
    slowPass,
  );
}

const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;

function tellSlow(log: Log, { pass, milliseconds, promptRows, generatedRows, jobs, threads }: Pass): void {
  const rows = `${promptRows} tokens of prompts, ${generatedRows} generated`;
  try {
    log('warn', `pass ${pass} took ${Math.round(milliseconds)} ms: ${rows}; jobs ${jobs}, threads ${threads}`);
  } catch (error) {
    // Nobody here can take it: it is as if it came out of a callback of the caller's own.
    process.nextTick(() => {
      throw error;
    });
  }
}

/** The same model. What `log` throws closes it, and is the caller's. */
function logged(model: Model, log: Log | undefined, slowPass: number): Model {
  if (!log) return model;
  try {
    const { architecture, quantization, isa, threads, weights, contextLength, vocabOnly } = model.info;
    const { file, weights: packed, token, context, available, contextThatFits } = model.memory();
    const how = vocabOnly ? 'vocabulary only' : `${threads} threads, weights ${weights} (${mebibytes(packed)})`;
    log('info', `${architecture} ${quantization}, ${mebibytes(file)}: engine ${isa}, ${how}`);
    if (vocabOnly) return model;
    if (slowPass < Infinity) watchSlowPasses(handleOf(model), slowPass, (pass) => tellSlow(log, pass));
    const whole = `a text of ${contextLength} tokens takes ${mebibytes(context)} (${token} bytes a token)`;
    if (context <= available) log('info', `${whole}, ${mebibytes(available)} are available`);
    else log('warn', `${whole}, but ${mebibytes(available)} are available: enough for ${contextThatFits} tokens`);
    return model;
  } catch (error) {
    model.close();
    throw error;
  }
}
