import { binding } from './binding';
import { native } from './errors';

/** The ids of a prompt: begin token as the file asks for it, special tokens recognised, as chat templates need it. */
export function promptIds(model: bigint, bosId: number | null | undefined, prompt: string): Uint32Array {
  const ids = new Uint32Array(native(() => binding.tokenize(model, prompt, true, true)));
  // Many chat templates write the begin token themselves; twice would not be what the model was trained on.
  return ids.length > 1 && ids[0] === bosId && ids[1] === bosId ? ids.subarray(1) : ids;
}
