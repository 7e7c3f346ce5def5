import type { ChatMessage } from '../../chat/conversation';
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
  const { content, reasoning, reasoningTokens, toolCalls } = answer;
  const { stop, promptTokens, cachedTokens, generatedTokens, timings } = end;
  const finishReason = end.finishReason === 'stop' && toolCalls.length > 0 ? 'tool-calls' : end.finishReason;
  const usage = { promptTokens, cachedTokens, generatedTokens, reasoningTokens };
  return withTimings(
    { content, reasoning, toolCalls: [...toolCalls], toolResults: [], finishReason, stop, usage },
    timings,
  );
}

/** What was said as a message in OpenAI's form; one that was begun is gone on with. */
export function messageOf(
  { content, reasoning, toolCalls, written }: Answer,
  begun: ChatMessage | undefined,
): ChatMessage {
  const before = (field: string): string => (typeof begun?.[field] === 'string' ? begun[field] : '');
  const thought = before('reasoning_content') + reasoning;
  const calls = toolCalls.map(({ id, name }, i) => ({
    ...{ id, type: 'function' },
    function: { name, arguments: written[i] },
  }));
  return {
    ...(begun ?? { role: 'assistant' }),
    content: before('content') + content,
    ...(thought === '' ? {} : { reasoning_content: thought }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
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
