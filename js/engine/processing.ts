import { binding, type JobEvent } from './binding';
import { native } from './errors';
import { idsOf } from './records';

/** What a `LogitsProcessor` is told with the logits. */
export interface LogitsStep {
  /** The tokens that were generated before, oldest first. The same array each time, to which the next one is added. */
  readonly tokens: readonly number[];
  /** How many those are. */
  readonly step: number;
  /** Which of the texts it is, with `n`. */
  readonly choice: number;
  /** Fires when the generation ends meanwhile: cancelled, timed out, its model closed. */
  readonly signal: AbortSignal;
}

/** Changes the logits of the next token, in place. */
export type LogitsProcessor = (logits: Float32Array, step: LogitsStep) => void | PromiseLike<void>;

/** The options of a job, as JSON, whose logits are processed. Not one of the options that come over a wire. */
export const processedJson = (json: string, processor: LogitsProcessor | undefined): string =>
  processor ? `${json.slice(0, -1)},"logitsProcessor":true}` : json;

/** The steps of one job. The array is the same each time, unless the processor has given it away. */
export class Processing {
  readonly #processor: LogitsProcessor;
  readonly #choice: number;
  readonly #cancel: () => void;
  readonly #tokens: number[] = [];
  readonly #ended = new AbortController();
  #logits = new Float32Array(0);
  /** What the processor has thrown. */
  thrown: { error: unknown } | undefined;

  constructor(processor: LogitsProcessor, choice: number, cancel: () => void) {
    this.#processor = processor;
    this.#choice = choice;
    this.#cancel = cancel;
  }

  add(job: bigint, { tokens, logits, end }: JobEvent): void {
    if (tokens) this.#tokens.push(...idsOf(tokens));
    if (end !== undefined) this.#ended.abort();
    else if (logits) this.#process(job, logits);
  }

  #process(job: bigint, count: number): void {
    try {
      if (this.#logits.length !== count) this.#logits = new Float32Array(count);
      const logits = this.#logits;
      native(() => binding.takeLogits(job, logits));
      const step = {
        tokens: this.#tokens,
        step: this.#tokens.length,
        choice: this.#choice,
        signal: this.#ended.signal,
      };
      const done = this.#processor(logits, step) as PromiseLike<void> | undefined;
      if (typeof done?.then === 'function')
        // Of what is no promise of the platform's only the first word counts.
        Promise.resolve(done).then(
          () => this.#answer(job, logits),
          (error: unknown) => this.#fail(error),
        );
      else this.#answer(job, logits);
    } catch (error) {
      this.#fail(error);
    }
  }

  #answer(job: bigint, logits: Float32Array): void {
    if (this.#ended.signal.aborted) return;
    try {
      native(() => binding.answerLogits(job, logits));
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#ended.signal.aborted) return;
    this.thrown ??= { error };
    this.#cancel();
  }
}
