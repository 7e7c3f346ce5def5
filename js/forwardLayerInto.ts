import { binding } from './binding';
import { floats, floatsOut, type Floats } from './check';
import { native } from './errors';

/**
 * `forwardLayer` that writes into an array of the caller's.
 *
 * @param out at least as long as `hiddenStates`, which it may be: the layer is then computed in place
 * @returns `out`
 */
export function forwardLayerInto(
  modelId: number,
  layerIdx: number,
  hiddenStates: Floats,
  position: number,
  out: Float32Array,
): Float32Array {
  const hidden = floats(hiddenStates, 'hiddenStates');
  floatsOut(out);
  native(() => binding.forwardLayerInto(modelId, layerIdx, hidden, position, out));
  return out;
}
