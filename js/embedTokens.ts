import { binding } from './binding';
import { tokenIds as checked, type TokenIds } from './check';
import { native } from './errors';

/**
 * The embedding rows of tokens.
 *
 * @returns float32 (tokens, hidden size)
 * @throws RealmError E_INVALID_TOKEN naming an id outside the vocabulary
 */
export function embedTokens(modelId: number, tokenIds: TokenIds): ArrayBuffer {
  const ids = checked(tokenIds);
  return native(() => binding.embedTokens(modelId, ids));
}
