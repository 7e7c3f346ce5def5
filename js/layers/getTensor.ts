import { binding } from '../engine/binding';
import { storedId } from '../engine/check';
import { native } from '../engine/errors';

/**
 * A tensor's values as float32, in the file's order (the first dimension is contiguous): 4 bytes an element.
 *
 * @throws RealmError `Tensor '…' not found`, `Failed to dequantize: …`, `Model … not found`
 */
export function getTensor(modelId: number, tensorName: string): ArrayBuffer {
  return native(() => binding.getTensor(storedId(modelId), tensorName));
}
