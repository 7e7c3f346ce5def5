import { types } from 'node:util';
import { binding } from '../engine/binding';
import { invalid, show, storedId, type Bytes } from '../engine/check';
import { native } from '../engine/errors';
import { filePath, isUrl } from '../engine/source';

/**
 * Keeps a model for the whole process and returns its id.
 *
 * The id is a positive 31-bit number made from the file's content: the same model gives the same id, and is kept once.
 * A path is mapped into memory and never copied through the JavaScript heap; bytes are copied.
 *
 * @param source path, `file:` URL (string or URL), or the bytes of a GGUF file
 * @param modelId an id of your own (1 to 4294967295); `null`, `undefined` and 0 leave it to the content
 * @throws RealmError `Failed to store model: …`: no GGUF file, a damaged one, or `modelId` belongs to a different model
 */
export function storeModel(source: string | URL | Bytes, modelId?: number | null): number {
  const wanted = modelId ? storedId(modelId) : null;
  if (typeof source === 'string' || isUrl(source))
    return native(() => binding.storeModelPath(filePath(source), wanted));
  return native(() => binding.storeModel(bytesOf(source), wanted));
}

/** Whatever else upstream took goes the same way: Buffer.from throws Node's own TypeError for what is no bytes. */
function bytesOf(source: unknown): Uint8Array | ArrayBuffer {
  if (types.isUint8Array(source) || types.isArrayBuffer(source)) return source;
  // But for a `length` that somebody wrote down it would make as many bytes, of whatever is there or is not.
  const isList = Array.isArray(source) || ArrayBuffer.isView(source) || types.isSharedArrayBuffer(source);
  if (!isList && typeof source === 'object' && source !== null && 'length' in source)
    throw invalid(`source must be a path, a file: URL or the bytes of a GGUF file, got ${show(source)}`);
  return Buffer.from(source as ArrayBuffer);
}
