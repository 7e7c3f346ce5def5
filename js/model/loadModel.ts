import { types } from 'node:util';
import { binding } from '../engine/binding';
import { invalid, show, type Bytes } from '../engine/check';
import { native } from '../engine/errors';
import { startJob } from '../engine/job';
import { filePath, isUrl } from '../engine/source';
import { checkLoadOptions, type LoadOptions } from '../options/load';
import { Model } from './model';

function checkSource(source: unknown): string | Uint8Array | ArrayBuffer {
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
 * @param source path, `file:` URL, or the bytes of a GGUF file (copied before the call returns)
 */
export async function loadModel(source: string | URL | Bytes, options?: LoadOptions): Promise<Model> {
  const from = checkSource(source);
  const { json, signal } = checkLoadOptions(options);
  const { model } = await startJob((event) => binding.openModelStart(from, json, event), signal).end;
  return new Model(model as bigint);
}

/** Opens a model at once; the event loop waits. */
export function loadModelSync(source: string | URL | Bytes, options?: Omit<LoadOptions, 'signal'>): Model {
  const from = checkSource(source);
  const { json } = checkLoadOptions(options);
  return new Model(native(() => binding.openModel(from, json)));
}
