import type { ChatMessage } from '../chat/conversation';
import { flag, invalid, show, text, wholeNumber } from '../engine/check';
import { OPENAI_MEMBERS } from '../model/chat/members';
import type { ChatOptions, OpenAITool, ToolChoice } from '../model/chat/types';
import { checkGenerateOptions, GENERATE_OPTIONS, type GenerateOptions } from '../options/generate';
import type { Format, JsonSchema } from '../options/structure';
import { knownOptions, snakeCase } from '../options/table';
import { nearest } from '../portable/nearest';
import { RealmError } from '../portable/errors';

type Body = Readonly<Record<string, unknown>>;

interface Streaming {
  stream: boolean;
  includeUsage: boolean;
}

/** A request for an answer to a conversation, read. */
export interface ChatRequest extends Streaming {
  messages: readonly ChatMessage[];
  options: ChatOptions;
}

/** A request for texts that go on, read. */
export interface TextRequest extends Streaming {
  prompts: (string | number[])[];
  /** All but `maxTokens`, which may be none here. */
  options: GenerateOptions;
  maxTokens: number;
  /** The prompt stands before the text. */
  echo: boolean;
}

/** What becomes of fields that nobody knows: `refuse` for who writes code, `ignore` over a wire, where clients send new ones each month. */
export type Others = 'refuse' | 'ignore';

const isObject = (value: unknown): value is Body =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;
const isOneOf =
  (...values: unknown[]) =>
  (value: unknown): boolean =>
    values.includes(value);
const isAnything = (): boolean => true;

/** Fields of OpenAI's API that nothing here knows what to do with, and when they ask for nothing. */
const ASKS_NOTHING: Readonly<Record<string, (value: unknown) => boolean>> = {
  functions: isEmpty,
  function_call: isOneOf('none', 'auto'),
  modalities: (value) => Array.isArray(value) && value.every((kind) => kind === 'text'),
  audio: isEmpty,
  web_search_options: isEmpty,
  // Of what they are for there is nothing here, or it changes no answer.
  ...{ user: isAnything, metadata: isAnything, safety_identifier: isAnything, prompt_cache_key: isAnything },
  ...{ store: isAnything, service_tier: isAnything, prediction: isAnything, verbosity: isAnything },
  // llama.cpp's, which say how to go about it, and how to tell of reasoning: as it is told here, or not at all.
  ...{ id_slot: isAnything, timings_per_token: isAnything, return_progress: isOneOf(false) },
  reasoning_format: isOneOf('auto', 'deepseek'),
};
/** The same of completions of texts. */
const TEXT_ASKS_NOTHING: typeof ASKS_NOTHING = {
  suffix: isOneOf(''),
  best_of: isOneOf(1),
  user: isAnything,
};

/** Options of `generate` as their names are in JSON; special tokens are told apart here. */
const OPTIONS = new Map(
  GENERATE_OPTIONS.filter((name) => name !== 'specialTokens').map((name): [string, string] => [snakeCase(name), name]),
);

type Fields = Readonly<Record<string, (value: unknown, others: Others) => ChatOptions>>;

