import { RealmError, type RealmErrorCode } from '../portable/errors';

/** An error of the native addon as one of ours; anything else stays what it is. */
export function fromNative(error: unknown): unknown {
  // No instanceof: the addon's errors are of the main realm, whatever vm context (Jest's, say) this runs in.
  if (typeof error !== 'object' || error === null || error instanceof RealmError) return error;
  const { code, message, name } = error as { code?: unknown; message?: unknown; name?: unknown };
  if (name === 'TypeError' || typeof code !== 'string' || !code.startsWith('E_')) return error;
  return new RealmError(code as RealmErrorCode, String(message));
}

/** Runs a call into the native addon; its errors come out as ours, with the stack of the JavaScript caller. */
export function native<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw fromNative(error);
  }
}
