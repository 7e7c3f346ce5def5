import { binding } from '../engine/binding';
import { floats, storedId, type Floats } from '../engine/check';
import { native } from '../engine/errors';
import { numbers, type Numbers } from './numbers';

/**
 * The output norm and the output head on one row of the last layer's result; of several rows on the last one.
 *
 * @param hiddenState float32 (hidden size), or (rows, hidden size)
 * @returns float32 (vocabulary size): raw logits
 */
export function computeLogits(modelId: number, hiddenState: Floats): Numbers {
  const hidden = floats(hiddenState, 'hiddenState');
  return numbers(native(() => binding.computeLogits(storedId(modelId), hidden)));
}
