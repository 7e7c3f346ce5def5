import { randomUUID } from 'node:crypto';
import { whenAborted } from '../engine/abort';
import { allOrNone } from '../model/allOrNone';
import type { Model } from '../model/model';
import type { GenerationChunk, GenerationResult, TokenLogprob } from '../model/result';
import { RealmError } from '../portable/errors';
import type { Head } from './completion';
import type { TextRequest } from './fields';
import { promptLogprobs, type PromptToken } from './promptLogprobs';
import { writtenBy } from './written';

/** Log probabilities as OpenAI's older API has them: each list has an item a token. */
export interface TextLogprobs {
  tokens: string[];
  /** null: the first token of a prompt, which comes after none. */
  token_logprobs: (number | null)[];
  top_logprobs: (Record<string, number> | null)[] | null;
  /** Where each token begins in the text. */
  text_offset: number[];
}

export interface TextChoice {
  index: number;
  text: string;
  finish_reason: 'stop' | 'length' | null;
  logprobs: TextLogprobs | null;
}

export interface TextUsage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details: { cached_tokens: number };
}

/** A whole completion of texts, or a piece of one. */
export interface TextCompletion extends Head {
  object: 'text_completion';
  choices: TextChoice[];
  usage?: TextUsage;
}

export const newTextHead = (model: string): Head => ({
  id: `cmpl-${randomUUID()}`,
  created: Math.floor(Date.now() / 1000),
  model,
});

/** Of the answer, or of the prompt. */
type ShownToken = TokenLogprob | (PromptToken & { text: string });

/** What is told of a choice so far. */
class Told {
  text = '';
  readonly #written: (token: number) => string;
  readonly #tops: boolean;

  constructor(written: (token: number) => string, tops: boolean) {
    this.#written = written;
    this.#tops = tops;
  }

