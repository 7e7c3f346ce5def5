import { binding } from './binding';
import { floats, type Floats } from './check';
import { native } from './errors';

/**
 * The output norm and the output head on one row of the last layer's result.
 *
 * @param hiddenState float32 (hidden size)
 * @returns float32 (vocabulary size): raw logits
 */
export function computeLogits(modelId: number, hiddenState: Floats): ArrayBuffer {
  const hidden = floats(hiddenState, 'hiddenState');
  return native(() => binding.computeLogits(modelId, hidden));
}
