import { binding } from './binding';
import { native } from './errors';

/**
 * A tensor's values as float32, in the file's order (the first dimension is contiguous): 4 bytes an element.
 *
 * @throws RealmError `Tensor '…' not found`, `Failed to dequantize: …`, `Model … not found: Model … not found`
 */
export function getTensor(modelId: number, tensorName: string): ArrayBuffer {
  return native(() => binding.getTensor(modelId, tensorName));
}
