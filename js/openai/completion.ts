import { randomUUID } from 'node:crypto';
import type { ChatDelta, ChatFinishReason, ChatResult, ChatUsage } from '../model/chat/types';
import type { Model } from '../model/model';
import type { TokenLogprob } from '../model/result';
import { written } from './written';

/** What all parts of a completion have in common. */
export interface Head {
  id: string;
  created: number;
  model: string;
}

export interface CompletionUsage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details: { cached_tokens: number };
  completion_tokens_details: { reasoning_tokens: number };
}

export interface CompletionToken {
  token: string;
  logprob: number;
  bytes: number[] | null;
}

export interface CompletionLogprobs {
  content: (CompletionToken & { top_logprobs: CompletionToken[] })[];
  refusal: null;
}

export interface CompletionToolCall {
  id: string;
  type: 'function';
  function: { name: string; arguments: string };
}

export interface CompletionMessage {
  role: 'assistant';
  content: string | null;
  refusal: null;
  reasoning_content?: string;
  tool_calls?: CompletionToolCall[];
}

type FinishReason = 'stop' | 'length' | 'tool_calls';

export interface Completion extends Head {
  object: 'chat.completion';
  choices: {
    index: number;
    message: CompletionMessage;
    finish_reason: FinishReason;
    logprobs: CompletionLogprobs | null;
  }[];
  usage: CompletionUsage;
}

/** What a piece of an answer adds. */
export interface CompletionDelta {
  role?: 'assistant';
  content?: string | null;
  reasoning_content?: string;
  tool_calls?: {
    index: number;
    id?: string;
    type?: 'function';
    function: { name?: string; arguments: string };
  }[];
}

export interface CompletionChunk extends Head {
  object: 'chat.completion.chunk';
  choices: {
    index: number;
    delta: CompletionDelta;
    finish_reason: FinishReason | null;
    logprobs: CompletionLogprobs | null;
  }[];
  usage?: CompletionUsage;
}

export const newHead = (model: string): Head => ({
  id: `chatcmpl-${randomUUID()}`,
  created: Math.floor(Date.now() / 1000),
  model,
});

const finishOf = (reason: ChatFinishReason): FinishReason =>
  reason === 'tool-calls' ? 'tool_calls' : reason === 'length' ? 'length' : 'stop';

/** Whether a token may end an answer. */
const isEnd = (model: Model, token: TokenLogprob | undefined): boolean =>
  token !== undefined && (model.info.tokenizer?.endIds ?? []).includes(token.token);

/** Tokens as OpenAI's API has them: each one's text and bytes; the one that ends the answer is none of it. */
function logprobsOf(model: Model, tokens: readonly TokenLogprob[] | undefined): CompletionLogprobs | null {
  if (!tokens) return null;
  const told = (token: number, logprob: number): CompletionToken => {
    const bytes = model.tokenBytes(token);
    return { token: written(bytes), logprob, bytes: [...bytes] };
  };
  const content = tokens
    .filter((token, i) => i < tokens.length - 1 || !isEnd(model, token))
    .map(({ token, logprob, top }) => ({
      ...told(token, logprob),
      top_logprobs: top.map((other) => told(other.token, other.logprob)),
    }));
  return { content, refusal: null };
}

/** Of several answers: their prompt is told once. */
export function usageOf(result: ChatResult): CompletionUsage {
  const all: readonly ChatUsage[] = (result.choices ?? [result]).map(({ usage }) => usage);
  const sum = (name: keyof ChatUsage) => all.reduce((total, usage) => total + usage[name], 0);
  const { promptTokens, cachedTokens } = result.usage;
  const generated = sum('generatedTokens');
  return {
    ...{ prompt_tokens: promptTokens, completion_tokens: generated, total_tokens: promptTokens + generated },
    prompt_tokens_details: { cached_tokens: cachedTokens },
    completion_tokens_details: { reasoning_tokens: sum('reasoningTokens') },
  };
}

function messageOf({ content, reasoning, messages }: ChatResult): CompletionMessage {
  const calls = messages.at(-1)?.tool_calls as CompletionToolCall[] | undefined;
  return {
    ...{ role: 'assistant', content: calls && content === '' ? null : content, refusal: null },
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(calls ? { tool_calls: calls } : {}),
  };
}

/** A whole answer. */
export function completion(head: Head, model: Model, result: ChatResult): Completion {
  const choices = (result.choices ?? [result]).map((choice, index) => ({
    ...{ index, message: messageOf(choice), finish_reason: finishOf(choice.finishReason) },
    logprobs: logprobsOf(model, choice.logprobs),
  }));
  const { id, created } = head;
  return { id, object: 'chat.completion', created, model: head.model, choices, usage: usageOf(result) };
}

/** Makes chunks of deltas. Each answer's first says whose it is, also where nothing else is said. */
export class CompletionChunks {
  readonly #head: Head;
  readonly #model: Model;
  readonly #begun = new Set<number>();
  /** Log probabilities of each answer that have no chunk yet. */
  readonly #untold = new Map<number, TokenLogprob[]>();

  constructor(head: Head, model: Model) {
    this.#head = head;
    this.#model = model;
  }

  of(given: ChatDelta): CompletionChunk[] {
    const { choice = 0 } = given;
    const delta = deltaOf(given);
    const finished = given.type === 'step' ? finishOf(given.finishReason) : null;
    const tokens = [...(this.#untold.get(choice) ?? []), ...(given.logprobs ?? [])];
    // Whether a token that may end an answer has ended this one is known at the end.
    const isOpen = !finished && isEnd(this.#model, tokens.at(-1));
    const ready = !delta && !finished ? 0 : tokens.length - Number(isOpen);
    this.#untold.set(choice, tokens.slice(ready));
    if (!delta && !finished) return [];
    const logprobs = logprobsOf(this.#model, tokens.slice(0, ready));
    const told = logprobs?.content.length ? logprobs : null;
    if (this.#begun.has(choice)) return [this.#chunk(choice, delta ?? {}, finished, told)];
    this.#begun.add(choice);
    const first = this.#chunk(
      choice,
      { role: 'assistant', content: delta?.tool_calls ? null : '', ...delta },
      null,
      told,
    );
    return finished ? [first, this.#chunk(choice, {}, finished, null)] : [first];
  }

  usage(result: ChatResult): CompletionChunk {
    return { ...this.#start, choices: [], usage: usageOf(result) };
  }

  get #start(): Pick<CompletionChunk, 'id' | 'object' | 'created' | 'model'> {
    const { id, created, model } = this.#head;
    return { id, object: 'chat.completion.chunk', created, model };
  }

  #chunk(
    index: number,
    delta: CompletionDelta,
    finishReason: FinishReason | null,
    logprobs: CompletionLogprobs | null,
  ): CompletionChunk {
    return { ...this.#start, choices: [{ index, delta, finish_reason: finishReason, logprobs }] };
  }
}

/** Nothing for what OpenAI's API has no word for. */
function deltaOf(delta: ChatDelta): CompletionDelta | undefined {
  switch (delta.type) {
    case 'content':
      return { content: delta.text };
    case 'reasoning':
      return { reasoning_content: delta.text };
    case 'tool-call-start': {
      const { index, id, name } = delta;
      return { tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] };
    }
    case 'tool-call-delta':
      return { tool_calls: [{ index: delta.index, function: { arguments: delta.arguments } }] };
    default:
      return undefined;
  }
}
