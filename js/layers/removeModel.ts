import { binding } from '../engine/binding';
import { storedId } from '../engine/check';
import { native } from '../engine/errors';

/**
 * Forgets a stored model, with its key/value cache.
 *
 * @throws RealmError `Failed to remove model: Model … not found`, also when it is removed a second time
 */
export function removeModel(modelId: number): void {
  native(() => binding.removeModel(storedId(modelId)));
}
