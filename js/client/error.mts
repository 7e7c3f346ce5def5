import { unknownOption } from '../portable/known.js';

/** A failure of the host (its `code` is in docs/browser.md), or on the way to it: `E_CONNECTION`; `E_CANCELLED`. */
export class RealmError extends Error {
  readonly code: string;
  /** Seconds after which it is worth another try, where the host says so. */
  readonly retryAfter: number | undefined;

  constructor(code: string, message: string, retryAfter?: number) {
    super(message);
    this.name = 'RealmError';
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** @throws RealmError E_INVALID_ARGUMENT: an option that the call does not have */
export function known<T extends object>(call: string, options: T, names: readonly string[]): T {
  const wrong = unknownOption(call, options, names);
  if (wrong !== undefined) throw new RealmError('E_INVALID_ARGUMENT', wrong);
  return options;
}

/** The `error` of an answer as an exception. */
export function fromWire(error: unknown): RealmError {
  const { code, message, retry_after } = (error ?? {}) as { code?: unknown; message?: unknown; retry_after?: number };
  return new RealmError(
    typeof code === 'string' ? code : 'E_PROTOCOL',
    typeof message === 'string' ? message : 'the host sent an error without a message',
    retry_after,
  );
}
