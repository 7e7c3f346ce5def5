import { binding } from '../engine/binding';
import { storedId, tokenIds as checked, type TokenIds } from '../engine/check';
import { native } from '../engine/errors';
import { numbers, type Numbers } from './numbers';

/**
 * The embedding rows of tokens.
 *
 * @returns float32 (tokens, hidden size)
 * @throws RealmError E_INVALID_TOKEN naming an id outside the vocabulary
 */
export function embedTokens(modelId: number, tokenIds: TokenIds): Numbers {
  const ids = checked(tokenIds);
  return numbers(native(() => binding.embedTokens(storedId(modelId), ids)));
}
