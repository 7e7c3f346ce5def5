import { types } from 'node:util';
import { binding, type JobEvent } from '../engine/binding';
import { abortSignal, invalid, ownTokenIds, show, wholeNumber, type TokenIds } from '../engine/check';
import { native } from '../engine/errors';
import { startJob, waitForJob } from '../engine/job';
import { scalesOf } from '../options/generate';
import { readOptions, refuseCallbacks, type Table } from '../options/table';

export interface ScoreOptions {
  /** Of each place also this many of the most probable tokens. Default 0, at most 128. */
  topLogprobs?: number;
  /** How strong each adapter of the model is for this text, in the order of `loadModel`'s `lora`. Default: as they were opened. */
  lora?: readonly number[];
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
  /** With `topLogprobs`: the most probable tokens in the place of each, the most probable first; none for the first. */
  top?: { token: number; logprob: number }[][];
}

/** `managed/Abi/ComputeOptionTables.cs` has the same rows. */
const ENGINE = {
  topLogprobs: (name, value) => wholeNumber(name, value, 0, 128),
  lora: scalesOf,
} satisfies Table;
const HERE = { signal: (_, value) => abortSignal(value) } satisfies Table;

/** Ids of what is scored, as unsigned numbers of 32 bits, and nobody else's. */
function idsOf(model: bigint, content: unknown): Uint32Array {
  if (typeof content === 'string') return new Uint32Array(native(() => binding.tokenize(model, content, 1, false)));
  if (!Array.isArray(content) && !ArrayBuffer.isView(content) && !types.isAnyArrayBuffer(content))
    throw invalid(`text must be a string or token ids, got ${show(content)}`);
  return ownTokenIds(content, 'text');
}

function asked(call: string, model: bigint, content: unknown, options: ScoreOptions | undefined) {
  const { json, engine, here } = readOptions(call, ENGINE, HERE, options);
  const tokens = idsOf(model, content);
  const tops = engine.topLogprobs;
  const elements = tokens.length + Math.max(tokens.length - 1, 0) * tops * 2;
  return { tokens, tops, given: [model, tokens, json, BigInt(elements)] as const, signal: here.signal };
}

/** What the engine has written: a number for each token, then of each place but the first an id and a number of each top. */
function scoreOf(tokens: Uint32Array, tops: number, memory: ArrayBuffer | undefined): Score {
  const logprobs = new Float32Array(memory ?? []).slice(0, tokens.length);
  const logprob = logprobs.subarray(1).reduce((sum, each) => sum + each, 0);
  const score = { tokens, logprobs, logprob, perplexity: Math.exp(-logprob / (tokens.length - 1)) };
  if (tops === 0) return score;
  const ids = new Uint32Array(memory ?? []);
  const numbers = new Float32Array(memory ?? []);
  const top = Array.from(tokens, (_, place) =>
    Array.from({ length: place === 0 ? 0 : tops }, (_, i) => {
      const at = tokens.length + ((place - 1) * tops + i) * 2;
      return { token: ids[at] as number, logprob: numbers[at + 1] as number };
    }),
  );
  return { ...score, top };
}

/** @internal `Model.score`. */
export async function score(
  model: bigint,
  content: string | TokenIds,
  options: ScoreOptions | undefined,
): Promise<Score> {
  const { tokens, tops, given, signal } = asked('score', model, content, options);
  const start = (event: (news: JobEvent) => void) => binding.scoreStart(...given, event);
  return scoreOf(tokens, tops, (await startJob({ kind: 'score', model }, start, signal).end).memory);
}

/** @internal `Model.scoreSync`. */
export function scoreSync(model: bigint, content: string | TokenIds, options: ScoreOptions | undefined): Score {
  refuseCallbacks('scoreSync', options, ['signal']);
  const { tokens, tops, given } = asked('scoreSync', model, content, options);
  const run = (event: (news: JobEvent) => boolean) => binding.scoreWait(...given, event);
  return scoreOf(tokens, tops, waitForJob({ kind: 'score', model }, run).memory);
}
