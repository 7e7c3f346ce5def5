import { RealmError, type RealmErrorCode } from '../../portable/errors';
import { GuestCode, GuestFault, guestMessageOf } from '../../portable/guest/faults';
import type { Quota } from '../../portable/guest/quota';

const AS_ERROR: Record<number, RealmErrorCode> = {
  [GuestCode.MODEL_NOT_FOUND]: 'E_MODEL_NOT_FOUND',
  [GuestCode.CANCELLED]: 'E_CANCELLED',
  [GuestCode.UNSUPPORTED]: 'E_UNSUPPORTED',
  [GuestCode.LIMIT]: 'E_LIMIT',
};

/** Faults are for guests that take numbers; these guests take errors, in which no path of the host stands. */
function asGuestsSee(error: unknown): unknown {
  if (error instanceof GuestFault)
    return new RealmError(AS_ERROR[error.guestCode] ?? 'E_INVALID_ARGUMENT', error.message);
  if (!(error instanceof RealmError)) return error;
  return new RealmError(error.code, guestMessageOf(error));
}

/** The functions with each call counted, and with the errors that guests may see. */
export function guarded<T extends object>(
  functions: T,
  quota: Quota,
  onError: (name: string, error: unknown) => void,
): T {
  const guard = (name: string, call: (...args: unknown[]) => unknown) => {
    return (...args: unknown[]): unknown => {
      let began: number | undefined;
      try {
        began = quota.begin();
        return call(...args);
      } catch (error) {
        onError(name, (error as { cause?: unknown } | null)?.cause ?? error);
        throw asGuestsSee(error);
      } finally {
        if (began !== undefined) quota.end(began);
      }
    };
  };
  const entries = Object.entries(functions) as [string, (...args: unknown[]) => unknown][];
  return Object.fromEntries(entries.map(([name, call]) => [name, guard(name, call)])) as T;
}
