import type { ChatMessage } from '../../chat/conversation';
import type { GenerateOptions } from '../../options/generate';
import type { GenerationTimings, TokenLogprob } from '../result';

export interface ChatOptions extends Omit<GenerateOptions, 'specialTokens'> {
  /** Variables of the template, such as `enable_thinking`. */
  templateOptions?: Readonly<Record<string, unknown>>;
  /** A Jinja template of one's own, instead of the file's. */
  template?: string;
  /** Go on with the last message, which is the assistant's, instead of beginning an answer. Default false. */
  continueFinalMessage?: boolean;
}

/** What comes of an answer under way, in order. */
export type ChatDelta = ChatDeltaKind & {
  /** With `n`: which of the answers it belongs to, from 0. */
  choice?: number;
};

export type ChatDeltaKind = {
  type: 'content' | 'reasoning';
  text: string;
  /** With `logprobs: true`, for the tokens that were chosen since the last delta. */
  logprobs?: TokenLogprob[];
};

export interface ChatUsage {
  promptTokens: number;
  /** Of the prompt: those that needed no computing. */
  cachedTokens: number;
  generatedTokens: number;
  /** Of those generated: the reasoning's. */
  reasoningTokens: number;
}

export type ChatFinishReason = 'stop' | 'length' | 'cancelled';

/** One generation. */
export interface ChatStep {
  content: string;
  reasoning: string;
  finishReason: ChatFinishReason;
  /** Of `stop`: the text or the token that ended it. */
  stop: string | number | null;
  usage: ChatUsage;
  /** Not enumerable, so that two results of the same answer are equal. */
  timings: GenerationTimings;
}

/** What there is of an answer that did not get to its end. */
export interface ChatPartial {
  content: string;
  reasoning: string;
  /** What can be appended to the conversation; an answer that was cut is the last of them. */
  messages: ChatMessage[];
  logprobs?: TokenLogprob[];
}

export interface ChatResult extends ChatPartial {
  /** With a `format`: what the content says, JSON parsed; undefined where it is not whole. */
  value?: unknown;
  /** `stop`: the answer is whole. `length`: maxTokens, or the context is full. `cancelled`: a loop over it was left early. */
  finishReason: ChatFinishReason;
  stop: string | number | null;
  /** Of all steps. */
  usage: ChatUsage;
  /** All generations, in order. */
  steps: ChatStep[];
  /** Of all steps. Not enumerable, so that two results of the same answer are equal. */
  timings: GenerationTimings;
  /** With `n`: all answers, of which this is the first. */
  choices?: ChatResult[];
}
