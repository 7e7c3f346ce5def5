import { Refusal } from './errors';

/** Numbers over an ArrayBuffer, never over shared memory: in words that TypeScript before 5.7 reads too. */
export type OwnFloats = ReturnType<typeof Float32Array.of>;

/** One piece of an answer under way. */
export interface TokenData {
  /** Whole characters. */
  token: string;
  /** Of the piece, from 0. */
  index: number;
  is_final: false;
}

/** What a finished request hands back; floats travel beside the JSON. */
export interface Reply {
  data: object;
  floats?: Float32Array;
  /** Members of `data` that are JSON already: lists of ids, which are long. */
  json?: Readonly<Record<string, string>>;
}

/** A request as it came, once its form is checked. */
export interface Envelope {
  id: string | number;
  function: string;
  params: Readonly<Record<string, unknown>>;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Messages that are shorter cost nothing, whatever they say. */
const SHORT_MESSAGE = 16_384;
const DEEPEST = 128;
const MOST_ARRAYS_AND_OBJECTS = 10_000;
const MOST_NAMES = 25_000;
const [QUOTE, BACKSLASH, COLON, OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = Buffer.from('"\\:[]{}');

/**
 * Refuses what would take long to parse: a megabyte of brackets, or of names, stops the event loop for a tenth of a second. This look at
 * it takes a millisecond.
 */
function checkForm(bytes: Buffer): void {
  let [depth, opened, names] = [0, 0, 0];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      while (++at < bytes.length && bytes[at] !== QUOTE) if (bytes[at] === BACKSLASH) at++;
    } else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      if (++depth > DEEPEST) throw new Refusal('E_PROTOCOL', `the message nests deeper than ${DEEPEST}`);
      if (++opened > MOST_ARRAYS_AND_OBJECTS)
        throw new Refusal('E_TOO_LARGE', `a message has at most ${MOST_ARRAYS_AND_OBJECTS} arrays and objects`);
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth--;
    else if (byte === COLON && ++names > MOST_NAMES)
      throw new Refusal('E_TOO_LARGE', `a message has at most ${MOST_NAMES} names`);
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** A message's bytes, which must be the UTF-8 of a JSON object. */
export function parseObject(bytes: Buffer): Record<string, unknown> {
  if (bytes.length > SHORT_MESSAGE) checkForm(bytes);
  let text: string;
  try {
    text = UTF8.decode(bytes);
  } catch {
    throw new Refusal('E_PROTOCOL', 'the message is no UTF-8');
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refusal('E_PROTOCOL', 'the message is no JSON');
  }
  if (isObject(value)) return value;
  throw new Refusal('E_PROTOCOL', 'the message must be a JSON object');
}

const LONGEST_ID = 200;

/** The id of a message, also of one that is otherwise wrong, so that the answer finds its way. */
export function idOf(message: Record<string, unknown>): string | number | null {
  const { id } = message;
  return (typeof id === 'string' && id.length <= LONGEST_ID) || Number.isSafeInteger(id) ? (id as string) : null;
}

export function envelope(message: Record<string, unknown>): Envelope {
  const id = idOf(message);
  if (id === null)
    throw new Refusal('E_PROTOCOL', `id must be a string of at most ${LONGEST_ID} characters or an integer`);
  const { function: name, params = {} } = message;
  if (typeof name !== 'string') throw new Refusal('E_PROTOCOL', 'function must be a string');
  if (!isObject(params)) throw new Refusal('E_PROTOCOL', 'params must be an object');
  return { id, function: name, params };
}

/** An answer's JSON. Its last member is `data`, which takes what is JSON already. */
export function jsonText(answer: { data: object }, json: Reply['json']): string {
  const text = JSON.stringify(answer);
  if (!json) return text;
  const members = Object.entries(json).map(([name, value]) => `${JSON.stringify(name)}:${value}`);
  const comma = Object.keys(answer.data).length > 0 ? ',' : '';
  return `${text.slice(0, -2)}${comma}${members.join(',')}}}`;
}

/**
 * A reply with floats as one binary frame: the length of the JSON (u32, little-endian), the JSON padded with spaces so that
 * what follows begins at a multiple of four, the float32 numbers (little-endian, as in memory here). In two parts: the numbers are
 * many, and are not copied.
 */
export function frame(json: object, floats: Float32Array): [head: Buffer, numbers: Buffer] {
  const text = Buffer.from(JSON.stringify(json));
  const length = Math.ceil(text.length / 4) * 4;
  const head = Buffer.alloc(4 + length, ' ');
  head.writeUInt32LE(length, 0);
  text.copy(head, 4);
  return [head, Buffer.from(floats.buffer, floats.byteOffset, floats.byteLength)];
}

/** A frame of a client: the same form. The numbers are a copy, aligned. */
export function parseFrame(bytes: Buffer): { message: Record<string, unknown>; floats: OwnFloats } {
  const length = bytes.length >= 4 ? bytes.readUInt32LE(0) : Infinity;
  const rest = bytes.length - 4 - length;
  if (rest < 0 || rest % 4 !== 0)
    throw new Refusal('E_PROTOCOL', 'a binary message is u32 length, JSON of that length, float32 numbers');
  const message = parseObject(bytes.subarray(4, 4 + length));
  return { message, floats: new Float32Array(new Uint8Array(bytes.subarray(4 + length)).buffer) };
}