  /** The text that comes next, and its tokens. */
  add(text: string, tokens: readonly ShownToken[]): TextLogprobs {
    const told: TextLogprobs = {
      ...{ tokens: [], token_logprobs: [], top_logprobs: this.#tops ? [] : null, text_offset: [] },
    };
    let at = this.text.length;
    const end = at + text.length;
    for (const token of tokens) {
      const written = this.#written(token.token);
      told.tokens.push(written);
      told.text_offset.push(Math.min(at, end));
      at += token.text.length;
      const isFirst = Number.isNaN(token.logprob);
      told.token_logprobs.push(isFirst ? null : token.logprob);
      const tops = token.top.map(({ token: other, logprob }) => [this.#written(other), logprob] as const);
      told.top_logprobs?.push(isFirst ? null : Object.fromEntries(tops.reverse()));
    }
    this.text += text;
    return told;
  }
}

/** The text of each token of a prompt, which together are the prompt's: of a begin token that was put before it there is none. */
function partsOf(model: Model, ids: Uint32Array, text: string): string[] {
  const decoder = model.decoder();
  const { bosId } = model.info.tokenizer ?? {};
  return Array.from(ids, (id, i) => {
    if (i === 0 && id === bosId && !text.startsWith(Buffer.from(model.tokenBytes(id)).toString())) return '';
    return decoder.push(id);
  });
}

function joined(parts: readonly TextLogprobs[]): TextLogprobs {
  const all = <Name extends keyof TextLogprobs>(name: Name) => parts.flatMap((part) => (part[name] ?? []) as unknown[]);
  return {
    tokens: all('tokens') as string[],
    token_logprobs: all('token_logprobs') as (number | null)[],
    top_logprobs: parts.some((part) => part.top_logprobs) ? (all('top_logprobs') as Record<string, number>[]) : null,
    text_offset: all('text_offset') as number[],
  };
}

/** A text of the model's as a choice goes on. */
class Going {
  readonly index: number;
  readonly #told: Told;
  readonly #parts: TextLogprobs[] = [];
  readonly #wants: boolean;
  readonly #ends: readonly number[];

  constructor(model: Model, index: number, { options }: TextRequest, written: (token: number) => string) {
    this.index = index;
    this.#wants = options.logprobs === true;
    this.#told = new Told(written, (options.topLogprobs ?? 0) > 0);
    this.#ends = model.info.tokenizer?.endIds ?? [];
  }

  add(text: string, tokens: readonly ShownToken[] = []): TextChoice {
    // The token that ends a text is none of it.
    const shown = tokens.filter(({ token }, i) => i < tokens.length - 1 || !this.#ends.includes(token));
    const logprobs = this.#told.add(text, shown);
    if (this.#wants) this.#parts.push(logprobs);
    return { index: this.index, text, finish_reason: null, logprobs: this.#wants ? logprobs : null };
  }

  whole(finish: 'stop' | 'length'): TextChoice {
    const logprobs = this.#wants ? joined(this.#parts) : null;
    return { index: this.index, text: this.#told.text, finish_reason: finish, logprobs };
  }
}

/** What a host allows. */
export interface TextLimits {
  /** Tokens of an answer at most. */
  tokens?: number;
}

/**
 * Goes on with each prompt, all at once; choices are numbered prompt by prompt.
 *
 * @param onChoice told each piece of a choice as it comes; it may hold the next one up
 */
export async function textCompletion(
  model: Model,
  head: Head,
  request: TextRequest,
  signal: AbortSignal | undefined,
  limits: TextLimits = {},
  onChoice?: (chunk: TextCompletion) => Promise<void>,
): Promise<TextCompletion> {
  const { id, created } = head;
  const completion = (choices: TextChoice[]): TextCompletion => ({
    ...{ id, object: 'text_completion', created, model: head.model, choices },
  });
  const halt = new AbortController();
  const ignore = whenAborted(signal, () => halt.abort(signal?.reason));
  if (signal?.aborted) halt.abort(signal.reason);
  const emit = onChoice && ((choice: TextChoice) => onChoice(completion([choice])));
  const echoed = new Echoed();
  const work = request.prompts.map((_, number) => onePrompt(model, request, number, halt.signal, limits, echoed, emit));
  const results = await allOrNone(work, (error) => halt.abort(error)).finally(ignore);
  const usage = results.reduce(
    (sum, one) => ({
      prompt: sum.prompt + one.promptTokens,
      cached: sum.cached + one.cachedTokens,
      generated: sum.generated + one.generatedTokens,
    }),
    { prompt: 0, cached: 0, generated: 0 },
  );
  return {
    ...completion(results.flatMap(({ choices }) => choices)),
    usage: {
      ...{ prompt_tokens: usage.prompt, completion_tokens: usage.generated },
      total_tokens: usage.prompt + usage.generated,
      prompt_tokens_details: { cached_tokens: usage.cached },
    },
  };
}

/** Log probabilities of prompts are written on JavaScript's thread at once: so many of a request, that others need not wait long. */
const MOST_ECHOED = 65_536;

/** Counts those of all prompts and choices of a request. */
class Echoed {
  #count = 0;

  add(count: number): void {
    this.#count += count;
    if (this.#count > MOST_ECHOED)
      throw new RealmError(
        'E_LIMIT',
        `echo with logprobs: tokens of prompts times n times (1 + logprobs) may be ${MOST_ECHOED} at most`,
      );
  }
}

interface OnePrompt {
  choices: TextChoice[];
  promptTokens: number;
  cachedTokens: number;
  generatedTokens: number;
}

const idsOf = (model: Model, prompt: string | number[]): Uint32Array =>
  typeof prompt === 'string' ? model.tokenize(prompt, { asPrompt: true }) : Uint32Array.from(prompt);

async function onePrompt(
  model: Model,
  request: TextRequest,
  number: number,
  signal: AbortSignal,
  { tokens: most = Infinity }: TextLimits,
  echoed: Echoed,
  emit: ((choice: TextChoice) => Promise<void>) | undefined,
): Promise<OnePrompt> {
  const { options, echo, maxTokens } = request;
  const prompt = request.prompts[number] as string | number[];
  const n = options.n ?? 1;
  const written = writtenBy(model);
  const goings = Array.from({ length: n }, (_, choice) => new Going(model, number * n + choice, request, written));
  // Of a prompt that is only gone on with the engine finds the ids itself.
  const ids = echo || maxTokens === 0 ? idsOf(model, prompt) : undefined;
  if (echo && ids) {
    if (options.logprobs) echoed.add(n * ids.length * (1 + (options.topLogprobs ?? 0)));
    const text = typeof prompt === 'string' ? prompt : model.detokenize(ids);
    const parts = options.logprobs ? partsOf(model, ids, text) : [];
    const told = options.logprobs ? await promptLogprobs(model, ids, options.topLogprobs ?? 0, signal) : [];
    const scored = told.map((token, i) => ({ ...token, text: parts[i] ?? '' }));
    for (const going of goings) {
      const piece = going.add(text, scored);
      await emit?.(piece);
    }
  }
  if (maxTokens === 0 && ids) {
    const choices = goings.map((going) => going.whole('length'));
    for (const choice of choices) await emit?.({ ...choice, text: '', logprobs: null });
    return { choices, promptTokens: ids.length, cachedTokens: 0, generatedTokens: 0 };
  }
  const generation = model.generate(prompt, { ...options, maxTokens: Math.min(maxTokens, most), signal });
  if (emit)
    for await (const { text, choice = 0, logprobs } of generation as AsyncIterable<GenerationChunk>)
      if (text !== '' || logprobs) await emit((goings[choice] as Going).add(text, logprobs));
  const result = await generation;
  const all: readonly GenerationResult[] = result.choices ?? [result];
  const choices: TextChoice[] = [];
  for (const [i, { text, logprobs, finishReason }] of all.entries()) {
    const going = goings[i] as Going;
    if (!emit) going.add(text, logprobs);
    const end = going.whole(finishReason === 'length' ? 'length' : 'stop');
    choices.push(end);
    await emit?.({ ...end, text: '', logprobs: null });
  }
  return {
    choices,
    promptTokens: result.usage.promptTokens,
    cachedTokens: result.usage.cachedTokens,
    generatedTokens: all.reduce((sum, { usage }) => sum + usage.generatedTokens, 0),
  };
}
