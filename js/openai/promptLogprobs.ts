import type { Model } from '../model/model';

/** A token of a prompt, and how probable it was. */
export interface PromptToken {
  token: number;
  /** NaN: the first, which comes after none. */
  logprob: number;
  top: { token: number; logprob: number }[];
}

/** How probable each token of a prompt was, and which were the most probable ones in its place. */
export async function promptLogprobs(
  model: Model,
  ids: Uint32Array,
  tops: number,
  signal: AbortSignal,
): Promise<PromptToken[]> {
  if (ids.length < 2) return Array.from(ids, (token) => ({ token, logprob: NaN, top: [] }));
  const { logprobs, top } = await model.score(ids, { topLogprobs: tops, signal });
  return Array.from(ids, (token, i) => ({ token, logprob: logprobs[i] as number, top: top?.[i] ?? [] }));
}
