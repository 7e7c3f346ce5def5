import { GuestCode, guestCodeOf, guestMessageOf, messageOf } from './faults.js';
import type { Quota } from './quota.js';

/**
 * The calls of one guest: nothing is ever thrown into it, one call runs at a time (a callback that calls back into the
 * guest, which then calls the host, is answered with BUSY), and the last failure can be asked for.
 */
export class Calls {
  lastError = '';
  #busy = false;
  readonly #onError: ((name: string, code: number, message: string) => void) | undefined;

  readonly #quota: Quota | undefined;

  constructor(onError?: (name: string, code: number, message: string) => void, quota?: Quota) {
    this.#onError = onError;
    this.#quota = quota;
  }

  /** @param codeOf where an error stands in the table of this import object */
  wrap(name: string, body: (...args: number[]) => number, codeOf = guestCodeOf, busy: number = GuestCode.BUSY) {
    // Seven parameters, as many as any function has: cheaper than a list, 30 times a token.
    return (a?: unknown, b?: unknown, c?: unknown, d?: unknown, e?: unknown, f?: unknown, g?: unknown): number => {
      if (this.#busy) {
        this.lastError = `${name}: another call of this guest is under way`;
        return busy;
      }
      this.#busy = true;
      let began: number | undefined;
      try {
        began = this.#quota?.begin();
        // WebAssembly hands over signed 32-bit numbers: pointers, lengths and ids are unsigned.
        return body(
          (a as number) >>> 0,
          (b as number) >>> 0,
          (c as number) >>> 0,
          (d as number) >>> 0,
          (e as number) >>> 0,
          (f as number) >>> 0,
          (g as number) >>> 0,
        );
      } catch (error) {
        const code = codeOf(error);
        this.lastError = `${name}: ${guestMessageOf(error)}`;
        try {
          this.#onError?.(name, code, messageOf((error as { cause?: unknown } | null)?.cause ?? error));
        } catch {
          // The host's own report failed: the guest must not see an exception for that.
        }
        return code;
      } finally {
        if (began !== undefined) this.#quota?.end(began);
        this.#busy = false;
      }
    };
  }
}
