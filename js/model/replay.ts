/** Things as they come, for whoever loops over them, from the first one on; or, not collected, until somebody has read them. */
export class Replay<T> {
  readonly #collect: boolean;
  #kept: T[] = [];
  /** How many were read and forgotten. */
  #gone = 0;
  #waiting: (() => void)[] = [];
  #ended = false;

  constructor(collect: boolean) {
    this.#collect = collect;
  }

  get ended(): boolean {
    return this.#ended;
  }

  add(item: T): void {
    this.#kept.push(item);
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  #take(index: number): T | undefined {
    const item = this.#kept[index - this.#gone];
    if (item !== undefined && !this.#collect) {
      this.#kept = this.#kept.slice(index - this.#gone + 1);
      this.#gone = index + 1;
    }
    return item;
  }

  /**
   * @param outcome awaited at the end: what it rejects with is thrown
   * @param onLeave called when the loop is left, also at its end; the loop is over when the outcome is there
   */
  async *read(outcome: Promise<unknown>, onLeave: () => void): AsyncGenerator<T, void, undefined> {
    let next = this.#gone;
    try {
      for (;;) {
        const item = this.#take(next);
        if (item !== undefined) {
          next++;
          yield item;
        } else if (this.#ended) {
          await outcome;
          return;
        } else {
          await new Promise<void>((wake) => this.#waiting.push(wake));
        }
      }
    } finally {
      onLeave();
      await outcome.catch(() => {});
    }
  }
}
