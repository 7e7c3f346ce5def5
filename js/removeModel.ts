import { binding } from './binding';
import { native } from './errors';

/**
 * Forgets a stored model, with its key/value cache.
 *
 * @throws RealmError `Failed to remove model: Model … not found`, also when it is removed a second time
 */
export function removeModel(modelId: number): void {
  native(() => binding.removeModel(modelId));
}
