import { binding } from '../engine/binding';
import { floats, storedId, uint32, type Floats } from '../engine/check';
import { native } from '../engine/errors';
import { numbers, type Numbers } from './numbers';

/**
 * One layer of the model: norm, attention over the key/value cache, norm, feed-forward.
 *
 * The cache is one a model and layer: it is cut off at `position`, the rows are appended, and each row attends to all
 * before it and itself. Position 0 starts anew; a position beyond the cache's end is an error. Layers without keys of their
 * own (the last ones of Gemma 3n and 4) attend to those of an earlier layer, which the same rows must have gone through before.
 *
 * @param hiddenStates float32 (rows, hidden size)
 * @param position of the first row
 * @returns float32 (rows, hidden size)
 */
export function forwardLayer(modelId: number, layerIdx: number, hiddenStates: Floats, position: number): Numbers {
  const hidden = floats(hiddenStates, 'hiddenStates');
  // With three arguments the addon says so, in upstream's words.
  if (arguments.length < 4)
    return numbers(
      native(() => (binding.forwardLayer as (...some: unknown[]) => ArrayBuffer)(modelId, layerIdx, hidden)),
    );
  return numbers(
    native(() =>
      binding.forwardLayer(storedId(modelId), uint32('layerIdx', layerIdx), hidden, uint32('position', position)),
    ),
  );
}
