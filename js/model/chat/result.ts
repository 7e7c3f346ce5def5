import type { GenerationEnd } from '../../engine/job';
import type { GenerationTimings } from '../result';
import type { Answer } from './answer';
import type { ChatResult, ChatStep, ChatUsage } from './types';

/** Two results of the same answer are equal: what differs from run to run is not enumerable, but told as JSON. */
function withTimings<T extends object>(result: T, timings: GenerationTimings): T & { timings: GenerationTimings } {
  return Object.defineProperties(result, {
    timings: { value: timings },
    toJSON: { value: () => ({ ...result, timings }) },
  }) as T & { timings: GenerationTimings };
}

/** A generation and how it ended. */
export function stepOf(answer: Answer, end: GenerationEnd): ChatStep {
  const { content, reasoning, reasoningTokens } = answer;
  const { finishReason, stop, promptTokens, cachedTokens, generatedTokens, timings } = end;
  const usage = { promptTokens, cachedTokens, generatedTokens, reasoningTokens };
  return withTimings({ content, reasoning, finishReason, stop, usage }, timings);
}

function sum<T extends Record<keyof T, number>>(all: readonly T[], none: T): T {
  const total = { ...none };
  for (const one of all) for (const name of Object.keys(none) as (keyof T)[]) (total[name] as number) += one[name];
  return total;
}

const NO_USAGE: ChatUsage = { promptTokens: 0, cachedTokens: 0, generatedTokens: 0, reasoningTokens: 0 };
const NO_TIME: GenerationTimings = { queued: 0, prompt: 0, generation: 0 };

/** The whole of some steps. */
export function resultOf(result: Omit<ChatResult, 'usage' | 'timings'>): ChatResult {
  const { steps } = result;
  const usage = sum(
    steps.map((step) => step.usage),
    NO_USAGE,
  );
  const timings = sum(
    steps.map((step) => step.timings),
    NO_TIME,
  );
  return withTimings({ ...result, usage }, timings);
}

/** The first of some answers, with all of them. */
export function withChoices(results: readonly ChatResult[]): ChatResult {
  const [first] = results as [ChatResult];
  return results.length === 1 ? first : withTimings({ ...first, choices: [...results] }, first.timings);
}
