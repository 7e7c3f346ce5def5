import { binding } from '../engine/binding';
import { floats, storedId, type Floats } from '../engine/check';
import { native } from '../engine/errors';

/**
 * The output norm and the output head on one row of the last layer's result.
 *
 * @param hiddenState float32 (hidden size)
 * @returns float32 (vocabulary size): raw logits
 */
export function computeLogits(modelId: number, hiddenState: Floats): ArrayBuffer {
  const hidden = floats(hiddenState, 'hiddenState');
  return native(() => binding.computeLogits(storedId(modelId), hidden));
}
