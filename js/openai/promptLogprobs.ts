import type { Model } from '../model/model';

/** A token of a prompt, and how probable it was. */
export interface PromptToken {
  token: number;
  /** NaN: the first, which comes after none. */
  logprob: number;
  top: { token: number; logprob: number }[];
}

/** Rows of logits that are looked through before others have their turn. */
const ROWS = 8;

/**
 * How probable each token of a prompt was, and which were the most probable ones in its place.
 *
 * @param take called with the bytes that the logits of the prompt take: throws where there are not so many
 */
export async function promptLogprobs(
  model: Model,
  ids: Uint32Array,
  tops: number,
  signal: AbortSignal,
  take: ((bytes: number) => void) | undefined,
): Promise<PromptToken[]> {
  if (ids.length < 2) return Array.from(ids, (token) => ({ token, logprob: NaN, top: [] }));
  const { logprobs } = await model.score(ids, { signal });
  const told = Array.from(ids, (token, i): PromptToken => ({ token, logprob: logprobs[i] as number, top: [] }));
  if (tops === 0) return told;
  const vocabulary = model.info.vocabSize ?? 0;
  take?.(ids.length * vocabulary * 4);
  const logits = await model.logits(ids, { signal });
  for (let i = 1; i < ids.length; i++) {
    if (i % ROWS === 0) await new Promise(setImmediate);
    signal.throwIfAborted();
    const row = logits.subarray((i - 1) * vocabulary, i * vocabulary);
    const one = told[i] as PromptToken;
    // The logarithm of the row's sum, of the token whose both figures are known.
    const sum = (row[one.token] as number) - one.logprob;
    one.top = highest(row, tops).map((token) => ({ token, logprob: (row[token] as number) - sum }));
  }
  return told;
}

/** The places of the highest numbers, the highest first; of equal ones the first. */
function highest(row: Float32Array, count: number): number[] {
  const found: number[] = [];
  let least = -Infinity;
  for (let i = 0; i < row.length; i++) {
    const value = row[i] as number;
    if (found.length === count && value <= least) continue;
    let at = found.length;
    while (at > 0 && (row[found[at - 1] as number] as number) < value) at--;
    found.splice(at, 0, i);
    if (found.length > count) found.pop();
    if (found.length === count) least = row[found[count - 1] as number] as number;
  }
  return found;
}
