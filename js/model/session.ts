/// <reference lib="esnext.disposable" preserve="true" />
import { binding } from '../engine/binding';
import { abortSignal, invalid, show, type TokenIds } from '../engine/check';
import { native } from '../engine/errors';
import { startJob } from '../engine/job';
import { filePath, isUrl } from '../engine/source';
import { checkGenerateOptions, type GenerateOptions } from '../options/generate';
import { readOptions, type Table } from '../options/table';
import { dispose } from '../portable/dispose';
import { RealmError } from '../portable/errors';
import { Generation, type Beginning } from './generation';
import { checkPrompt } from './prompt';

export interface SessionFileOptions {
  /** Stops it: it rejects with the signal's reason, and the file or the session is as before. */
  signal?: AbortSignal;
}

const FILE = { signal: (_, value) => abortSignal(value) } satisfies Table;

const forgotten = new FinalizationRegistry<bigint>((handle) => binding.closeSession(handle));

/**
 * A text that generations go on with, one after the other: what the model has seen of it is not computed again. It does one thing at a
 * time; what is asked meanwhile is E_BUSY. A generation that is cancelled, or whose loop is left, leaves what it has said; one that fails
 * or is aborted leaves the session as it was. Made by `model.createSession()`, and closed with its model.
 */
export class Session {
  /** Held so that the model is not forgotten while somebody has a session of it. */
  readonly #model: object;
  readonly #modelHandle: bigint;
  readonly #handle: bigint;
  #closed = false;

  /** @internal */
  constructor(model: object, modelHandle: bigint, handle: bigint) {
    this.#model = model;
    this.#modelHandle = modelHandle;
    this.#handle = handle;
    forgotten.register(this, handle, this);
  }

  get #open(): bigint {
    if (this.#closed) throw new RealmError('E_MODEL_CLOSED', 'the session was closed');
    return this.#handle;
  }

  /** Tokens of the text: prompts and all that was chosen. While it generates: those before. */
  get length(): number {
    return native(() => binding.sessionLength(this.#open));
  }

  /** Their ids. */
  get tokens(): Uint32Array {
    return new Uint32Array(native(() => binding.sessionTokens(this.#open)));
  }

  /**
   * Goes on: with what is given, or from where it stands if that is empty. `usage.promptTokens` counts all tokens before the answer,
   * `usage.cachedTokens` those that needed no computing. Of a session that has tokens the text gets no begin token.
   *
   * @param prompt text, or token ids, that come next. Whatever goes wrong, a wrong argument too, comes out of the loop or the await.
   */
  generate(prompt: string | TokenIds, options?: GenerateOptions): Generation {
    return this.#generate(() => checkPrompt(prompt), false, options);
  }

  #generate(from: () => ReturnType<typeof checkPrompt>, whole: boolean, options?: GenerateOptions): Generation {
    const begin = (): Beginning => {
      const checked = checkGenerateOptions(options);
      if (checked.jsons.length > 1) throw invalid('n must be 1 in a session: fork() it for several answers');
      const session = this.#open;
      const prompt = from();
      const before = this.length;
      return {
        model: this.#modelHandle,
        options: checked,
        start: (json, onEvent) => binding.sessionGenerateStart(session, whole, prompt, json, onEvent),
        // Closed meanwhile, it has no place to go back to.
        undo: () => void (this.#closed || attempt(() => binding.rewindSession(session, before))),
      };
    };
    return new Generation(begin, () => this.#closed);
  }

  /** The same session once more, from here on apart; memory is shared. Of one that generates: as it was before. */
  fork(): Session {
    return new Session(
      this.#model,
      this.#modelHandle,
      native(() => binding.forkSession(this.#open)),
    );
  }

  /** Goes back to its first tokens, so many. */
  rewind(length: number): void {
    if (!Number.isInteger(length) || length < 0 || length > 0xffff_ffff)
      throw invalid(`length must be an integer from 0 to the session's length, got ${show(length)}`);
    native(() => binding.rewindSession(this.#open, length));
  }

  /**
   * Writes the session into a file, which is then whole or, if this fails, as it was before.
   *
   * @throws RealmError E_IO
   */
  async save(path: string | URL, options?: SessionFileOptions): Promise<void> {
    await this.#file(path, true, options);
  }

  /**
   * Goes on with a session that was saved: of the same model, with the same adapters and cache type. If this fails the session is as it
   * was.
   *
   * @throws RealmError E_SESSION_FILE: the file is something else, damaged, or of another model; E_IO, E_NOT_REGULAR
   */
  async restore(path: string | URL, options?: SessionFileOptions): Promise<this> {
    await this.#file(path, false, options);
    return this;
  }

  async #file(path: string | URL, save: boolean, options: SessionFileOptions | undefined): Promise<void> {
    const { signal } = readOptions(save ? 'save' : 'restore', {}, FILE, options).here;
    if (typeof path !== 'string' && !isUrl(path))
      throw invalid(`path must be a path or a file: URL, got ${show(path)}`);
    const file = filePath(path);
    const facts = { kind: 'session', model: this.#modelHandle } as const;
    await startJob(facts, (event) => binding.sessionFileStart(this.#open, file, save, event), signal).end;
  }

  /** Ends what it is at, and frees its memory. A second call does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    forgotten.unregister(this);
    binding.closeSession(this.#handle);
  }

  [dispose](): void {
    this.close();
  }
}

function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // The generation's own error is the one to tell.
  }
}