/** Fields that become options of `chat`: what they are there. */
const FIELDS: Fields = {
  max_completion_tokens: (maxTokens) => ({ maxTokens: maxTokens as number }),
  repetition_penalty: (repeatPenalty) => ({ repeatPenalty: repeatPenalty as number }),
  n: (n) => ({ n: n as number }),
  response_format: (value, others) => ({ ...formatOf(value, others) }),
  tools: (tools, others) => ({ tools: (others === 'refuse' ? tools : toolsOf(tools)) as OpenAITool[] }),
  tool_choice: (value) => ({ toolChoice: toolChoiceOf(value) }),
  parallel_tool_calls: (value) => ({ parallelToolCalls: value as boolean }),
  reasoning_effort: (effort) => ({
    reasoning: effort === 'none' ? false : { effort: text('reasoning_effort', effort) },
  }),
  reasoning_budget: (budget) =>
    budget === -1 ? {} : { reasoning: { maxTokens: wholeNumber('reasoning_budget', budget, 0, 0x7fffffff) } },
  chat_template_kwargs: (variables) => ({ templateOptions: variables as Body }),
  ...{ grammar: (gbnf) => grammarOf(gbnf), json_schema: (schema) => ({ format: asSchema('json_schema', schema) }) },
};
/** The same of completions of texts. */
const TEXT_FIELDS: Readonly<Record<string, (value: unknown, others: Others) => GenerateOptions>> = {
  repetition_penalty: (repeatPenalty) => ({ repeatPenalty: repeatPenalty as number }),
  n: (n) => ({ n: n as number }),
  logprobs: (count) => ({ logprobs: true, topLogprobs: wholeNumber('logprobs', count, 0, 128) }),
  response_format: (value, others) => ({ ...formatOf(value, others) }),
  ...{ grammar: (gbnf) => grammarOf(gbnf), json_schema: (schema) => ({ format: asSchema('json_schema', schema) }) },
};
/** Fields that are read here, one by one. */
const OWN = ['model', 'messages', 'stream', 'stream_options', 'stop_tokens'];
const TEXT_OWN = ['model', 'prompt', 'stream', 'stream_options', 'stop_tokens', 'echo', 'max_tokens'];

/** What is said of a field that there is not. */
export const noField = (name: string, names: readonly string[]): string =>
  `there is no field ${show(name)}; did you mean ${show(nearest(name, names))}?`;

/**
 * The options that fields ask for. What asks for nothing is left out; what asks for something that this cannot do is refused by name.
 */
function optionsOf(
  body: Body,
  own: readonly string[],
  fields: Readonly<Record<string, (value: unknown, others: Others) => object>>,
  nothing: typeof ASKS_NOTHING,
  others: Others,
): Record<string, unknown> {
  let options: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body)) {
    if (value === null || value === undefined || own.includes(name)) continue;
    const option = OPTIONS.get(name);
    if (Object.hasOwn(nothing, name)) {
      if (!nothing[name]?.(value))
        throw new RealmError('E_UNSUPPORTED', `${name} is not supported, got ${JSON.stringify(value).slice(0, 60)}`);
    } else if (Object.hasOwn(fields, name)) options = { ...options, ...fields[name]?.(value, others) };
    else if (option !== undefined) options[option] ??= value;
    else if (others === 'refuse') {
      const names = [...own, ...Object.keys(fields), ...OPTIONS.keys(), ...Object.keys(nothing)];
      throw invalid(noField(name, names));
    }
  }
  const { stop_tokens: ids } = body;
  if (ids !== undefined && ids !== null) {
    if (!Array.isArray(ids)) throw invalid(`stop_tokens must be an array, got ${show(ids)}`);
    options.stop = [...[options.stop ?? []].flat(), ...(ids as number[])];
  }
  return options;
}

function streamingOf({ stream, stream_options: streaming }: Body, others: Others): Streaming {
  if (streaming !== undefined && streaming !== null && !isObject(streaming))
    throw invalid(`stream_options must be an object, got ${show(streaming)}`);
  checkMembers('stream_options', streaming ?? {}, ['include_usage', 'include_obfuscation'], others);
  return {
    stream: flag('stream', stream ?? undefined, false),
    includeUsage: flag('stream_options.include_usage', streaming?.include_usage ?? undefined, false),
  };
}

/** A request in the form of OpenAI's chat completions. */
export function chatRequest(body: Body, others: Others): ChatRequest {
  const options = optionsOf(body, OWN, FIELDS, ASKS_NOTHING, others);
  const { messages } = body;
  if (!Array.isArray(messages) || messages.length === 0)
    throw invalid(`messages must be an array of at least one message, got ${show(messages)}`);
  return { messages: messages as ChatMessage[], options, ...streamingOf(body, others) };
}

/** As many tokens OpenAI's API makes of a prompt unless told otherwise. */
const TEXT_TOKENS = 16;
const MOST_TEXTS = 256;

