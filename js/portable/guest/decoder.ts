import type { EngineModel } from './engine.js';
import { GuestFault } from './faults.js';

/** Characters that may wait. */
const MOST_READY = 1 << 20;

/**
 * Tokens in, whole characters out. A character waits for all of its bytes, and what may be the beginning of a stop text waits until it is
 * one or is not; what is behind a stop text never comes.
 */
export class GuestDecoder {
  readonly #model: EngineModel;
  readonly #stops: readonly string[];
  readonly #state = new Uint32Array(1);
  readonly #characters = new TextDecoder('utf-8', { ignoreBOM: true });
  #held = '';
  #ready = '';
  /** Whether a stop text came. */
  stopped = false;

  /** @param after tokens that come before, such as a prompt's: their text is not given */
  constructor(model: EngineModel, after: Uint32Array, stops: readonly string[]) {
    this.#model = model;
    this.#stops = stops;
    if (after.length > 0) model.decodeNext(after, this.#state);
  }

  /** Text that is ready and was not taken. */
  get ready(): string {
    return this.#ready;
  }

  push(ids: Uint32Array): void {
    if (this.stopped || ids.length === 0) return;
    if (this.#ready.length > MOST_READY)
      throw new GuestFault('LIMIT', `more than ${MOST_READY} characters wait to be taken`);
    const bytes = this.#model.decodeNext(ids, this.#state);
    this.#append(this.#characters.decode(bytes, { stream: true }));
  }

  /** The text ends here: what waited is ready. */
  end(): void {
    if (this.stopped) return;
    this.#append(this.#characters.decode());
    this.#ready += this.#held;
    this.#held = '';
    this.#state[0] = 0;
  }

  /** The text was taken. */
  taken(): void {
    this.#ready = '';
  }

  #append(text: string): void {
    const all = this.#held + text;
    const stop = Math.min(...this.#stops.map((stop) => all.indexOf(stop)).map((at) => (at < 0 ? Infinity : at)));
    if (stop !== Infinity) {
      this.#ready += all.slice(0, stop);
      this.#held = '';
      this.stopped = true;
      return;
    }
    const keep = Math.max(0, ...this.#stops.map((stop) => overlap(all, stop)));
    this.#ready += all.slice(0, all.length - keep);
    this.#held = all.slice(all.length - keep);
  }
}

/** How many characters at the end of a text are the beginning of a stop text. */
function overlap(text: string, stop: string): number {
  for (let length = Math.min(text.length, stop.length - 1); length > 0; length--)
    if (text.endsWith(stop.slice(0, length))) return length;
  return 0;
}
