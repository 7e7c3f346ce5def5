import type { ChatMessage } from '../conversation';
import type { IdForm } from './types';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const LENGTHS = { call: 24, nine: 9 } as const;
const NINE = /^[a-zA-Z0-9]{9}$/;

/** An id for a call: by chance, or for `functions-index` from the call's place in the conversation. */
export function newCallId(form: IdForm, name: string, place: number): string {
  if (form === 'functions-index') return `functions.${name}:${place}`;
  const letter = () => LETTERS[Math.floor(Math.random() * LETTERS.length)]!;
  const letters = Array.from({ length: LENGTHS[form] }, letter).join('');
  return form === 'call' ? `call_${letters}` : letters;
}

/** Whether a text may be an id at all, in whatever form. */
export function isId(text: string): boolean {
  return /^[\w.:-]{1,80}$/.test(text);
}

/** Whether an id that a model wrote can be kept as it is. */
export function isCallId(form: IdForm, id: string): boolean {
  if (form === 'functions-index') return /^functions\..+:\d+$/.test(id);
  return form === 'nine' ? NINE.test(id) : id.length > 4;
}

/**
 * A conversation with the ids of its calls in the form that the family's template wants, in the calls and in their results. An id in
 * that form stays; the same id always becomes the same.
 */
export function withFamilyIds(messages: readonly ChatMessage[], form: IdForm): ChatMessage[] {
  if (form === 'call') return [...messages];
  const ids = new Map<string, string>();
  let place = 0;
  return messages.map((message) => {
    if (Array.isArray(message.tool_calls)) {
      const calls = message.tool_calls as { id?: unknown; function?: { name?: unknown } }[];
      return {
        ...message,
        tool_calls: calls.map((call) => {
          const name = String(call?.function?.name);
          const id = familyId(form, typeof call?.id === 'string' ? call.id : `${name}:${place}`, name, place++);
          if (typeof call?.id === 'string') ids.set(call.id, id);
          return { ...call, id };
        }),
      };
    }
    const { tool_call_id: id } = message;
    return typeof id === 'string' && ids.has(id) ? { ...message, tool_call_id: ids.get(id) } : message;
  });
}

function familyId(form: 'nine' | 'functions-index', id: string, name: string, place: number): string {
  if (form === 'functions-index') return `functions.${name}:${place}`;
  return NINE.test(id) ? id : nineOf(id);
}

/** Nine letters of a text: FNV-1a over its characters, twice, with different beginnings. */
function nineOf(text: string): string {
  let letters = '';
  for (const seed of [0x811c9dc5, 0x1000193]) {
    let hash = seed;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
    for (let i = 0; i < 5; i++, hash = Math.floor(hash / LETTERS.length)) letters += LETTERS[hash % LETTERS.length]!;
  }
  return letters.slice(0, 9);
}
