import type { ChatMessage } from '../../chat/conversation';
import type { GenerateOptions } from '../../options/generate';
import type { Format, JsonSchema, StandardSchema } from '../../options/structure';
import type { GenerationTimings, TokenLogprob } from '../result';

export interface ChatOptions<F extends Format | undefined = Format | undefined> extends Omit<
  GenerateOptions<F>,
  'specialTokens' | 'partial'
> {
  /** What the model may call: tools by their names, or as OpenAI's API has them. Arguments are held to each tool's schema while they are generated. */
  tools?: Readonly<Record<string, Tool>> | readonly OpenAITool[];
  /** `auto` (default): the model chooses; `required`: it calls, in its first step; `none`: it doesn't; or the tool that it calls in its first step. */
  toolChoice?: ToolChoice;
  /** Several calls in one answer. Default true, where the family of the model knows it. */
  parallelToolCalls?: boolean;
  /** Generations at most, in which tools with `execute` are called. Default 8. */
  maxSteps?: number;
  /** `tell` (default): the model is told what a tool threw, and goes on; `throw`: the chat rejects with it. */
  onToolError?: 'tell' | 'throw';
  /** `auto` (default): as the template has it; `false`: none; or at most `maxTokens` of it, with an effort where the template takes one. */
  reasoning?: 'auto' | false | ReasoningOptions;
  /** Whether the reasoning of earlier answers is told to the model again. Default: as the template has it. */
  keepReasoning?: boolean;
  /** Variables of the template, such as `enable_thinking`. */
  templateOptions?: Readonly<Record<string, unknown>>;
  /** A Jinja template of one's own, instead of the file's. */
  template?: string;
  /** Go on with the last message, which is the assistant's, instead of beginning an answer. Default false. */
  continueFinalMessage?: boolean;
}

export type ToolChoice = 'auto' | 'required' | 'none' | { readonly name: string };

export interface ReasoningOptions {
  /** After so many tokens the reasoning is ended, at the next whole character, and the answer begins. */
  readonly maxTokens?: number;
  /** For templates that take it (`reasoning_effort`): `low`, `medium`, `high`, or what else the template knows; `none`: no reasoning. */
  readonly effort?: string;
}

/** What the model may call. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a tool of certain arguments is one of these too
export interface Tool<Arguments = any> {
  description?: string;
  /** JSON Schema of an object, or a schema of a library that tells it (Standard Schema with `~standard.jsonSchema`). Default: no arguments. */
  parameters?: JsonSchema | StandardSchema;
  /** Called with arguments that are as the schema wants them. What it returns, a promise too, is told to the model: a text as it is, else JSON. */
  execute?(given: Arguments, context: ToolContext): unknown;
}

export interface ToolContext {
  /** Fires when the chat is aborted, cancelled, or out of time. */
  signal: AbortSignal;
  /** The call's. */
  id: string;
  /** The conversation up to the call. */
  messages: readonly ChatMessage[];
}

/** A tool in the form of OpenAI's API. */
export interface OpenAITool {
  readonly type: 'function';
  readonly function: {
    readonly name: string;
    readonly description?: string;
    readonly parameters?: JsonSchema;
    readonly strict?: boolean | null;
  };
}

export interface ToolCall {
  id: string;
  name: string;
  /** The value; undefined where `invalid` says what is wrong. */
  arguments: unknown;
  /** The answer ended inside of the call, or its arguments are no JSON. */
  invalid?: 'cut' | 'malformed';
}

/** What came of a call: the value, or why there is none. */
export type ToolResult = { id: string; name: string } & (
  { value: unknown; error?: never } | { error: string; value?: never }
);

/** What comes of an answer under way, in order. */
export type ChatDelta = ChatDeltaKind & {
  /** With `logprobs: true`, for the tokens that were chosen since the last delta. */
  logprobs?: TokenLogprob[];
  /** With `n`: which of the answers it belongs to, from 0. */
  choice?: number;
};

export type ChatDeltaKind =
  | { type: 'content' | 'reasoning'; text: string }
  /** A call begins. */
  | { type: 'tool-call-start'; index: number; id: string; name: string }
  /** A piece of the JSON of its arguments. */
  | { type: 'tool-call-delta'; index: number; arguments: string }
  /** A call is whole. */
  | ({ type: 'tool-call'; index: number } & ToolCall)
  /** A tool has been executed. */
  | ({ type: 'tool-result' } & ToolResult)
  /** A generation has ended. */
  | { type: 'step'; finishReason: ChatFinishReason };

export interface ChatUsage {
  promptTokens: number;
  /** Of the prompt: those that needed no computing. */
  cachedTokens: number;
  generatedTokens: number;
  /** Of those generated: the reasoning's. */
  reasoningTokens: number;
}

/**
 * `stop`: the answer is whole. `length`: maxTokens, or the context is full. `tool-calls`: there are calls that nobody has answered.
 * `cancelled`: a loop over it was left early.
 */
export type ChatFinishReason = 'stop' | 'length' | 'tool-calls' | 'cancelled';

/** One generation. */
export interface ChatStep {
  content: string;
  reasoning: string;
  toolCalls: ToolCall[];
  /** Of the tools that were executed. */
  toolResults: ToolResult[];
  finishReason: ChatFinishReason;
  /** Of `stop`: the text or the token that ended it. */
  stop: string | number | null;
  usage: ChatUsage;
  /** Not enumerable, so that two results of the same answer are equal. */
  timings: GenerationTimings;
}

/** What there is of an answer that did not get to its end. */
export interface ChatPartial {
  /** Of the last generation, as all here but messages and log probabilities. */
  content: string;
  reasoning: string;
  /** Calls of the last generation. */
  toolCalls: ToolCall[];
  /** What can be appended to the conversation: answers, calls, and results of tools. A message that was gone on with is the first of them, whole. */
  messages: ChatMessage[];
  logprobs?: TokenLogprob[];
}

export interface ChatResult<Value = unknown> extends ChatPartial {
  /** With a `format`: what the content says, JSON parsed; undefined where it is not whole, and where tools are called. */
  value?: Value;
  finishReason: ChatFinishReason;
  stop: string | number | null;
  /**
   * Of `tool-calls`, where the tools could have been executed: `max-steps`, there have been as many generations as `maxSteps` allows;
   * `repeated-calls`, the model called the same as in the step before, word for word.
   */
  loopEnd?: 'max-steps' | 'repeated-calls';
  /** Of all steps. */
  usage: ChatUsage;
  /** All generations, in order. */
  steps: ChatStep[];
  /** Of all steps. Not enumerable, so that two results of the same answer are equal. */
  timings: GenerationTimings;
  /** With `n`: all answers, of which this is the first. */
  choices?: ChatResult<Value>[];
}
