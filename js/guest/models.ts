import { fileURLToPath } from 'node:url';
import { binding } from '../binding';
import { isUrl, type Bytes } from '../check';
import { native, RealmError } from '../errors';
import { handleOf, Model, type ModelInfo } from '../model';
import { filePath } from '../storeModel';
import { GuestFault } from './faults';

/** A model that a guest may use: a path, a `file:` URL, the bytes of a GGUF file, an id of `storeModel`, or an open model. */
export type ModelSource = string | URL | Bytes | number | Model;

/** The models that guests may ask for, by the names they use. Names are looked up here and nowhere else: none becomes a path. */
export type AllowedModels = Readonly<Record<string, ModelSource>>;

/** A model as one guest has it: weights shared with everybody, a key/value cache of its own. */
export interface GuestModel {
  /** What the guest calls it: 1 to 2^31 - 1. */
  readonly id: number;
  /** What the engine calls its sequence. */
  stored: number;
  /** Tokenizer and generation. */
  readonly handle: bigint;
  readonly info: ModelInfo & { layers: number; hiddenSize: number; vocabSize: number; contextLength: number };
}

const LARGEST_ID = 0x7fffffff;

const give = ({ stored, handle }: { stored: number; handle: bigint }): void => {
  try {
    binding.removeModel(stored);
  } catch {
    // Somebody removed it: it is gone, as wished.
  }
  binding.closeModel(handle);
};
const forgotten = new FinalizationRegistry<{ stored: number; handle: bigint }>(give);

function open(source: ModelSource): { stored: number; handle: bigint } {
  if (source instanceof Model) {
    const stored = native(() => binding.storeOwn(handleOf(source)));
    return { stored, handle: native(() => binding.openStored(stored, 0)) };
  }
  const handle = native(() => {
    if (typeof source === 'number') return binding.openStored(source, 0);
    const from =
      typeof source === 'string'
        ? filePath(source)
        : isUrl(source)
          ? fileURLToPath(source)
          : source instanceof Uint8Array || Object.prototype.toString.call(source) === '[object Uint8Array]'
            ? (source as Uint8Array)
            : new Uint8Array(source as ArrayBuffer);
    return binding.openModel(from, 0, 0, 0, 0);
  });
  try {
    return { stored: native(() => binding.storeOwn(handle)), handle };
  } catch (error) {
    binding.closeModel(handle);
    throw error;
  }
}

/** The models of one guest, or of one host module. */
export class GuestModels {
  #allowed: Map<string, ModelSource>;
  #models = new Map<number, GuestModel>();
  #last = 0;

  constructor(allowed: AllowedModels = {}) {
    this.#allowed = new Map(Object.entries(allowed));
  }

  allow(models: AllowedModels): void {
    for (const [name, source] of Object.entries(models)) this.#allowed.set(name, source);
  }

  /** @throws GuestFault MODEL_NOT_FOUND: the host does not allow it; RealmError: it cannot be opened */
  load(name: string): GuestModel {
    const source = this.#allowed.get(name);
    if (source === undefined)
      throw new GuestFault('MODEL_NOT_FOUND', `the host allows no model named ${JSON.stringify(name)}`);
    return this.#add(source, 0);
  }

  /** @param wanted an id of the guest's choice; 0: the next one */
  store(bytes: Uint8Array, wanted = 0): GuestModel {
    return this.#add(bytes, wanted);
  }

  get(id: number): GuestModel {
    const model = this.#models.get(id);
    if (!model) throw new GuestFault('MODEL_NOT_FOUND', `Model ${id} not found`);
    return model;
  }

  remove(id: number): void {
    const model = this.get(id);
    this.#models.delete(id);
    forgotten.unregister(model);
    give(model);
  }

  /** Forgets all positions: the next one must be 0. */
  reset(id: number): void {
    const model = this.get(id);
    const old = model.stored;
    model.stored = native(() => binding.storeOwn(model.handle));
    native(() => binding.removeModel(old));
    forgotten.unregister(model);
    forgotten.register(model, { stored: model.stored, handle: model.handle }, model);
  }

  close(): void {
    for (const id of [...this.#models.keys()]) this.remove(id);
  }

  #add(source: ModelSource, wanted: number): GuestModel {
    if (wanted > LARGEST_ID)
      throw new GuestFault('INVALID_ARGUMENT', `a model id is at most ${LARGEST_ID}, got ${wanted}`);
    if (this.#models.has(wanted)) {
      throw new RealmError(
        'E_MODEL_EXISTS',
        `Model ID ${wanted} is in use. Use a different ID or remove the existing model.`,
      );
    }
    const opened = open(source);
    try {
      const info = JSON.parse(native(() => binding.describeModel(opened.handle))) as GuestModel['info'];
      let id = wanted;
      if (id === 0) {
        do this.#last = this.#last === LARGEST_ID ? 1 : this.#last + 1;
        while (this.#models.has(this.#last));
        id = this.#last;
      }
      const model: GuestModel = { id, ...opened, info };
      forgotten.register(model, opened, model);
      this.#models.set(id, model);
      return model;
    } catch (error) {
      give(opened);
      throw error;
    }
  }
}
