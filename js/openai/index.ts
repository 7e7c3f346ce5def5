import { whenAborted } from '../engine/abort';
import { abortSignal, invalid, optionsObject, show } from '../engine/check';
import type { Chat } from '../model/chat/chat';
import { leave, leftBefore } from '../model/leftBefore';
import { Model } from '../model/model';
import type { GenerateOptions } from '../options/generate';
import type { JsonSchema } from '../options/structure';
import { knownOptions } from '../options/table';
import { completion, CompletionChunks, newHead, type Completion, type CompletionChunk } from './completion';
import { embeddings, type EmbeddingParams, type Embeddings } from './embeddings';
import { chatRequest } from './fields';
import { inFields } from './wrongField';

export type {
  Completion,
  CompletionChunk,
  CompletionDelta,
  CompletionLogprobs,
  CompletionMessage,
  CompletionToken,
  CompletionToolCall,
  CompletionUsage,
} from './completion';
export type { EmbeddingParams, Embeddings } from './embeddings';

type Snake<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${Snake<Rest>}`
  : '';

/** What OpenAI's API has a word of its own for, or none. */
type Told =
  | (
      | 'maxTokens'
      | 'temperature'
      | 'topP'
      | 'n'
      | 'seed'
      | 'stop'
      | 'frequencyPenalty'
      | 'presencePenalty'
      | 'logitBias'
    )
  | ('logprobs' | 'topLogprobs' | 'specialTokens' | 'signal' | 'collect');

/** The other options of `generate`, named as JSON has them. */
export type OtherOptions = {
  [Name in Exclude<keyof GenerateOptions, Told> as Snake<Name>]?: GenerateOptions[Name] | null;
};

/** The parameters of OpenAI's `chat.completions.create`; what else `chat` takes, with names as JSON has them (`top_k`), is taken too. */
export interface CompletionParams extends OtherOptions {
  /** Which model it is has been said already; this only comes back in the answer. */
  model?: string;
  messages: readonly object[];
  stream?: boolean | null;
  stream_options?: { include_usage?: boolean } | null;
  max_tokens?: number | null;
  max_completion_tokens?: number | null;
  temperature?: number | null;
  top_p?: number | null;
  n?: number | null;
  seed?: number | null;
  stop?: string | null | readonly string[];
  frequency_penalty?: number | null;
  presence_penalty?: number | null;
  logit_bias?: Readonly<Record<string, number>> | null;
  logprobs?: boolean | null;
  top_logprobs?: number | null;
  response_format?:
    | { type: 'text' | 'json_object' }
    | { type: 'json_schema'; json_schema: { name: string; schema?: JsonSchema; strict?: boolean | null } };
  tools?: readonly object[];
  tool_choice?: 'auto' | 'none' | 'required' | object;
  parallel_tool_calls?: boolean;
  reasoning_effort?: string | null;
  chat_template_kwargs?: Readonly<Record<string, unknown>>;
  /** Other ids that end the text. */
  stop_tokens?: readonly number[] | null;
}

export interface RequestOptions {
  signal?: AbortSignal | null;
}

/** Chunks as they come. Leaving the loop early stops the work. */
export interface CompletionStream extends AsyncIterable<CompletionChunk> {
  /** Aborting it stops the work; the loop throws its reason. */
  readonly controller: AbortController;
}

/** What code that speaks to OpenAI's API calls, answered by a model in this process. */
export interface OpenAIClient {
  readonly chat: {
    readonly completions: {
      create(params: CompletionParams & { stream: true }, options?: RequestOptions): Promise<CompletionStream>;
      create(params: CompletionParams & { stream?: false | null }, options?: RequestOptions): Promise<Completion>;
      create(params: CompletionParams, options?: RequestOptions): Promise<Completion | CompletionStream>;
    };
  };
  readonly embeddings: {
    create(params: EmbeddingParams, options?: RequestOptions): Promise<Embeddings>;
  };
}

/**
 * A model in the form of the `openai` package's client. Without a `temperature` answers are greedy. Errors are RealmErrors.
 *
 * @throws RealmError E_INVALID_ARGUMENT: not a model
 */
export function openai(model: Model): OpenAIClient {
  if (!(model instanceof Model)) throw invalid(`model must be an open model, got ${show(model)}`);
  // Who asks in OpenAI's words is answered in them.
  const name = (given: unknown): string => (typeof given === 'string' ? given : (model.info.name ?? 'realm'));
  async function create(params: CompletionParams, options?: RequestOptions): Promise<Completion | CompletionStream> {
    const { messages, options: asked, stream, includeUsage } = chatRequest(optionsObject(params, 'params'), 'refuse');
    const signal = signalOf(options);
    const head = newHead(name(params.model));
    if (!stream) return completion(head, model, await model.chat(messages, signal ? { ...asked, signal } : asked));
    const controller = new AbortController();
    const ignore = whenAborted(signal, () => controller.abort(signal?.reason));
    if (signal?.aborted) controller.abort(signal.reason);
    const chat = model.chat(messages, { ...asked, signal: controller.signal });
    chat.finally(ignore).catch(() => {});
    const chunks = chunksOf(chat, new CompletionChunks(head, model), includeUsage);
    // What is wrong with the request is the request's error, as it is over HTTP; so the first piece is waited for.
    const first = await chunks.next();
    let isRead = false;
    return {
      controller,
      [Symbol.asyncIterator]() {
        if (isRead) throw invalid('the stream is read already: its chunks come once');
        isRead = true;
        return leftBefore(withFirst(first, chunks), () => leave(chat));
      },
    };
  }
  const inItsWords = (params: CompletionParams, options?: RequestOptions) =>
    inFields(params, () => create(params, options));
  return {
    chat: { completions: { create: inItsWords as OpenAIClient['chat']['completions']['create'] } },
    embeddings: {
      create: (params, options) =>
        inFields(params, async () => {
          const given = optionsObject(params, 'params') as EmbeddingParams;
          return embeddings(model, name(given.model), given, signalOf(options));
        }),
    },
  };
}

const signalOf = (options: RequestOptions | undefined): AbortSignal | undefined =>
  abortSignal(knownOptions('create', options, ['signal']).signal ?? undefined);

type Chunks = AsyncGenerator<CompletionChunk, void, undefined>;

async function* chunksOf(chat: Chat, chunks: CompletionChunks, includeUsage: boolean): Chunks {
  for await (const delta of chat) yield* chunks.of(delta);
  if (includeUsage) yield chunks.usage(await chat);
}

async function* withFirst(first: IteratorResult<CompletionChunk, void>, rest: Chunks): Chunks {
  try {
    if (!first.done) yield first.value;
    yield* rest;
  } finally {
    await rest.return();
  }
}
