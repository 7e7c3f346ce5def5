import type { EngineModel } from './engine.js';
import { GuestFault } from './faults.js';

type Parts = Readonly<Record<string, unknown>>;

/** The last answer of each model of a guest, to be asked for part by part: guests need no reader of JSON. */
export class GuestAnswers {
  readonly #last = new WeakMap<EngineModel, Parts>();

  keep(model: EngineModel, parts: Parts): void {
    this.#last.set(model, parts);
  }

  /**
   * A text as it is, anything else as JSON.
   *
   * @param name such as `reasoning`; empty: all parts, as JSON
   */
  part(model: EngineModel, name: string): string {
    const parts = this.#last.get(model);
    if (!parts) throw new GuestFault('NOT_FOUND', 'the model has answered no conversation yet');
    if (name === '') return JSON.stringify(parts);
    const part = Object.hasOwn(parts, name) ? parts[name] : undefined;
    if (part === undefined) {
      const known = Object.keys(parts).join(', ');
      throw new GuestFault('NOT_FOUND', `the answer has no ${JSON.stringify(name)}; it has ${known}`);
    }
    return typeof part === 'string' ? part : JSON.stringify(part);
  }
}
