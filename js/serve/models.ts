import { RealmError } from '../portable/errors';
import { loadModel } from '../model/loadModel';
import { Model } from '../model/model';
import { ForClients } from './errors';
import type { ServedModel } from './options';

/** The models that clients may use. A file is opened when it is first asked for, once. */
export class Models {
  #served: Map<string, ServedModel>;
  #open = new Map<string, Promise<Model>>();
  /** Those of them that are there. */
  #ready = new Map<string, Model>();
  /** When the host began, in seconds. */
  readonly created = Math.floor(Date.now() / 1000);
  #closing = new AbortController();

  constructor(served: Map<string, ServedModel>) {
    this.#served = served;
  }

  get names(): string[] {
    return [...this.#served.keys()];
  }

  /** A model that is open by now. */
  opened(name: string): Model | undefined {
    const served = this.#served.get(name);
    return served instanceof Model ? served : this.#ready.get(name);
  }

  get loaded(): number {
    return this.#open.size;
  }

  /** `name` as a client gave it; none: the first. A name that is not on the list is not there, whatever file there may be. */
  async get(name: unknown): Promise<[name: string, model: Model]> {
    const known = name === undefined ? this.names[0] : name;
    const served = typeof known === 'string' ? this.#served.get(known) : undefined;
    if (typeof known !== 'string' || served === undefined)
      throw new RealmError('E_MODEL_NOT_FOUND', `no model of this name is served; there are ${this.names.join(', ')}`);
    if (served instanceof Model) return [known, served];
    let opening = this.#open.get(known);
    if (!opening) {
      opening = this.#load(known, served);
      this.#open.set(known, opening);
      // What failed may be tried again: the file may be there by then.
      opening.catch(() => this.#open.delete(known));
    }
    return [known, await opening];
  }

  async #load(name: string, served: Exclude<ServedModel, Model>): Promise<Model> {
    const { path, ...options } = typeof served === 'string' ? { path: served } : served;
    try {
      const model = await loadModel(path, { ...options, signal: this.#closing.signal });
      this.#ready.set(name, model);
      return model;
    } catch (cause) {
      if (this.#closing.signal.aborted) throw new RealmError('E_SHUTDOWN', 'the host is closing');
      // The engine's message names the file: no business of the client's.
      const code = cause instanceof RealmError ? cause.code : 'E_INTERNAL';
      throw new ForClients(code, `the model ${name} could not be loaded`, { cause });
    }
  }

  /** Closes what was opened here; models that were handed in stay open. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const opening of this.#open.values()) await opening.then((model) => model.close()).catch(() => {});
    this.#open.clear();
    this.#ready.clear();
  }
}
