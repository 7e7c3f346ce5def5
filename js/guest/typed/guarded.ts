import { RealmError, type RealmErrorCode } from '../../portable/errors';
import { GuestCode, GuestFault, guestMessageOf, messageOf } from '../../portable/guest/faults';
import type { Quota } from '../../portable/guest/quota';

const AS_ERROR: Record<number, RealmErrorCode> = {
  [GuestCode.MODEL_NOT_FOUND]: 'E_MODEL_NOT_FOUND',
  [GuestCode.CANCELLED]: 'E_CANCELLED',
  [GuestCode.UNSUPPORTED]: 'E_UNSUPPORTED',
  [GuestCode.LIMIT]: 'E_LIMIT',
};

/** What a callback of the host threw: it comes out as it is, where the host called the guest. */
class Thrown {
  constructor(readonly error: unknown) {}
}

export function ofHost<T>(callback: () => T): T {
  try {
    return callback();
  } catch (error) {
    throw new Thrown(error);
  }
}

/** Faults are for guests that take numbers; these guests take errors, in which no path of the host stands. */
function asGuestsSee(error: unknown): unknown {
  if (error instanceof GuestFault)
    return new RealmError(AS_ERROR[error.guestCode] ?? 'E_INVALID_ARGUMENT', error.message);
  if (error instanceof RealmError) return new RealmError(error.code, guestMessageOf(error));
  // A value of a kind that no language of guests makes.
  return new RealmError('E_INVALID_ARGUMENT', messageOf(error));
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
      } catch (thrown) {
        const error = thrown instanceof Thrown ? thrown.error : thrown;
        onError(name, (error as { cause?: unknown } | null)?.cause ?? error);
        throw thrown instanceof Thrown ? error : asGuestsSee(error);
      } finally {
        if (began !== undefined) quota.end(began);
      }
    };
  };
  const entries = Object.entries(functions) as [string, (...args: unknown[]) => unknown][];
  return Object.fromEntries(entries.map(([name, call]) => [name, guard(name, call)])) as T;
}
