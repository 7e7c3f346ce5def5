import { RealmError } from '../portable/errors';
import { callsOf, checkMessages, invalid, noContent, type ChatMessage } from './conversation';
import { withFamilyIds } from './format/ids';
import type { ChatFormat } from './format/types';
import { inWords } from './inWords';
import type { RenderOptions } from './options';
import { templateCapabilities } from './templateCapabilities';

/** Variables by which templates keep the reasoning of earlier answers, and what they are then. */
const KEEPING: Readonly<Record<string, boolean>> = { preserve_thinking: true, clear_thinking: false };

export interface Preparing {
  readonly tools: readonly { readonly function: { readonly name: string } }[];
  readonly keepReasoning: boolean | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * A conversation in OpenAI's form, checked, and the options in the words of a template: roles, ids, reasoning and tools where it knows
 * others, or none.
 */
export function prepared(
  messages: unknown,
  source: string,
  format: ChatFormat,
  { tools, keepReasoning, variables }: Preparing,
): { messages: ChatMessage[]; options: RenderOptions } {
  const { takes, ids, reasoning } = format;
  let ready = checkMessages(messages);
  if (ready.length === 0) throw invalid('messages must have at least one message, got none');
  if (!source.includes('developer'))
    ready = ready.map((message) => (message.role === 'developer' ? { ...message, role: 'system' } : message));
  ready = ready.map(withContent);
  ready = withToolNames(withFamilyIds(ready, ids));
  ready = ready.map((message) => withReasoning(message, keepReasoning === false ? undefined : reasoning?.field));
  ready = inWords(ready, tools, format);
  if (!takes.system) ready = withoutSystem(ready);
  return {
    messages: ready,
    options: {
      variables: { ...(keepReasoning === true ? keeping(source, takes.variables) : {}), ...variables },
      ...(takes.tools && tools.length > 0 ? { tools } : {}),
    },
  };
}

/** Says something, if it be nothing: an answer that was refused says so. Of one with calls alone templates know what to make. */
function withContent(message: ChatMessage, at: number): ChatMessage {
  const { role, content, refusal, function_call: called } = message;
  if (typeof content === 'string' || callsOf(message).length > 0) return message;
  if (called !== undefined && called !== null)
    throw new RealmError('E_UNSUPPORTED', `messages[${at}].function_call is not read: tool_calls are`);
  if (role === 'user' || role === 'system' || role === 'developer') throw noContent(at, content);
  return { ...message, content: typeof refusal === 'string' ? refusal : '' };
}

/** Results of tools name their tool, as some templates want it: found by the call's id. */
function withToolNames(messages: ChatMessage[]): ChatMessage[] {
  const names = new Map<unknown, unknown>();
  return messages.map((message) => {
    for (const { id, function: called } of callsOf(message) as { id?: unknown; function?: { name?: unknown } }[])
      if (id !== undefined) names.set(id, called?.name);
    if (message.role !== 'tool' || message.name !== undefined) return message;
    const name = names.get(message.tool_call_id);
    return name === undefined ? message : { ...message, name };
  });
}

/** Reasoning under the name that the template reads; without a name, none. */
function withReasoning(message: ChatMessage, field: string | undefined): ChatMessage {
  const { reasoning_content: thought, ...rest } = message;
  if (message.role !== 'assistant' || typeof thought !== 'string' || field === 'reasoning_content') return message;
  // gpt-oss: the template refuses both beside calls.
  if (field === undefined || (field === 'thinking' && rest.content && callsOf(message).length > 0)) return rest;
  return { ...rest, [field]: thought };
}

/** What makes a template write the reasoning of all answers. */
function keeping(source: string, variables: readonly string[]): Record<string, boolean> {
  const found = Object.entries(KEEPING).filter(([name]) => variables.includes(name));
  if (found.length === 0 && templateCapabilities(source).reasoning?.kept !== 'always')
    throw new RealmError(
      'E_UNSUPPORTED',
      'keepReasoning: the template does not write the reasoning of earlier answers',
    );
  return Object.fromEntries(found);
}

/** For templates that know no system: what it says stands before the next user's words. */
function withoutSystem(messages: ChatMessage[]): ChatMessage[] {
  const rest: ChatMessage[] = [];
  let said: string[] = [];
  for (const message of messages) {
    if (message.role === 'system') said.push(textOf(message));
    else if (message.role === 'user' && said.length > 0) {
      rest.push({ ...message, content: [...said, textOf(message)].join('\n\n') });
      said = [];
    } else rest.push(message);
  }
  if (said.length > 0) rest.push({ role: 'user', content: said.join('\n\n') });
  return rest;
}

const textOf = ({ content }: ChatMessage): string => (typeof content === 'string' ? content : '');
