import { asText } from '../asText.js';

/** What a call answers a guest with when it fails: one table for all functions (docs/option-2.md). */
export const GuestCode = {
  /** An argument that cannot be: an id outside the vocabulary, a length that is no whole row, a misaligned pointer, a gap in the positions. */
  INVALID_ARGUMENT: -1,
  /** The guest's memory is not attached, or the host has no memory left. */
  NO_MEMORY: -2,
  /** Pointer and length reach outside the guest's memory. */
  OUT_OF_BOUNDS: -3,
  /** No model of this id, or no model of this name that the host allows. */
  MODEL_NOT_FOUND: -4,
  /** No tensor of this name, no layer of this number. */
  NOT_FOUND: -5,
  /** The result does not fit into the room given. */
  TOO_SMALL: -6,
  BAD_UTF8: -7,
  CONTEXT_FULL: -8,
  /** Another call of this guest is under way: a callback called back into the guest. Over a network also: the host has no room. */
  BUSY: -9,
  /** What this engine does not have, or the host does not allow; over a network also: more bytes than the host sends. */
  UNSUPPORTED: -10,
  CANCELLED: -11,
  /** Anything else that went wrong in the host. */
  RUNTIME: -12,
  /** The guest has used up what it may: models, bytes of caches, tokens, time or calls. */
  LIMIT: -13,
} as const;

export type GuestCodeName = keyof typeof GuestCode;

/** A failure that has a place in the table. Never thrown into a guest. */
export class GuestFault extends Error {
  readonly guestCode: number;

  constructor(code: GuestCodeName, message: string) {
    super(message);
    this.guestCode = GuestCode[code];
  }
}

const OF_ENGINE: Record<string, GuestCodeName> = {
  E_MODEL_NOT_FOUND: 'MODEL_NOT_FOUND',
  E_MODEL_CLOSED: 'MODEL_NOT_FOUND',
  E_TENSOR_NOT_FOUND: 'NOT_FOUND',
  E_CONTEXT_FULL: 'CONTEXT_FULL',
  E_OUT_OF_MEMORY: 'NO_MEMORY',
  E_UNSUPPORTED: 'UNSUPPORTED',
  E_VOCAB: 'UNSUPPORTED',
  E_CANCELLED: 'CANCELLED',
  E_TIMEOUT: 'LIMIT',
  // Of a host behind a network.
  E_BUSY: 'BUSY',
  E_TOO_LARGE: 'UNSUPPORTED',
  E_UNAUTHORIZED: 'RUNTIME',
  E_ORIGIN: 'RUNTIME',
  E_PROTOCOL: 'RUNTIME',
  E_CONNECTION: 'RUNTIME',
  E_IO: 'RUNTIME',
  E_NOT_REGULAR: 'RUNTIME',
  E_ENGINE: 'RUNTIME',
  E_SHUTDOWN: 'RUNTIME',
  E_NUMERIC: 'RUNTIME',
  E_INTERNAL: 'RUNTIME',
};

/** Where an error stands in the table. Of the engine's codes, those not named above are about what the guest handed over. */
export function guestCodeOf(error: unknown): number {
  if (error instanceof GuestFault) return error.guestCode;
  const code: unknown = (error as { code?: unknown } | null)?.code;
  if (typeof code !== 'string' || !code.startsWith('E_')) return GuestCode.RUNTIME;
  return GuestCode[OF_ENGINE[code] ?? 'INVALID_ARGUMENT'];
}

/** Codes whose messages name files. */
const OF_FILES: readonly unknown[] = ['E_IO', 'E_NOT_REGULAR', 'E_ENGINE'];

/** Why a call failed, as a guest may know it: without a path of the host. */
export function guestMessageOf(error: unknown): string {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown };
  // Of a callback of the host, say: whatever stands in it, it is not for guests.
  if (!(error instanceof GuestFault) && !(typeof code === 'string' && code.startsWith('E_'))) return 'the host failed';
  // With a cause it has been put in other words already.
  return OF_FILES.includes(code) && cause === undefined
    ? `the host could not read the model's file (${String(code)})`
    : messageOf(error);
}

export function messageOf(error: unknown): string {
  return error instanceof Error || (typeof error === 'object' && error !== null && 'message' in error)
    ? asText((error as Error).message)
    : asText(error);
}
