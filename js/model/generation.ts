import { binding, type JobEvent } from '../engine/binding';
import { closedMeanwhile, endOf, startJob, type Job } from '../engine/job';
import { idsOf, recordsOf } from '../engine/records';
import type { CheckedGenerateOptions } from '../options/generate';
import { withPartial } from './partial';
import {
  withJson,
  resultOf,
  type GenerationChunk,
  type GenerationResult,
  type PartialResult,
  type TokenLogprob,
} from './result';

/** Chunks as they come: kept for whoever begins to loop later, or only until they are read. */
class Chunks {
  readonly #collect: boolean;
  readonly #logprobs: boolean;
  #kept: GenerationChunk[] = [];
  /** How many were read and forgotten. */
  #gone = 0;
  #bytes = 0;

  constructor({ collect, logprobs }: CheckedGenerateOptions) {
    this.#collect = collect;
    this.#logprobs = logprobs;
  }

  add({ text, tokens, tops }: JobEvent): void {
    const chunk: GenerationChunk = { text, tokens: idsOf(tokens) };
    if (this.#logprobs) chunk.logprobs = this.#records(text, tokens, tops);
    this.#kept.push(withJson(chunk));
  }

  /** Each token gets its part of the text, which ends are told of in bytes. */
  #records(text: string, tokens: ArrayBuffer | undefined, tops: ArrayBuffer | undefined): TokenLogprob[] {
    const utf8 = Buffer.from(text);
    let from = 0;
    const records = recordsOf(tokens, tops).map(({ token, textEnd, logprob, top }) => {
      const to = (textEnd - this.#bytes) >>> 0;
      const part = utf8.toString('utf8', from, to);
      from = to;
      return { token, text: part, logprob, top };
    });
    this.#bytes = (this.#bytes + utf8.length) >>> 0;
    return records;
  }

  /** The chunk of a number, from 0; undefined: it has not come yet. */
  read(index: number): GenerationChunk | undefined {
    const chunk = this.#kept[index - this.#gone];
    if (chunk && !this.#collect) {
      this.#kept = this.#kept.slice(index - this.#gone + 1);
      this.#gone = index + 1;
    }
    return chunk;
  }

  /** The first number that can be read. */
  get first(): number {
    return this.#gone;
  }

  /** All of them as one. */
  get whole(): PartialResult {
    const kept = this.#collect ? this.#kept : [];
    const tokens = new Uint32Array(kept.reduce((count, chunk) => count + chunk.tokens.length, 0));
    let at = 0;
    for (const chunk of kept) {
      tokens.set(chunk.tokens, at);
      at += chunk.tokens.length;
    }
    const whole: PartialResult = { text: kept.map((chunk) => chunk.text).join(''), tokens };
    if (this.#logprobs) whole.logprobs = kept.flatMap((chunk) => chunk.logprobs ?? []);
    return whole;
  }
}

/** What a text with a format says; nothing where there is no format, or no text was kept. */
function valueOf(text: string, { hasFormat, isJson, collect }: CheckedGenerateOptions): { value: unknown } | undefined {
  if (!hasFormat || !collect) return undefined;
  return { value: isJson ? JSON.parse(text) : text };
}

/**
 * A generation under way. Loop over it for the text as it comes, or await it for the whole; both also work on the same one.
 * It has started when you get it. Leaving a loop early (`break`, `return`, an exception) cancels it.
 */
export class Generation implements AsyncIterable<GenerationChunk>, Promise<GenerationResult> {
  readonly [Symbol.toStringTag] = 'Generation';
  #chunks: Chunks | undefined;
  #wake: (() => void)[] = [];
  #ended = false;
  #job: Job | undefined;
  #result: Promise<GenerationResult>;

  /**
   * @internal
   * @param begin checks what was asked; what it throws comes out of the generation
   * @param isClosed whether the model was closed, which ends the generation
   */
  constructor(
    begin: () => {
      model: bigint;
      prompt: string | Uint32Array | Buffer | ArrayBuffer;
      options: CheckedGenerateOptions;
    },
    isClosed: () => boolean,
  ) {
    this.#result = this.#run(begin, isClosed).finally(() => {
      this.#ended = true;
      this.#wakeAll();
    });
    // Whoever loops gets the error from the loop: a promise that nobody looks at must not end the process.
    this.#result.catch(() => {});
  }

  // Up to its first await it runs in the constructor: the job has started when the caller gets the generation.
  async #run(begin: ConstructorParameters<typeof Generation>[0], isClosed: () => boolean): Promise<GenerationResult> {
    const { model, prompt, options } = begin();
    const chunks = (this.#chunks = new Chunks(options));
    const onNews = (event: JobEvent) => {
      chunks.add(event);
      this.#wakeAll();
    };
    const start = (onEvent: (event: JobEvent) => void) => binding.generateStart(model, prompt, options.json, onEvent);
    this.#job = startJob(start, options.signal, onNews);
    try {
      const end = endOf(await this.#job.end);
      if (end.finishReason === 'cancelled' && isClosed()) throw closedMeanwhile();
      const { whole } = chunks;
      return resultOf(whole, end, end.finishReason === 'cancelled' ? undefined : valueOf(whole.text, options));
    } catch (error) {
      throw withPartial(error, chunks.whole);
    }
  }

  #wakeAll(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }

  /** Stops it: it ends with `finishReason: 'cancelled'` and what there is. After its end this does nothing. */
  cancel(): void {
    if (!this.#ended) this.#job?.cancel();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<GenerationChunk, void, undefined> {
    let next = this.#chunks?.first ?? 0;
    try {
      for (;;) {
        const chunk = this.#chunks?.read(next);
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
      // Left early: nobody wants the rest.
      this.cancel();
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
