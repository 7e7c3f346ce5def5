import { fileURLToPath } from 'node:url';
import { types } from 'node:util';
import { binding } from './binding';
import { isUrl, type Bytes } from './check';
import { native } from './errors';

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
  if (typeof source === 'string') return native(() => binding.storeModelPath(filePath(source), modelId || null));
  if (isUrl(source)) return native(() => binding.storeModelPath(fileURLToPath(source), modelId || null));
  // Whatever else upstream took goes the same way: Buffer.from throws Node's own TypeError for what is no bytes.
  const bytes =
    types.isUint8Array(source) || types.isArrayBuffer(source) ? source : Buffer.from(source as unknown as ArrayBuffer);
  return native(() => binding.storeModel(bytes, modelId || null));
}

/** @internal A path, also when written as a `file:` URL. */
export function filePath(source: string): string {
  return source.startsWith('file:') ? fileURLToPath(source) : source;
}
