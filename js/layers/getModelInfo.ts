import { binding } from '../engine/binding';
import { storedId } from '../engine/check';
import { native } from '../engine/errors';

export interface StoredModelInfo {
  /** Tensors in the file. */
  tensor_count: number;
  /** Bytes of all tensors as they are in the file. */
  total_size: number;
}

/** @throws RealmError `Failed to get model: Model … not found` */
export function getModelInfo(modelId: number): StoredModelInfo {
  return native(() => binding.getModelInfo(storedId(modelId)));
}
