import type { ChatMessage } from '../chat/conversation';
import { flag, invalid, show } from '../engine/check';
import type { ChatOptions, OpenAITool, ToolChoice } from '../model/chat/types';
import { GENERATE_OPTIONS } from '../options/generate';
import type { Format } from '../options/structure';
import { snakeCase } from '../options/table';
import { nearest } from '../portable/nearest';
import { RealmError } from '../portable/errors';

type Body = Readonly<Record<string, unknown>>;

/** A request for an answer to a conversation, read. */
export interface ChatRequest {
  messages: readonly ChatMessage[];
  options: ChatOptions;
  stream: boolean;
  includeUsage: boolean;
}

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
  store: isOneOf(false),
  service_tier: isOneOf('auto', 'default'),
  // Of what they are for there is nothing here.
  ...{ user: isAnything, metadata: isAnything, safety_identifier: isAnything, prompt_cache_key: isAnything },
};

/** Options of `generate` as their names are in JSON; special tokens are told apart here. */
const OPTIONS = new Map(
  GENERATE_OPTIONS.filter((name) => name !== 'specialTokens').map((name): [string, string] => [snakeCase(name), name]),
);

/** Fields that become options of `chat`: what they are there. */
const FIELDS: Readonly<Record<string, (value: unknown) => ChatOptions>> = {
  max_completion_tokens: (maxTokens) => ({ maxTokens: maxTokens as number }),
  repetition_penalty: (repeatPenalty) => ({ repeatPenalty: repeatPenalty as number }),
  n: (n) => ({ n: n as number }),
  response_format: (value) => ({ ...formatOf(value) }),
  tools: (tools) => ({ tools: tools as OpenAITool[] }),
  tool_choice: (value) => ({ toolChoice: toolChoiceOf(value) }),
  parallel_tool_calls: (value) => ({ parallelToolCalls: value as boolean }),
  reasoning_effort: (effort) => ({ reasoning: effort === 'none' ? false : { effort: effort as string } }),
  chat_template_kwargs: (variables) => ({ templateOptions: variables as Body }),
};
/** Fields that are read here, one by one. */
const OWN = ['model', 'messages', 'stream', 'stream_options', 'stop_tokens'];
const KNOWN = [...OWN, ...Object.keys(FIELDS), ...OPTIONS.keys()];

/**
 * A request in the form of OpenAI's chat completions. What asks for nothing is left out; what asks for something that this cannot do
 * is refused by name.
 */
export function chatRequest(body: Body): ChatRequest {
  let options: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body)) {
    if (value === null || value === undefined || OWN.includes(name)) continue;
    const asksNothing = ASKS_NOTHING[name];
    const option = OPTIONS.get(name);
    if (asksNothing) {
      if (!asksNothing(value))
        throw new RealmError('E_UNSUPPORTED', `${name} is not supported, got ${JSON.stringify(value).slice(0, 60)}`);
    } else if (Object.hasOwn(FIELDS, name)) options = { ...options, ...FIELDS[name]?.(value) };
    else if (option !== undefined) options[option] ??= value;
    else {
      const names = [...KNOWN, ...Object.keys(ASKS_NOTHING)];
      throw invalid(`there is no field ${show(name)}; did you mean ${show(nearest(name, names))}?`);
    }
  }
  const { messages, stream, stream_options: streaming, stop_tokens: ids } = body;
  if (!Array.isArray(messages) || messages.length === 0)
    throw invalid(`messages must be an array of at least one message, got ${show(messages)}`);
  if (ids !== undefined && ids !== null) {
    if (!Array.isArray(ids)) throw invalid(`stop_tokens must be an array, got ${show(ids)}`);
    options.stop = [...[options.stop ?? []].flat(), ...(ids as number[])];
  }
  return {
    messages: messages as ChatMessage[],
    options: options,
    stream: flag('stream', stream ?? undefined, false),
    includeUsage: isObject(streaming) && streaming.include_usage === true,
  };
}

/** `response_format`. */
function formatOf(value: unknown): { format?: Format } {
  const name = 'response_format';
  if (!isObject(value)) throw invalid(`${name} must be an object { type }, got ${show(value)}`);
  const { type, json_schema: named } = value;
  if (type === 'text') return {};
  if (type === 'json_object') return { format: { type: 'object' } };
  if (type !== 'json_schema')
    throw invalid(`${name}.type must be 'text', 'json_object' or 'json_schema', got ${show(type)}`);
  if (!isObject(named)) throw invalid(`${name}.json_schema must be an object { name, schema }, got ${show(named)}`);
  const { schema = { type: 'object' } } = named;
  if (!isObject(schema)) throw invalid(`${name}.json_schema.schema must be a JSON Schema, got ${show(schema)}`);
  return { format: schema };
}

/** `tool_choice`: a word, or `{ type: 'function', function: { name } }`. */
function toolChoiceOf(value: unknown): ToolChoice {
  if (!isObject(value)) return value as ToolChoice;
  const { type, function: named } = value;
  if (type === 'function' && isObject(named)) return { name: named.name as string };
  throw invalid(`tool_choice must be 'auto', 'required', 'none' or { type: 'function', function: { name } }`);
}
