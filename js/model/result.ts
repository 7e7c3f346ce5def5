import type { GenerationEnd } from '../engine/job';

/** A token chosen, as the model itself saw it. */
export interface TokenLogprob {
  token: number;
  /** Of the text what was ready with it: nothing while a character or a stop string may go on. */
  text: string;
  /** Natural logarithm of its probability. */
  logprob: number;
  /** The format left no choice: it was not sampled. */
  forced?: true;
  /** The most probable tokens of the place, as many as `topLogprobs` asks for. */
  top: { token: number; logprob: number }[];
}

/** What came since the last chunk: whole characters, and the ids chosen meanwhile. */
export interface GenerationChunk {
  text: string;
  tokens: Uint32Array;
  /** With `n`: which of the texts it belongs to, from 0. */
  choice?: number;
  /** With `logprobs: true`, for each of the tokens. */
  logprobs?: TokenLogprob[];
  /** With `partial: true`: the value so far. Strings and lists grow; numbers, names and words are there once they are whole. */
  value?: unknown;
}

/** Where the time went, in milliseconds. */
export interface GenerationTimings {
  /** Until the first token of the prompt was computed. */
  queued: number;
  /** From there to the first token chosen. */
  prompt: number;
  /** From there to the end. */
  generation: number;
}

/** What there is of a generation that did not get to its end. */
export interface PartialResult {
  text: string;
  tokens: Uint32Array;
  logprobs?: TokenLogprob[];
}

export interface GenerationResult<Value = unknown> extends PartialResult {
  /** Without special tokens and without the stop string. */
  text: string;
  /** All ids that were chosen, the end-of-generation token among them. */
  tokens: Uint32Array;
  /** With a `format`: what the text says, JSON parsed; undefined where the text is not whole, because it was cancelled. */
  value: Value;
  /** With a `format`: whether all that it says was held to; false only with `unsupported: 'ignore'`. */
  checked?: boolean;
  /** `stop`: an end-of-generation token or a stop. `length`: maxTokens, or the context is full. `cancelled`: a loop over it was left early. */
  finishReason: 'stop' | 'length' | 'cancelled';
  /** Of `stop`: the text or the token that ended it. */
  stop: string | number | null;
  /** Ids of the prompt. */
  promptTokens: number;
  /** Ids that speculation has guessed for the model to check. */
  draftedTokens: number;
  /** How many of them were right: as many passes through the model were saved. */
  acceptedTokens: number;
  /** Tokens of the prompt, how many of them needed no computing, and tokens chosen. */
  usage: { promptTokens: number; cachedTokens: number; generatedTokens: number };
  /** Not enumerable, so that two results of the same text are equal. */
  timings: GenerationTimings;
  /** With `n`: all texts, of which this is the first. */
  choices?: GenerationResult<Value>[];
}

/** A result of what was chosen and how it ended. */
export function resultOf(whole: PartialResult, end: GenerationEnd, value?: { value: unknown }): GenerationResult {
  const { finishReason, stop, promptTokens, cachedTokens, generatedTokens, draftedTokens, acceptedTokens, timings } =
    end;
  const checked = end.checked === undefined ? undefined : { checked: end.checked };
  const usage = { promptTokens, cachedTokens, generatedTokens };
  const result = {
    ...whole,
    ...value,
    ...checked,
    finishReason,
    stop,
    promptTokens,
    draftedTokens,
    acceptedTokens,
    usage,
  };
  // JSON has no typed arrays: as it is, the tokens would become an object of numbers.
  const toJSON = () => ({ ...result, tokens: Array.from(result.tokens), timings });
  // Two results of the same text are equal: what differs from run to run is not enumerable.
  return Object.defineProperties(result, {
    timings: { value: timings },
    toJSON: { value: toJSON },
  }) as GenerationResult;
}

/** The first of some texts, with all of them. */
export function withChoices(results: readonly GenerationResult[]): GenerationResult {
  const [first] = results as [GenerationResult];
  if (results.length === 1) return first;
  const all = { ...first, choices: [...results] };
  const toJSON = () => ({ ...all, tokens: Array.from(first.tokens), timings: first.timings });
  return Object.defineProperties(all, { timings: { value: first.timings }, toJSON: { value: toJSON } });
}

/** JSON.stringify makes an object of a Uint32Array; ids are to be an array. Not enumerable: it is no field. */
export function withJson<T extends { tokens: Uint32Array }>(value: T): T {
  const toJSON = () => ({ ...value, tokens: Array.from(value.tokens) });
  return Object.defineProperty(value, 'toJSON', { value: toJSON, configurable: true, writable: true });
}
