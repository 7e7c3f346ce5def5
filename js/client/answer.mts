import type { Reply } from './wire.mjs';

/** What came since the last chunk: whole characters. */
export interface AnswerChunk {
  text: string;
}

export interface AnswerResult {
  text: string;
  finishReason: 'stop' | 'length' | 'cancelled';
  model: string;
  promptTokens: number;
  completionTokens: number;
  /** From the host's start to its end; without the way there and back. */
  seconds: number;
}

/**
 * An answer under way. Loop over it for the text as it comes, or await it for the whole; both also work on the same one.
 * Leaving a loop early (`break`, `return`, an exception) cancels it.
 */
export class Answer implements AsyncIterable<AnswerChunk>, PromiseLike<AnswerResult> {
  #chunks: string[] = [];
  #wake: (() => void)[] = [];
  #ended = false;
  #cancelled = new AbortController();
  #result: Promise<AnswerResult>;

  /** @internal */
  constructor(
    start: (signal: AbortSignal, onToken: (text: string) => void) => Promise<Reply>,
    signal: AbortSignal | undefined,
  ) {
    const abort = () => this.cancel();
    signal?.addEventListener('abort', abort);
    const onToken = (text: string) => {
      this.#chunks.push(text);
      this.#wakeAll();
    };
    const reply = signal?.aborted
      ? Promise.reject(signal.reason as Error)
      : start(this.#cancelled.signal, onToken).catch((error: unknown) => {
          throw signal?.aborted ? (signal.reason as Error) : error;
        });
    this.#result = reply.then(resultOf).finally(() => {
      signal?.removeEventListener('abort', abort);
      this.#ended = true;
      this.#wakeAll();
    });
    // Whoever loops gets the error from the loop.
    this.#result.catch(() => {});
  }

  #wakeAll(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  /** Stops the work on the host. The await, and a loop, then end with `E_CANCELLED`. */
  cancel(): void {
    if (!this.#ended) this.#cancelled.abort();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<AnswerChunk, void, undefined> {
    let next = 0;
    try {
      for (;;) {
        const text = this.#chunks[next];
        if (text !== undefined) {
          next++;
          yield { text };
        } else if (this.#ended) {
          await this.#result;
          return;
        } else await new Promise<void>((wake) => this.#wake.push(wake));
      }
    } finally {
      this.cancel();
    }
  }

  then<A = AnswerResult, B = never>(
    onResult?: ((result: AnswerResult) => A | PromiseLike<A>) | null,
    onError?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#result.then(onResult, onError);
  }
}

function resultOf({ data }: Reply): AnswerResult {
  const usage = data.usage as { prompt_tokens: number; completion_tokens: number; seconds: number };
  return {
    text: data.text as string,
    finishReason: data.finish_reason as AnswerResult['finishReason'],
    model: data.model as string,
    promptTokens: usage.prompt_tokens,
    completionTokens: usage.completion_tokens,
    seconds: usage.seconds,
  };
}
