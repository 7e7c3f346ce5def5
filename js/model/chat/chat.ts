import type { ChatMessage } from '../../chat/conversation';
import { whenAborted } from '../../engine/abort';
import { closedMeanwhile } from '../../engine/job';
import { seedAfter } from '../../options/generate';
import { RealmError } from '../../portable/errors';
import { allOrNone } from '../allOrNone';
import { leave, leftBefore } from '../leftBefore';
import { onlyOne } from '../onlyOne';
import { Replay } from '../replay';
import { checkChatOptions, type CheckedChatOptions } from './options';
import { chatPrompt, type ChatModel } from './prompt';
import { withChoices } from './result';
import { ChatRun, type Conversation, type StartGeneration } from './run';
import type { ChatDelta, ChatOptions, ChatResult } from './types';

/** @internal A chat that is to begin. */
export interface ChatBeginning {
  model: ChatModel;
  /** The whole conversation, checked. */
  messages: readonly ChatMessage[];
  start: StartGeneration;
  /** Where the answer is kept: told the conversation with it, or nothing if it failed, before anybody else is told. */
  end?: (conversation: readonly ChatMessage[] | undefined) => void;
}

/**
 * An answer under way. Loop over it for what comes, as it comes, or await it for the whole; both also work on the same one.
 * It has started when you get it. Leaving a loop early (`break`, `return`, an exception) cancels it.
 */
export class Chat<Value = unknown> implements AsyncIterable<ChatDelta>, Promise<ChatResult<Value>> {
  readonly [Symbol.toStringTag] = 'Chat';
  #deltas: Replay<ChatDelta> | undefined;
  #runs: ChatRun[] = [];
  #ended = false;
  #halt: AbortController | undefined;
  #result: Promise<ChatResult<Value>>;

  /**
   * @internal
   * @param begin checks what was asked; what it throws comes out of the chat
   */
  constructor(begin: () => ChatBeginning, options: ChatOptions | undefined) {
    this.#result = this.#run(begin, options).finally(() => {
      this.#ended = true;
      this.#deltas?.end();
    });
    // Whoever loops gets the error from the loop: a promise that nobody looks at must not end the process.
    this.#result.catch(() => {});
  }

  async #run(begin: () => ChatBeginning, given: ChatOptions | undefined): Promise<ChatResult<Value>> {
    const { model, messages, start, end } = begin();
    let conversation: readonly ChatMessage[] | undefined;
    try {
      const options = checkChatOptions(given, messages);
      if (options.n > 1 && end) throw onlyOne();
      const whole = (since: readonly ChatMessage[]): ChatMessage[] => {
        // The message that was begun is whole in what was said since.
        const before = options.begun && since.length > 0 ? messages.slice(0, -1) : messages;
        return [...before, ...since];
      };
      const result = await this.#answer(options, {
        ...{ model, options, messages, start },
        prompt: (since) => chatPrompt(model, whole(since), options, options.begun !== undefined && since.length === 0),
      });
      conversation = whole(result.messages);
      return result as ChatResult<Value>;
    } finally {
      end?.(conversation);
    }
  }

  async #answer(options: CheckedChatOptions, conversation: Omit<Conversation, 'halt'>): Promise<ChatResult> {
    const deltas = (this.#deltas = new Replay<ChatDelta>(options.collect));
    const halt = (this.#halt = new AbortController());
    const { n } = options;
    const { seed } = options.generate;
    this.#runs = Array.from({ length: n }, (_, choice) => {
      const emit = (delta: ChatDelta) => deltas.add(n > 1 ? { ...delta, choice } : delta);
      const ofChoice = choice === 0 ? seed : BigInt(seedAfter(String(seed), choice));
      return new ChatRun({ ...conversation, halt: halt.signal }, choice, ofChoice, emit);
    });
    const relax = haltBy(halt, options, conversation.model.closing);
    // The same for all.
    const prompt = conversation.prompt([]);
    try {
      const results = this.#runs.map((run) => run.run(prompt));
      return withChoices(await allOrNone(results, () => this.cancel()));
    } finally {
      relax();
    }
  }

  /** @internal Stops it, also where a tool runs: it fails. */
  fail(reason: RealmError): void {
    this.#halt?.abort(reason);
  }

  /** Stops it: it ends with `finishReason: 'cancelled'` and what there is. After its end this does nothing. */
  cancel(): void {
    if (!this.#ended) for (const run of this.#runs) run.cancel();
  }

  [Symbol.asyncIterator](): AsyncGenerator<ChatDelta, void, undefined> {
    return leftBefore(this.#read(), () => leave(this));
  }

  async *#read(): AsyncGenerator<ChatDelta, void, undefined> {
    if (!this.#deltas)
      await this.#result; // throws what was wrong with the call
    // Left early: nobody wants the rest.
    else yield* this.#deltas.read(this.#result, () => this.cancel());
  }

  then<A = ChatResult<Value>, B = never>(
    onResult?: ((result: ChatResult<Value>) => A | PromiseLike<A>) | null,
    onError?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#result.then(onResult, onError);
  }

  catch<B = never>(onError?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<ChatResult<Value> | B> {
    return this.#result.catch(onError);
  }

  finally(onEnd?: (() => void) | null): Promise<ChatResult<Value>> {
    return this.#result.finally(onEnd);
  }
}

/** Halts by the caller's signal, when the time is over and when the model is closed; returns what ends that. */
function haltBy(halt: AbortController, { signal, timeout }: CheckedChatOptions, closing: AbortSignal): () => void {
  const forget = whenAborted(closing, () => halt.abort(closedMeanwhile()));
  const ignore = whenAborted(signal, () => halt.abort(signal?.reason));
  if (signal?.aborted) halt.abort(signal.reason);
  const late = () => halt.abort(new RealmError('E_TIMEOUT', 'the time given for the chat is over'));
  const timer = timeout === undefined ? undefined : setTimeout(late, timeout);
  return () => {
    ignore();
    forget();
    clearTimeout(timer);
  };
}
