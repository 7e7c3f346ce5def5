import { types } from 'node:util';
import { binding } from '../engine/binding';
import { invalid, show, type Bytes } from '../engine/check';
import { native } from '../engine/errors';
import { startJob } from '../engine/job';
import { filePath, isUrl } from '../engine/source';
import type { ChatFormat } from '../chat/format/types';
import { checkLoadOptions, type LoadOptions as EngineOptions, type Log } from '../options/load';
import { Model } from './model';

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
  const bytes = await blob.arrayBuffer();
  signal?.throwIfAborted();
  return bytes;
}

function checkSource(source: unknown): Source {
  if (typeof source === 'string' || isUrl(source)) return filePath(source);
  if (types.isUint8Array(source) || types.isArrayBuffer(source)) return source;
  if (types.isSharedArrayBuffer(source)) return Buffer.from(source);
  throw invalid(`source must be a path, a file: URL or the bytes of a GGUF file, got ${show(source)}`);
}

/**
 * Opens a model on a thread of the engine; the event loop stays free.
 *
 * However often the same file is opened in a process, by whatever worker thread, its weights are in memory once.
 *
 * @param source path, `file:` URL, or a GGUF file's content: bytes (copied before the call returns) or a Blob
 */
export async function loadModel(source: string | URL | Bytes | BlobLike, options?: LoadOptions): Promise<Model> {
  const { json, signal, log, chatFormat } = checkLoadOptions(options);
  const from = isBlob(source) ? await bytesOf(source, signal) : checkSource(source);
  const { model } = await startJob({ kind: 'load' }, (event) => binding.openModelStart(from, json, event), signal).end;
  return logged(new Model(model as bigint, chatFormat), log);
}

/** Opens a model at once; the event loop waits. */
export function loadModelSync(source: string | URL | Bytes, options?: Omit<LoadOptions, 'signal'>): Model {
  const from = checkSource(source);
  const { json, log, chatFormat } = checkLoadOptions(options);
  return logged(
    new Model(
      native(() => binding.openModel(from, json)),
      chatFormat,
    ),
    log,
  );
}

const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;

/** The same model. What `log` throws closes it, and is the caller's. */
function logged(model: Model, log: Log | undefined): Model {
  if (!log) return model;
  try {
    const { architecture, quantization, isa, threads, weights, contextLength, vocabOnly } = model.info;
    const { file, weights: packed, token, context, available, contextThatFits } = model.memory();
    const how = vocabOnly ? 'vocabulary only' : `${threads} threads, weights ${weights} (${mebibytes(packed)})`;
    log('info', `${architecture} ${quantization}, ${mebibytes(file)}: engine ${isa}, ${how}`);
    if (vocabOnly) return model;
    const whole = `a text of ${contextLength} tokens takes ${mebibytes(context)} (${token} bytes a token)`;
    if (context <= available) log('info', `${whole}, ${mebibytes(available)} are available`);
    else log('warn', `${whole}, but ${mebibytes(available)} are available: enough for ${contextThatFits} tokens`);
    return model;
  } catch (error) {
    model.close();
    throw error;
  }
}
