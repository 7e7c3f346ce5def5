import { binding, type NativeGenerationOptions } from '../engine/binding';
import { closedMeanwhile, startJob, type Job, type JobEnd } from '../engine/job';

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
  /** `stop`: an end-of-generation token or a stop string. `length`: maxTokens, or the context is full. `cancelled`: a loop over it was left early. */
  finishReason: 'stop' | 'length' | 'cancelled';
  /** Ids of the prompt. */
  promptTokens: number;
  /** Ids that speculation has guessed for the model to check. */
  draftedTokens: number;
  /** How many of them were right: as many passes through the model were saved. */
  acceptedTokens: number;
}

const FINISH_REASONS = ['cancelled', 'stop', 'length', 'cancelled'] as const;

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

  /** @internal `isClosed`: whether the model was closed, which ends the generation. */
  constructor(
    model: bigint,
    ids: Uint32Array | Buffer | ArrayBuffer,
    options: NativeGenerationOptions,
    signal: AbortSignal | undefined,
    isClosed: () => boolean,
  ) {
    const start = (event: Parameters<typeof binding.generateStart>[3]) =>
      binding.generateStart(model, ids, options, event);
    this.#job = startJob(start, signal, (text, tokens) => {
      this.#chunks.push({ text, tokens: new Uint32Array(tokens ?? []) });
      this.#wakeAll();
    });
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
    return {
      text: this.#chunks.map((chunk) => chunk.text).join(''),
      tokens,
      finishReason: FINISH_REASONS[finishReason] ?? 'cancelled',
      promptTokens,
      draftedTokens,
      acceptedTokens,
    };
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
