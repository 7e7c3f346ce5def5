/// <reference lib="esnext.disposable" preserve="true" />
import { checkMessages, ownMessages, type ChatMessage } from '../chat/conversation';
import { binding } from '../engine/binding';
import { abortSignal, invalid, show, type TokenIds } from '../engine/check';
import { native } from '../engine/errors';
import { closedMeanwhile, startJob } from '../engine/job';
import { filePath, isUrl } from '../engine/source';
import { checkGenerateOptions, type GenerateOptions } from '../options/generate';
import { readOptions, type Table } from '../options/table';
import { dispose } from '../portable/dispose';
import { RealmError } from '../portable/errors';
import type { Format, FormatValue } from '../options/structure';
import type { Chat, ChatBeginning } from './chat/chat';
import type { ChatModel } from './chat/prompt';
import type { ChatOptions } from './chat/types';
import { chats } from './chats';
import { Generation, type Beginning } from './generation';
import { onlyOne } from './onlyOne';
import { checkPrompt } from './prompt';
import { Turns } from './turns';

export interface SessionFileOptions {
  /** Stops it: it rejects with the signal's reason, and the file or the session is as before. */
  signal?: AbortSignal;
}

export interface RestoreOptions extends SessionFileOptions {
  /** The conversation that the session had when it was saved: its `messages`. `chat` goes on with it. */
  messages?: readonly ChatMessage[];
}

const FILE = { signal: (_, value) => abortSignal(value) } satisfies Table;
const RESTORE = {
  ...FILE,
  messages: (_, value) => (value === undefined ? undefined : ownMessages(checkMessages(value))),
} satisfies Table;

const forgotten = new FinalizationRegistry<bigint>((handle) => binding.closeSession(handle));

/**
 * A text that generations go on with, one after the other: what the model has seen of it is not computed again. It does one thing at a
 * time; what is asked meanwhile is E_BUSY. A generation that is cancelled, or whose loop is left, leaves what it has said; one that fails
 * or is aborted leaves the session as it was. Made by `model.createSession()`, and closed with its model.
 */
export class Session {
  /** Held so that the model is not forgotten while somebody has a session of it. */
  readonly #model: ChatModel;
  #handle: bigint;
  /** The session as it was before the generation or the chat that it is at. */
  #before: bigint | undefined;
  #closed = false;
  /** At a file. */
  #isAtWork = false;
  #chatting: Chat | undefined;
  /** Nothing where it ends with a text that is no conversation. */
  #turns: Turns | undefined;

  /** @internal */
  constructor(model: ChatModel, handle: bigint, turns?: Turns) {
    this.#model = model;
    this.#handle = handle;
    this.#turns = turns;
    forgotten.register(this, handle, this);
  }

  get #open(): bigint {
    if (this.#closed) throw new RealmError('E_MODEL_CLOSED', 'the session was closed');
    return this.#handle;
  }

