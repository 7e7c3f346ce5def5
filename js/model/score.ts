import { binding, type JobEvent } from '../engine/binding';
import { abortSignal, ownTokenIds, type TokenIds } from '../engine/check';
import { native } from '../engine/errors';
import { startJob } from '../engine/job';
import { readOptions, type Table } from '../options/table';

export interface ScoreOptions {
  signal?: AbortSignal;
}

/** How likely a text is to the model. */
export interface Score {
  /** The text's ids, a begin token included where the file asks for one. */
  tokens: Uint32Array;
  /** Of each the natural logarithm of its probability after those before it; NaN for the first, which comes after none. */
  logprobs: Float32Array;
  /** Their sum. */
  logprob: number;
  /** e to the minus mean of them: how many tokens the model hesitates between. */
  perplexity: number;
}

const SCORE = { signal: (_, value) => abortSignal(value) } satisfies Table;

/** Ids of what is scored, as unsigned numbers of 32 bits, and nobody else's. */
function idsOf(model: bigint, content: unknown): Uint32Array {
  if (typeof content === 'string') return new Uint32Array(native(() => binding.tokenize(model, content, 1, false)));
  return ownTokenIds(content, 'text');
}

/** @internal `Model.score`. */
export async function score(
  model: bigint,
  content: string | TokenIds,
  options: ScoreOptions | undefined,
): Promise<Score> {
  const { signal } = readOptions('score', {}, SCORE, options).here;
  const tokens = idsOf(model, content);
  const start = (event: (news: JobEvent) => void) => binding.scoreStart(model, tokens, BigInt(tokens.length), event);
  const job = startJob({ kind: 'score', model }, start, signal);
  const logprobs = new Float32Array((await job.end).memory ?? []);
  const logprob = logprobs.subarray(1).reduce((sum, each) => sum + each, 0);
  return { tokens, logprobs, logprob, perplexity: Math.exp(-logprob / (tokens.length - 1)) };
}
