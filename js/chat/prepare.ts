import { callsOf, checkMessages, invalid, type ChatMessage } from './conversation';
import { templateCapabilities } from './templateCapabilities';

/** A conversation, checked, in the words of a template: OpenAI's roles and fields where it knows others. */
export function preparedMessages(messages: unknown, source: string): ChatMessage[] {
  let prepared = checkMessages(messages);
  if (prepared.length === 0) throw invalid('messages must have at least one message, got none');
  if (!source.includes('developer'))
    prepared = prepared.map((message) => (message.role === 'developer' ? { ...message, role: 'system' } : message));
  prepared = withToolNames(prepared);
  return templateCapabilities(source).system ? prepared : withoutSystem(prepared);
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

/** For templates that know no system: what it says stands before the next user's words. */
function withoutSystem(messages: ChatMessage[]): ChatMessage[] {
  const rest: ChatMessage[] = [];
  let said: string[] = [];
  const flush = (next: string[]) => [...said, ...next].join('\n\n');
  for (const message of messages) {
    if (message.role === 'system') said.push(textOf(message));
    else if (message.role === 'user' && said.length > 0) {
      rest.push({ ...message, content: flush([textOf(message)]) });
      said = [];
    } else rest.push(message);
  }
  if (said.length > 0) rest.push({ role: 'user', content: flush([]) });
  return rest;
}

const textOf = ({ content }: ChatMessage): string => (typeof content === 'string' ? content : '');
