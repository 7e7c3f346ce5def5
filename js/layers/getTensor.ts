import { binding } from '../engine/binding';
import { storedId } from '../engine/check';
import { native } from '../engine/errors';
import { numbers, type Numbers } from './numbers';

/**
 * A tensor's values as float32, in the file's order (the first dimension is contiguous): 4 bytes an element.
 *
 * @throws RealmError `Tensor '…' not found`, `Failed to dequantize: …`, `Model … not found`
 */
export function getTensor(modelId: number, tensorName: string): Numbers {
  return numbers(native(() => binding.getTensor(storedId(modelId), tensorName)));
}
