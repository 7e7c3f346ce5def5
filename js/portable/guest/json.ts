import { GuestFault } from './faults.js';

/** A JSON object that a guest hands over; an empty text is an empty one. */
export function objectOf(what: string, text: string): Record<string, unknown> {
  if (text === '') return {};
  const value = valueOf(what, text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new GuestFault('INVALID_ARGUMENT', `${what} must be a JSON object`);
}

export function valueOf(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new GuestFault('INVALID_ARGUMENT', `${what}: this is not JSON`);
  }
}

/** Characters of options: some are kept for as long as what was made with them. */
const MOST_OPTIONS = 1 << 22;
/** Characters of a conversation. */
const MOST_MESSAGES = 1 << 24;

export function checkOptionsLength(what: string, { length }: string): void {
  if (length > MOST_OPTIONS)
    throw new GuestFault('LIMIT', `${what} must have at most ${MOST_OPTIONS} characters, got ${length}`);
}

/** What a guest may not ask for: it is the host's, or no answer to one call. */
const NOT_FOR_GUESTS = ['signal', 'timeout', 'priority', 'collect', 'n', 'logprobs', 'topLogprobs'];

/** Options of `generate` as a guest gives them: JSON, with the names of the package; a seed may be a text, JSON has no whole numbers of 64 bits. */
export function generateOptionsOf(what: string, text: string): Record<string, unknown> {
  checkOptionsLength(what, text);
  const options = objectOf(what, text);
  for (const name of NOT_FOR_GUESTS)
    if (name in options) throw new GuestFault('INVALID_ARGUMENT', `${what}: ${name} is not for guests to set`);
  if (typeof options.seed === 'string' && /^\d{1,20}$/.test(options.seed)) options.seed = BigInt(options.seed);
  return options;
}

/** The texts of `{"stop": [...]}`. */
export function stopsOf(what: string, text: string): string[] {
  checkOptionsLength(what, text);
  const { stop = [], ...more } = objectOf(what, text);
  const [unknown] = Object.keys(more);
  if (unknown !== undefined) throw new GuestFault('INVALID_ARGUMENT', `${what}: there is stop, not ${unknown}`);
  const stops: unknown[] = [stop].flat();
  if (stops.length <= 256 && stops.every((text) => typeof text === 'string' && text !== '')) return stops as string[];
  throw new GuestFault('INVALID_ARGUMENT', `${what}: stop must be at most 256 texts that are not empty`);
}

/** Messages of a conversation as JSON. */
export function messagesOf(text: string): unknown {
  if (text.length <= MOST_MESSAGES) return valueOf('messages', text);
  throw new GuestFault('LIMIT', `messages must have at most ${MOST_MESSAGES} characters, got ${text.length}`);
}

/** A conversation: an array of messages, or an object of `messages` and options of `applyChatTemplate`. */
export function conversationOf(text: string): { messages: unknown; options: Record<string, unknown> } {
  const value = messagesOf(text);
  if (Array.isArray(value)) return { messages: value, options: {} };
  const { messages, ...options } = objectOf('messages', text);
  return { messages, options };
}
