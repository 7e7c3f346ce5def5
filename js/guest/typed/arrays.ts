import { floats, tokenIds, type Floats, type TokenIds } from '../../engine/check';

/** Token ids as a typed array, whatever they came as. */
export function idsOf(value: TokenIds): Uint32Array {
  const ids = tokenIds(value);
  return Buffer.isBuffer(ids) || !ArrayBuffer.isView(ids) ? new Uint32Array(wholeCopy(ids)) : ids;
}

/** Numbers as a typed array, whatever they came as. */
export function floatsOf(value: Floats, name: string): Float32Array {
  const numbers = floats(value, name);
  return Buffer.isBuffer(numbers) || !ArrayBuffer.isView(numbers) ? new Float32Array(wholeCopy(numbers)) : numbers;
}

/** Up to three trailing bytes are ignored, as everywhere; a buffer that was handed on has no bytes, like a view of it. */
function wholeCopy(bytes: Buffer | ArrayBuffer): ArrayBuffer {
  if (bytes.byteLength === 0) return new ArrayBuffer(0);
  const view = new Uint8Array(bytes as ArrayBuffer);
  return view.slice(0, view.length & ~3).buffer;
}
