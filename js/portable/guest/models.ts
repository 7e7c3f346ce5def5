import { RealmError } from '../errors.js';
import type { EngineModel, ModelOpener } from './engine.js';
import { GuestFault } from './faults.js';
import type { Quota } from './quota.js';

const LARGEST_ID = 0x7fffffff;

/** The models of one guest, or of one host module, by the ids that the guest knows: 1 to 2^31 - 1. */
export class GuestModels<M extends EngineModel> {
  readonly #opener: ModelOpener<M>;
  readonly #quota: Quota;
  #models = new Map<number, M>();
  /** What is in models that the guest handed over. */
  #contents = new Map<number, string>();
  #last = 0;
  #closed = false;

  constructor(opener: ModelOpener<M>, quota: Quota) {
    this.#opener = opener;
    this.#quota = quota;
  }

  /** A new id for a model of this name. */
  load(name: string): number {
    return this.#add(() => this.#opener.named(name), 0);
  }

  /**
   * The same content and id give the same id.
   *
   * @param wanted an id of the guest's choice; 0: the one that has this content already, or the next one
   */
  store(bytes: Uint8Array, wanted = 0): number {
    const content = this.#opener.contentOf(bytes);
    for (const [id, known] of this.#contents) if (known === content && (wanted === 0 || wanted === id)) return id;
    const id = this.#add(() => this.#opener.bytes(bytes), wanted);
    this.#contents.set(id, content);
    return id;
  }

  /** @throws GuestFault MODEL_NOT_FOUND */
  get(id: number): M {
    const model = this.#models.get(id);
    if (!model) throw new GuestFault('MODEL_NOT_FOUND', `Model ${id} not found`);
    return model;
  }

  remove(id: number): void {
    const model = this.get(id);
    this.#models.delete(id);
    this.#contents.delete(id);
    this.#quota.removeModel(model);
    model.close();
  }

  /** For good: nothing is loaded afterwards. */
  close(): void {
    this.#closed = true;
    for (const id of [...this.#models.keys()]) this.remove(id);
  }

  #add(open: () => M, wanted: number): number {
    if (wanted > LARGEST_ID)
      throw new GuestFault('INVALID_ARGUMENT', `a model id is at most ${LARGEST_ID}, got ${wanted}`);
    if (this.#models.has(wanted)) {
      throw new RealmError(
        'E_MODEL_EXISTS',
        `Model ID ${wanted} is in use. Use a different ID or remove the existing model.`,
      );
    }
    if (this.#closed) throw new GuestFault('MODEL_NOT_FOUND', 'the host has closed this guest');
    this.#quota.checkModels();
    const model = open();
    this.#quota.addModel();
    let id = wanted;
    if (id === 0) {
      do this.#last = this.#last === LARGEST_ID ? 1 : this.#last + 1;
      while (this.#models.has(this.#last));
      id = this.#last;
    }
    this.#models.set(id, model);
    return id;
  }
}
