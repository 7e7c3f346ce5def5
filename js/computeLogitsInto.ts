import { binding } from './binding';
import { floats, floatsOut, type Floats } from './check';
import { native } from './errors';

/**
 * `computeLogits` that writes into an array of the caller's.
 *
 * @param out at least the vocabulary size
 * @returns `out`
 */
export function computeLogitsInto(modelId: number, hiddenState: Floats, out: Float32Array): Float32Array {
  const hidden = floats(hiddenState, 'hiddenState');
  floatsOut(out);
  native(() => binding.computeLogitsInto(modelId, hidden, out));
  return out;
}
