import { RealmError } from '../portable/errors';

/** A message as OpenAI's API has it; templates may read other fields too. */
export interface ChatMessage {
  role: string;
  content?: unknown;
  [other: string]: unknown;
}

export function invalid(message: string): RealmError {
  return new RealmError('E_INVALID_ARGUMENT', message);
}

/** A value as it stands in a message. */
export function told(value: unknown): string {
  if (value === null || typeof value !== 'object')
    return typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value);
  return Array.isArray(value) ? 'an array' : 'an object';
}

/** A conversation, checked: content given as text parts is one text. */
export function checkMessages(messages: unknown): ChatMessage[] {
  if (!Array.isArray(messages)) throw invalid(`messages must be an array, got ${told(messages)}`);
  return messages.map((message: unknown, at) => {
    if (typeof message !== 'object' || message === null || Array.isArray(message)) {
      throw invalid(`messages[${at}] must be an object { role, content }, got ${told(message)}`);
    }
    const { role, content } = message as { role?: unknown; content?: unknown };
    if (typeof role !== 'string') throw invalid(`messages[${at}].role must be a string, got ${told(role)}`);
    checkCalls(message as ChatMessage, at);
    if (Array.isArray(content)) return { ...message, role, content: joinedParts(content, at) };
    if (typeof content !== 'string' && content !== null && content !== undefined) throw noContent(at, content);
    return message as ChatMessage;
  });
}

/** Of a message whose content is nothing that can be said. */
export const noContent = (at: number, content: unknown): RealmError =>
  invalid(`messages[${at}].content must be a string or an array of parts, got ${told(content)}`);

/** A copy of a conversation, which nobody else can change: of lists and plain objects in it; other values are what they are. */
export function ownMessages(messages: readonly ChatMessage[]): ChatMessage[] {
  const copies = new Map<object, unknown>();
  const copyOf = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    // What contains itself does so in the copy.
    if (copies.has(value)) return copies.get(value);
    if (Array.isArray(value)) {
      const list: unknown[] = [];
      copies.set(value, list);
      for (const item of value) list.push(copyOf(item));
      return list;
    }
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return value;
    const object: Record<string, unknown> = {};
    copies.set(value, object);
    for (const [name, member] of Object.entries(value)) object[name] = copyOf(member);
    return object;
  };
  return messages.map((message) => copyOf(message) as ChatMessage);
}

/** Calls are objects whose arguments can be written as JSON. */
function checkCalls(message: ChatMessage, at: number): void {
  for (const [i, call] of callsOf(message).entries()) {
    const where = `messages[${at}].tool_calls[${i}]`;
    if (typeof call !== 'object' || call === null)
      throw invalid(`${where} must be an object { id, function }, got ${told(call)}`);
    const { function: called } = call as { function?: { name?: unknown } | null };
    if (called?.name !== undefined && typeof called.name !== 'string')
      throw invalid(`${where}.function.name must be a string, got ${told(called.name)}`);
    try {
      JSON.stringify(argumentsOf(call));
    } catch (cause) {
      throw new RealmError('E_INVALID_ARGUMENT', `${where}.function.arguments can't be written as JSON`, { cause });
    }
  }
}

/** OpenAI's parts: the texts, put together. What is no text can't be told to a language model: refused by its name. */
function joinedParts(parts: readonly unknown[], message: number): string {
  return parts
    .map((part, at) => {
      if (typeof part === 'string') return part;
      const where = `messages[${message}].content[${at}]`;
      if (typeof part !== 'object' || part === null)
        throw invalid(`${where} must be an object { type, text }, got ${told(part)}`);
      const { type, text, refusal } = part as { type?: unknown; text?: unknown; refusal?: unknown };
      if (type === 'refusal' && typeof refusal === 'string') return refusal;
      if (type !== 'text' && type !== 'input_text' && type !== 'output_text') {
        throw new RealmError(
          'E_UNSUPPORTED',
          `${where} has the type ${told(type)}; only parts of the type "text" are taken`,
        );
      }
      if (typeof text !== 'string') throw invalid(`${where}.text must be a string, got ${told(text)}`);
      return text;
    })
    .join('');
}

/** Whether any assistant message has a call whose arguments are a string, as in OpenAI's API. */
export function hasStringArguments(messages: readonly ChatMessage[]): boolean {
  return messages.some((message) => callsOf(message).some((call) => typeof argumentsOf(call) === 'string'));
}

/** The same messages, arguments that are the text of a JSON object as that object. */
export function withObjectArguments(messages: readonly ChatMessage[]): ChatMessage[] {
  return messages.map((message) => {
    const calls = callsOf(message);
    if (!calls.length) return message;
    return { ...message, tool_calls: calls.map(withObject) };
  });
}

type Call = Record<string, unknown>;

/** The calls of a message as they came. */
export function callsOf({ tool_calls: calls }: ChatMessage): Call[] {
  return Array.isArray(calls) ? (calls as Call[]) : [];
}

/** The arguments of a call as they came. */
export function argumentsOf(call: Call): unknown {
  const { function: called } = (call ?? {}) as { function?: { arguments?: unknown } };
  return called?.arguments;
}

function withObject(call: Call): Call {
  const text = argumentsOf(call);
  if (typeof text !== 'string') return call;
  let parsed: unknown;
  try {
    parsed = text.trim() === '' ? {} : JSON.parse(text);
  } catch {
    return call;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return call;
  return { ...call, function: { ...(call.function as object), arguments: parsed } };
}
