import { binding } from '../engine/binding';
import { floatsOut, storedId, tokenIds as checked, type TokenIds } from '../engine/check';
import { native } from '../engine/errors';

/**
 * `embedTokens` that writes into an array of the caller's.
 *
 * @param out at least tokens x hidden size; what is beyond that is left as it is
 * @returns `out`
 */
export function embedTokensInto(modelId: number, tokenIds: TokenIds, out: Float32Array): Float32Array {
  const ids = checked(tokenIds);
  floatsOut(out);
  native(() => binding.embedTokensInto(storedId(modelId), ids, out));
  return out;
}
