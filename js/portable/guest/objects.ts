import { GuestFault } from './faults.js';

/** Samplers, decoders, contexts of a guest at once: a sampler takes a few megabytes. */
const MOST = 64;

/** What a guest has made beside models, by ids that are never used again. */
export class GuestObjects<T extends object> {
  readonly #what: string;
  readonly #objects = new Map<number, T>();
  #last = 0;

  /** @param what such as `sampler` */
  constructor(what: string) {
    this.#what = what;
  }

  add(make: () => T): number {
    if (this.#objects.size >= MOST) throw new GuestFault('LIMIT', `a guest has at most ${MOST} ${this.#what}s at once`);
    const made = make();
    this.#objects.set(++this.#last, made);
    return this.#last;
  }

  get(id: number): T {
    const found = this.#objects.get(id);
    if (!found) throw new GuestFault('INVALID_ARGUMENT', `${id} is no ${this.#what}`);
    return found;
  }

  [Symbol.iterator](): IterableIterator<[number, T]> {
    return this.#objects[Symbol.iterator]();
  }

  remove(id: number): void {
    const found = this.get(id);
    this.#objects.delete(id);
    (found as { close?(): void }).close?.();
  }

  close(): void {
    for (const id of [...this.#objects.keys()]) this.remove(id);
  }
}
