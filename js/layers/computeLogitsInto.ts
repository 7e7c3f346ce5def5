import { binding } from '../engine/binding';
import { floats, floatsOut, storedId, type Floats } from '../engine/check';
import { native } from '../engine/errors';

/**
 * `computeLogits` that writes into an array of the caller's.
 *
 * @param out at least the vocabulary size
 * @returns `out`
 */
export function computeLogitsInto(modelId: number, hiddenState: Floats, out: Float32Array): Float32Array {
  const hidden = floats(hiddenState, 'hiddenState');
  floatsOut(out);
  native(() => binding.computeLogitsInto(storedId(modelId), hidden, out));
  return out;
}
