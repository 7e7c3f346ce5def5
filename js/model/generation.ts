import { closedMeanwhile, type Job, type JobEnd, type TokensEvent } from '../engine/job';

/** What came since the last chunk: whole characters, and the ids chosen meanwhile. */
export interface GenerationChunk {
  text: string;
  tokens: Uint32Array;
}

export interface GenerationResult {
  /** Without special tokens and without the stop string. */
  text: string;
  /** All ids that were chosen, the end-of-generation token among them. */
  tokens: Uint32Array;
  /** `stop`: an end-of-generation token or a stop string. `length`: maxTokens, or the context is full. `cancelled`: a loop over it was left early, or `cancel` was called. */
  finishReason: 'stop' | 'length' | 'cancelled';
  /** Ids of the prompt. */
  promptTokens: number;
  /** Ids that speculation has guessed for the model to check. */
  draftedTokens: number;
  /** How many of them were right: as many passes through the model were saved. */
  acceptedTokens: number;
}

const FINISH_REASONS = ['cancelled', 'stop', 'length', 'cancelled'] as const;

/** JSON.stringify makes an object of a Uint32Array; ids are to be an array. Not enumerable: it is no field. */
function withJson<T extends { tokens: Uint32Array }>(value: T): T {
  const toJSON = () => ({ ...value, tokens: Array.from(value.tokens) });
  return Object.defineProperty(value, 'toJSON', { value: toJSON, configurable: true, writable: true });
}

/**
 * A generation under way. Loop over it for the text as it comes, or await it for the whole; both also work on the same one.
 * It has started when you get it. Leaving a loop early (`break`, `return`, an exception) cancels it.
 */
export class Generation implements AsyncIterable<GenerationChunk>, Promise<GenerationResult> {
  readonly [Symbol.toStringTag] = 'Generation';
  #chunks: GenerationChunk[] = [];
  #wake: (() => void)[] = [];
  #ended = false;
  #job: Job;
  #result: Promise<GenerationResult>;

  /** @internal `begin` starts the work; what it throws is what the generation rejects with. `isClosed`: whether the model was closed, which ends it. */
  constructor(begin: (onTokens: TokensEvent) => Job, isClosed: () => boolean) {
    try {
      this.#job = begin((text, tokens) => {
        this.#chunks.push(withJson({ text, tokens: new Uint32Array(tokens ?? []) }));
        this.#wakeAll();
      });
    } catch (error) {
      this.#job = { cancel() {}, end: Promise.reject(error) };
    }
    this.#result = this.#job.end
      .then((end) => {
        if (FINISH_REASONS[end.finishReason] === 'cancelled' && isClosed()) throw closedMeanwhile();
        return this.#whole(end);
      })
      .finally(() => {
        this.#ended = true;
        this.#wakeAll();
      });
    // Whoever loops gets the error from the loop: a promise that nobody looks at must not end the process.
    this.#result.catch(() => {});
  }

  #wakeAll(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }

  #whole({ finishReason, promptTokens, draftedTokens, acceptedTokens }: JobEnd): GenerationResult {
    const tokens = new Uint32Array(this.#chunks.reduce((count, chunk) => count + chunk.tokens.length, 0));
    let at = 0;
    for (const chunk of this.#chunks) {
      tokens.set(chunk.tokens, at);
      at += chunk.tokens.length;
    }
    return withJson({
      text: this.#chunks.map((chunk) => chunk.text).join(''),
      tokens,
      finishReason: FINISH_REASONS[finishReason] ?? 'cancelled',
      promptTokens,
      draftedTokens,
      acceptedTokens,
    });
  }

  /** Stops the work. What has come so far stays: `finishReason` is then `cancelled`. After the end it does nothing. */
  cancel(): void {
    this.#job.cancel();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<GenerationChunk, void, undefined> {
    let next = 0;
    try {
      for (;;) {
        const chunk = this.#chunks[next];
        if (chunk) {
          next++;
          yield chunk;
        } else if (this.#ended) {
          await this.#result; // throws what ended it
          return;
        } else {
          await new Promise<void>((wake) => this.#wake.push(wake));
        }
      }
    } finally {
      // Left early: nobody wants the rest. After its end this does nothing.
      if (!this.#ended) this.#job.cancel();
    }
  }

  then<A = GenerationResult, B = never>(
    onResult?: ((result: GenerationResult) => A | PromiseLike<A>) | null,
    onError?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#result.then(onResult, onError);
  }

  catch<B = never>(onError?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<GenerationResult | B> {
    return this.#result.catch(onError);
  }

  finally(onEnd?: (() => void) | null): Promise<GenerationResult> {
    return this.#result.finally(onEnd);
  }
}