  get #isClosed(): boolean {
    return this.#closed || this.#model.isClosed;
  }

  /** What ends the work of a session that is closed. */
  get #whyClosed(): RealmError | undefined {
    if (this.#model.isClosed) return closedMeanwhile('model');
    return this.#closed ? closedMeanwhile('session') : undefined;
  }

  /** Of a session that is at nothing. */
  get #free(): bigint {
    const handle = this.#open;
    if (this.#before !== undefined || this.#isAtWork)
      throw new RealmError('E_BUSY', 'the session is at work: await what it does before it is asked for more');
    return handle;
  }

  /** What is there whatever it is at. */
  get #settled(): bigint {
    const handle = this.#open;
    return this.#before ?? handle;
  }

  /** Tokens of the text: prompts and all that was chosen. While it generates: those before. */
  get length(): number {
    return native(() => binding.sessionLength(this.#settled));
  }

  /** Their ids. */
  get tokens(): Uint32Array {
    return new Uint32Array(native(() => binding.sessionTokens(this.#settled)));
  }

  /** The conversation that it has come to by `chat`, as a copy: empty where `generate` has been the last. */
  get messages(): ChatMessage[] {
    return ownMessages(this.#turns?.messages ?? []);
  }

  /**
   * Goes on: with what is given, or from where it stands if that is empty. `usage.promptTokens` counts all tokens before the answer,
   * `usage.cachedTokens` those that needed no computing. Of a session that has tokens the text gets no begin token.
   *
   * @param prompt text, or token ids, that come next. Whatever goes wrong, a wrong argument too, comes out of the loop or the await.
   */
  generate<const F extends Format | undefined = undefined>(
    prompt: string | TokenIds,
    options?: GenerateOptions<F>,
  ): Generation<FormatValue<F>> {
    const begin = (): Beginning => {
      const checked = checkGenerateOptions(options);
      if (checked.jsons.length > 1) throw onlyOne();
      const session = this.#free;
      const from = checkPrompt(prompt);
      return {
        model: this.#model.handle,
        options: checked,
        start: (json, onEvent) => {
          const before = binding.forkSession(session);
          try {
            const job = binding.sessionGenerateStart(session, false, from, json, onEvent);
            this.#before = before;
            return job;
          } catch (error) {
            binding.closeSession(before);
            throw error;
          }
        },
        end: (failed) => {
          if (this.#settle(failed) && !failed) this.#turns = undefined;
        },
      };
    };
    return new Generation(begin, () => this.#whyClosed);
  }

  /**
   * Answers what is said next, as `model.chat` answers the whole conversation: with the same tokens, of which those that the session has
   * seen are not computed again. Where the template writes earlier turns in another way now (reasoning that is left out, other tools) it
   * goes on from where they begin to differ. Of a text that `generate` has made it stands behind that.
   *
   * @param messages what is new, a text of the user's or messages; may be empty after the result of a tool, and with
   * `continueFinalMessage`. Whatever goes wrong, a wrong argument too, comes out of the loop or the await.
   */
  chat<const F extends Format | undefined = undefined>(
    messages: string | readonly ChatMessage[],
    options?: ChatOptions<F>,
  ): Chat<FormatValue<F>> {
    const begin = () => this.#chat(messages, options?.continueFinalMessage === true);
    const chat = new (chats().Chat)<FormatValue<F>>(begin, options);
    if (this.#before !== undefined) this.#chatting ??= chat;
    return chat;
  }

  #chat(asked: string | readonly ChatMessage[], goesOn: boolean): ChatBeginning {
    const said: ChatMessage[] =
      typeof asked === 'string' ? [{ role: 'user', content: asked }] : ownMessages(checkMessages(asked));
    const handle = this.#free;
    const length = native(() => binding.sessionLength(handle));
    const turns = this.#turns ?? new Turns(length);
    if (said.length === 0 && !goesOn && turns.messages.at(-1)?.role !== 'tool')
      throw invalid('messages must have at least one message: the last turn of the session has been answered');
    this.#before = native(() => binding.forkSession(handle));
    const isClosed = (): boolean => this.#isClosed;
    return {
      model: {
        ...this.#model,
        handle: this.#model.handle,
        get isClosed() {
          return isClosed();
        },
      },
      messages: [...turns.messages, ...said],
      start: (ids, json, onEvent) =>
        binding.sessionGenerateStart(this.#open, true, this.#behind(turns.from, ids), json, onEvent),
      end: (conversation) => this.#end(turns, conversation),
    };
  }

  /** The ids of a conversation behind the text that it follows. */
  #behind(from: number, ids: Uint32Array): Uint32Array {
    if (from === 0) return ids;
    const before = new Uint32Array(binding.sessionTokens(this.#open)).subarray(0, from);
    const isBegin = ids[0] === this.#model.info.tokenizer?.bosId;
    return Uint32Array.from([...before, ...(isBegin ? ids.subarray(1) : ids)]);
  }

  /** A chat is over: with the conversation as it is now, or, failed, with nothing. */
  #end(turns: Turns, conversation: readonly ChatMessage[] | undefined): void {
    this.#chatting = undefined;
    if (!this.#settle(conversation === undefined) || !conversation) return;
    attempt(
      () =>
        (this.#turns = turns.with({
          length: binding.sessionLength(this.#handle),
          messages: ownMessages(conversation),
        })),
    );
  }

  /**
   * What it was at is over: of what has failed nothing stays, whatever became of the text meanwhile.
   *
   * @returns false: it was closed meanwhile
   */
  #settle(failed: boolean): boolean {
    const before = this.#before;
    this.#before = undefined;
    if (before === undefined) return false;
    if (failed) {
      forgotten.unregister(this);
      binding.closeSession(this.#handle);
      this.#handle = before;
      forgotten.register(this, before, this);
    } else binding.closeSession(before);
    return true;
  }

  /** The same session once more, from here on apart; memory is shared. Of one that generates: as it was before. */
  fork(): Session {
    return new Session(
      this.#model,
      native(() => binding.forkSession(this.#settled)),
      this.#turns,
    );
  }

  /** Goes back to its first tokens, so many. Of a conversation the turns stay that were over by then. */
  rewind(length: number): void {
    if (!Number.isInteger(length) || length < 0 || length > 0xffff_ffff)
      throw invalid(`length must be an integer from 0 to the session's length, got ${show(length)}`);
    native(() => binding.rewindSession(this.#free, length));
    this.#turns = this.#turns?.upTo(length);
  }

  /**
   * Writes the session into a file, which is then whole or, if this fails, as it was before.
   *
   * @throws RealmError E_IO; E_NOT_REGULAR: there is a folder, a device or a pipe
   */
  async save(path: string | URL, options?: SessionFileOptions): Promise<void> {
    const { signal } = readOptions('save', {}, FILE, options).here;
    await this.#file(path, true, signal);
  }

  /**
   * Goes on with a session that was saved: of the same model, with the same adapters and cache type. If this fails the session is as it
   * was.
   *
   * @throws RealmError E_SESSION_FILE: the file is something else, damaged, or of another model; E_IO, E_NOT_REGULAR
   */
  async restore(path: string | URL, options?: RestoreOptions): Promise<this> {
    const { signal, messages } = readOptions('restore', {}, RESTORE, options).here;
    await this.#file(path, false, signal);
    this.#turns = messages && new Turns(0).with({ length: this.length, messages });
    return this;
  }

  async #file(path: string | URL, save: boolean, signal: AbortSignal | undefined): Promise<void> {
    if (typeof path !== 'string' && !isUrl(path))
      throw invalid(`path must be a path or a file: URL, got ${show(path)}`);
    const file = filePath(path);
    const facts = { kind: 'session', model: this.#model.handle } as const;
    const job = startJob(facts, (event) => binding.sessionFileStart(this.#free, file, save, event), signal);
    this.#isAtWork = true;
    await job.end.finally(() => (this.#isAtWork = false));
  }

  /** Ends what it is at, and frees its memory. A second call does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    forgotten.unregister(this);
    binding.closeSession(this.#handle);
    if (this.#before !== undefined) binding.closeSession(this.#before);
    this.#before = undefined;
    // It may be at a tool, where the engine has nothing to end.
    this.#chatting?.fail(closedMeanwhile('session'));
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
