import { RealmError, type RealmErrorCode } from '../portable/errors';

/** Codes that only the host gives; the engine's own (`RealmErrorCode`) go through as they are. */
export type ServeErrorCode =
  /** No token, or not the right one. */
  | 'E_UNAUTHORIZED'
  /** A page of an origin that is not allowed, or a Host header that is not this host's. */
  | 'E_ORIGIN'
  /** No JSON, no envelope, an unknown function or path. */
  | 'E_PROTOCOL'
  /** A message, a body or an answer above its limit. */
  | 'E_TOO_LARGE'
  /** A limit on connections or requests is reached; `retry_after` says when to come again. */
  | 'E_BUSY';

/** A failure as the wire carries it. `retry_after` is in seconds. */
export interface WireError {
  code: ServeErrorCode | RealmErrorCode;
  message: string;
  retry_after?: number;
}

/** What the host itself refuses. */
export class Refusal extends Error {
  constructor(
    readonly code: ServeErrorCode,
    message: string,
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}

const STATUS: Partial<Record<WireError['code'], number>> = {
  E_UNAUTHORIZED: 401,
  E_ORIGIN: 403,
  E_MODEL_NOT_FOUND: 404,
  E_TOO_LARGE: 413,
  E_BUSY: 503,
  E_SHUTDOWN: 503,
  E_INTERNAL: 500,
  E_ENGINE: 500,
  E_OUT_OF_MEMORY: 500,
};

/** The HTTP status that goes with a code; what the caller can put right is 400. */
export const statusOf = (error: WireError): number => STATUS[error.code] ?? 400;

/** A failure for the other side: what it can act upon, and nothing of this process's insides. */
export function wireError(error: unknown): WireError {
  if (error instanceof Refusal) {
    const { code, message, retryAfter } = error;
    return retryAfter === undefined ? { code, message } : { code, message, retry_after: retryAfter };
  }
  if (error instanceof RealmError) return { code: error.code, message: error.message };
  return { code: 'E_INTERNAL', message: 'the host failed' };
}

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
}

/** A request as it came, once its form is checked. */
export interface Envelope {
  id: string | number;
  function: string;
  params: Readonly<Record<string, unknown>>;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function parseObject(text: string): Record<string, unknown> {
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

/**
 * A reply with floats as one binary frame: the length of the JSON (u32, little-endian), the JSON padded with spaces so that
 * what follows begins at a multiple of four, the float32 numbers (little-endian, as in memory here).
 */
export function frame(json: object, floats: Float32Array): Buffer {
  const text = Buffer.from(JSON.stringify(json));
  const length = Math.ceil(text.length / 4) * 4;
  const bytes = Buffer.alloc(4 + length + floats.byteLength, ' ');
  bytes.writeUInt32LE(length, 0);
  text.copy(bytes, 4);
  bytes.set(new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength), 4 + length);
  return bytes;
}

/** A frame of a client: the same form. The numbers are a copy, aligned. */
export function parseFrame(bytes: Buffer): { message: Record<string, unknown>; floats: OwnFloats } {
  const length = bytes.length >= 4 ? bytes.readUInt32LE(0) : Infinity;
  const rest = bytes.length - 4 - length;
  if (rest < 0 || rest % 4 !== 0)
    throw new Refusal('E_PROTOCOL', 'a binary message is u32 length, JSON of that length, float32 numbers');
  const message = parseObject(bytes.toString('utf8', 4, 4 + length));
  return { message, floats: new Float32Array(new Uint8Array(bytes.subarray(4 + length)).buffer) };
}
