import type { ChatMessage } from '../../chat/conversation';
import { whenAborted } from '../../engine/abort';
import { seedAfter } from '../../options/generate';
import { RealmError } from '../../portable/errors';
import { allOrNone } from '../allOrNone';
import { Replay } from '../replay';
import { checkChatOptions, type CheckedChatOptions } from './options';
import { chatPrompt, type ChatModel } from './prompt';
import { withChoices } from './result';
import { ChatRun } from './run';
import type { ChatDelta, ChatOptions, ChatResult } from './types';

/**
 * An answer under way. Loop over it for what comes, as it comes, or await it for the whole; both also work on the same one.
 * It has started when you get it. Leaving a loop early (`break`, `return`, an exception) cancels it.
 */
export class Chat implements AsyncIterable<ChatDelta>, Promise<ChatResult> {
  readonly [Symbol.toStringTag] = 'Chat';
  #deltas: Replay<ChatDelta> | undefined;
  #runs: ChatRun[] = [];
  #ended = false;
  #result: Promise<ChatResult>;

  /** @internal */
  constructor(model: ChatModel, messages: readonly ChatMessage[], options: ChatOptions | undefined) {
    this.#result = this.#run(model, messages, options).finally(() => {
      this.#ended = true;
      this.#deltas?.end();
    });
    // Whoever loops gets the error from the loop: a promise that nobody looks at must not end the process.
    this.#result.catch(() => {});
  }

  async #run(model: ChatModel, messages: readonly ChatMessage[], given: ChatOptions | undefined): Promise<ChatResult> {
    const options = checkChatOptions(given, messages);
    const deltas = (this.#deltas = new Replay<ChatDelta>(options.collect));
    const halt = new AbortController();
    const { template, templateOptions, n } = options;
    // The same for all.
    const rendering = { ...(template === undefined ? {} : { template }), variables: templateOptions };
    const prompt = chatPrompt(model, messages, rendering, options.begun !== undefined);
    this.#runs = Array.from({ length: n }, (_, choice) => {
      const seed = choice === 0 ? options.generate.seed : BigInt(seedAfter(String(options.generate.seed), choice));
      const emit = (delta: ChatDelta) => deltas.add(n > 1 ? { ...delta, choice } : delta);
      return new ChatRun(model, options, { seed, halt: halt.signal, emit });
    });
    const relax = haltBy(halt, options);
    try {
      const results = this.#runs.map((run) => run.run(prompt));
      return withChoices(await allOrNone(results, () => this.cancel()));
    } finally {
      relax();
    }
  }

  /** Stops it: it ends with `finishReason: 'cancelled'` and what there is. After its end this does nothing. */
  cancel(): void {
    if (!this.#ended) for (const run of this.#runs) run.cancel();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ChatDelta, void, undefined> {
    if (!this.#deltas)
      await this.#result; // throws what was wrong with the call
    // Left early: nobody wants the rest.
    else yield* this.#deltas.read(this.#result, () => this.cancel());
  }

  then<A = ChatResult, B = never>(
    onResult?: ((result: ChatResult) => A | PromiseLike<A>) | null,
    onError?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#result.then(onResult, onError);
  }

  catch<B = never>(onError?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<ChatResult | B> {
    return this.#result.catch(onError);
  }

  finally(onEnd?: (() => void) | null): Promise<ChatResult> {
    return this.#result.finally(onEnd);
  }
}

/** Halts by the caller's signal and when the time is over; returns what ends that. */
function haltBy(halt: AbortController, { signal, timeout }: CheckedChatOptions): () => void {
  const ignore = whenAborted(signal, () => halt.abort(signal?.reason));
  if (signal?.aborted) halt.abort(signal.reason);
  const late = () => halt.abort(new RealmError('E_TIMEOUT', 'the time given for the chat is over'));
  const timer = timeout === undefined ? undefined : setTimeout(late, timeout);
  return () => {
    ignore();
    clearTimeout(timer);
  };
}