/** A request in the form of OpenAI's completions of texts. */
export function textRequest(body: Body, others: Others): TextRequest {
  const options = optionsOf(body, TEXT_OWN, TEXT_FIELDS, TEXT_ASKS_NOTHING, others);
  const { prompt, echo, max_tokens: most } = body;
  const prompts = promptsOf(prompt);
  // Also of a request that generates nothing.
  checkGenerateOptions(options);
  if (prompts.length * Number(options.n ?? 1) > MOST_TEXTS)
    throw invalid(`prompt must be at most ${MOST_TEXTS} texts, each counted \`n\` times, got ${prompts.length}`);
  return {
    prompts,
    options,
    maxTokens: wholeNumber('max_tokens', most ?? undefined, TEXT_TOKENS, 0x7fffffff),
    echo: flag('echo', echo ?? undefined, false),
    ...streamingOf(body, others),
  };
}

/** A text, texts, ids of one, ids of several. */
function promptsOf(prompt: unknown): (string | number[])[] {
  if (typeof prompt === 'string') return [prompt];
  if (!Array.isArray(prompt) || prompt.length === 0)
    throw invalid(`prompt must be a text, texts, ids or lists of ids, got ${show(prompt)}`);
  if (typeof prompt[0] === 'number') return [prompt as number[]];
  return prompt.map((one: unknown, i) => {
    if (typeof one === 'string' || Array.isArray(one)) return one;
    throw invalid(`prompt[${i}] must be a text or ids, got ${show(one)}`);
  });
}

/** llama.cpp's `grammar`. */
function grammarOf(gbnf: unknown): { format?: Format } {
  if (typeof gbnf !== 'string') throw invalid(`grammar must be a string, got ${show(gbnf)}`);
  return gbnf === '' ? {} : { format: { gbnf } };
}

/** Of objects in a request: what nobody knows. */
function checkMembers(field: string, value: Body, known: readonly string[], others: Others): void {
  if (others === 'refuse') knownOptions(field, value, known);
}

/** Tools of clients: what nobody knows is left out. */
function toolsOf(tools: unknown): unknown {
  if (!Array.isArray(tools)) return tools;
  return tools.map((tool: unknown) => {
    if (!isObject(tool) || !isObject(tool.function)) return tool;
    const known = Object.entries(tool.function).filter(([name]) => OPENAI_MEMBERS.includes(name));
    return { ...tool, function: Object.fromEntries(known) };
  });
}

/** `response_format`. */
function formatOf(value: unknown, others: Others): { format?: Format } {
  const name = 'response_format';
  if (!isObject(value)) throw invalid(`${name} must be an object { type }, got ${show(value)}`);
  const { type, json_schema: named } = value;
  checkMembers(name, value, ['type', 'json_schema'], others);
  if (type === 'text') return {};
  if (type === 'json_object') return { format: { type: 'object' } };
  if (type !== 'json_schema')
    throw invalid(`${name}.type must be 'text', 'json_object' or 'json_schema', got ${show(type)}`);
  if (!isObject(named)) throw invalid(`${name}.json_schema must be an object { name, schema }, got ${show(named)}`);
  checkMembers(`${name}.json_schema`, named, ['name', 'description', 'schema', 'strict'], others);
  const { schema = { type: 'object' } } = named;
  return { format: asSchema(`${name}.json_schema.schema`, schema) };
}

/** A client's JSON Schema, which is one whatever its members are named. */
function asSchema(name: string, schema: unknown): JsonSchema {
  if (!isObject(schema)) throw invalid(`${name} must be a JSON Schema, got ${show(schema)}`);
  return { $comment: '', ...schema };
}

/** `tool_choice`: a word, or `{ type: 'function', function: { name } }`. */
function toolChoiceOf(value: unknown): ToolChoice {
  if (!isObject(value)) return value as ToolChoice;
  const { type, function: named } = value;
  if (type === 'function' && isObject(named)) return { name: named.name as string };
  throw invalid(`tool_choice must be 'auto', 'required', 'none' or { type: 'function', function: { name } }`);
}
