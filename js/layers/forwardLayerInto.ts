import { binding } from '../engine/binding';
import { floats, floatsOut, storedId, uint32, type Floats } from '../engine/check';
import { native } from '../engine/errors';

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
  native(() =>
    binding.forwardLayerInto(
      storedId(modelId),
      uint32('layerIdx', layerIdx),
      hidden,
      uint32('position', position),
      out,
    ),
  );
  return out;
}
