import { invalid, show } from '../engine/check';
import { nearest } from '../portable/nearest';
import { RealmError } from '../portable/errors';
import { GENERATE_PARAMS } from './generateOptions';

type Body = Readonly<Record<string, unknown>>;

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;
const isOneOf =
  (...values: unknown[]) =>
  (value: unknown): boolean =>
    values.includes(value);
const isAnything = (): boolean => true;

/** Fields of OpenAI's API that this host does not know what to do with, and when they ask for nothing. */
const ASKS_NOTHING: Readonly<Record<string, (value: unknown) => boolean>> = {
  n: isOneOf(1),
  logprobs: isOneOf(false),
  top_logprobs: isOneOf(0),
  response_format: (value) => (value as { type?: unknown } | null)?.type === 'text',
  tools: isEmpty,
  tool_choice: isOneOf('none', 'auto'),
  parallel_tool_calls: isAnything, // without tools there are no calls
  functions: isEmpty,
  function_call: isOneOf('none', 'auto'),
  chat_template_kwargs: isEmpty,
  reasoning_effort: isOneOf('none'),
  modalities: (value) => Array.isArray(value) && value.every((kind) => kind === 'text'),
  store: isOneOf(false),
  service_tier: isOneOf('auto', 'default'),
  // Of what they are for there is nothing here.
  ...{ user: isAnything, metadata: isAnything, safety_identifier: isAnything, prompt_cache_key: isAnything },
};
/** Fields that are read by the handler itself. */
const OWN = ['messages', 'stream', 'stream_options', 'max_completion_tokens'];
const KNOWN = [...OWN, ...GENERATE_PARAMS.filter((name) => name !== 'prompt' && name !== 'tokens')];

/**
 * The parameters of `generate` among the fields of a request in OpenAI's form. What asks for nothing is left out; what asks
 * for something that this cannot do is refused by name.
 */
export function paramsOf(body: Body): Record<string, unknown> {
  const params: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body)) {
    if (value === null || value === undefined) continue;
    const asksNothing = ASKS_NOTHING[name];
    if (asksNothing) {
      if (!asksNothing(value))
        throw new RealmError('E_UNSUPPORTED', `${name} is not supported, got ${JSON.stringify(value).slice(0, 60)}`);
    } else if (!KNOWN.includes(name)) {
      const names = [...KNOWN, ...Object.keys(ASKS_NOTHING)];
      throw invalid(`there is no field ${show(name)}; did you mean ${show(nearest(name, names))}?`);
    } else if (!OWN.includes(name)) params[name] = value;
  }
  if (!Array.isArray(body.messages) || body.messages.length === 0)
    throw invalid(`messages must be an array of at least one message, got ${show(body.messages)}`);
  params.messages = body.messages;
  params.max_tokens = body.max_completion_tokens ?? body.max_tokens;
  return params;
}
