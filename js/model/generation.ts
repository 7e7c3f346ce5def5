import type { JobEvent, OnEvent } from '../engine/binding';
import { binding } from '../engine/binding';
import { closedMeanwhile, endOf, startJob, waitForJob, type Job } from '../engine/job';
import { processedJson } from '../engine/processing';
import { idsOf } from '../engine/records';
import { checkGenerateOptions, type CheckedGenerateOptions, type GenerateOptions } from '../options/generate';
import { refuseCallbacks } from '../options/table';
import { allOrNone } from './allOrNone';
import { joinedIds } from './joinedIds';
import { withPartial } from './partial';
import { PartialJson } from './partialJson';
import { checkPrompt } from './prompt';
import { Replay } from './replay';
import {
  withChoices,
  withJson,
  resultOf,
  type GenerationChunk,
  type GenerationResult,
  type PartialResult,
} from './result';
import { TokenTexts } from './tokenTexts';
import { valueOf, valueOfSync } from './value';

/** @internal A generation that is to begin. */
export interface Beginning {
  /** Whose job it is. */
  model: bigint;
  options: CheckedGenerateOptions;
  /** Starts a job, of options as JSON. */
  start: (json: string, onEvent: OnEvent) => bigint;
  /** After a job that was started is over, before anybody is told; `failed`: or was aborted. */
  end?: (failed: boolean) => void;
}

/** One of the texts of a generation, as it comes. */
class Choice {
  readonly #options: CheckedGenerateOptions;
  readonly #texts = new TokenTexts();
  readonly #value = new PartialJson();
  readonly #kept: GenerationChunk[] = [];
  readonly #onChunk: (chunk: GenerationChunk) => void;
  readonly #number: number;
  #job: Job | undefined;

  constructor(options: CheckedGenerateOptions, number: number, onChunk: (chunk: GenerationChunk) => void) {
    this.#options = options;
    this.#number = number;
    this.#onChunk = onChunk;
  }

  start({ start: begin, model }: Beginning): void {
    const { jsons, signal, logitsProcessor: processor } = this.#options;
    const json = processedJson(jsons[this.#number] as string, processor);
    this.#job = startJob(
      { kind: 'generate', model },
      (onEvent) => begin(json, onEvent),
      signal,
      (event) => this.#add(event),
      { processor, choice: this.#number },
    );
    // Where another choice can't start, nobody asks how this one ended.
    this.#job.end.catch(() => {});
  }

  /** Generates at once. */
  resultSync(model: bigint, prompt: ReturnType<typeof checkPrompt>): GenerationResult {
    const json = this.#options.jsons[this.#number] as string;
    const run = (onEvent: (event: JobEvent) => boolean) => binding.generateWait(model, prompt, json, onEvent);
    const end = endOf(waitForJob({ kind: 'generate', model }, run, (event) => this.#add(event)));
    if (end.finishReason === 'cancelled') throw closedMeanwhile();
    const { whole } = this;
    return resultOf(whole, end, valueOfSync(whole.text, this.#options));
  }

  #add(event: JobEvent): void {
    const { logprobs, partial, collect, jsons } = this.#options;
    const chunk: GenerationChunk = { text: event.text, tokens: idsOf(event.tokens) };
    if (logprobs) chunk.logprobs = this.#texts.of(event);
    if (partial) chunk.value = this.#value.push(event.text);
    if (jsons.length > 1) chunk.choice = this.#number;
    withJson(chunk);
    if (collect) this.#kept.push(chunk);
    this.#onChunk(chunk);
  }

  cancel(): void {
    this.#job?.cancel();
  }

  /** All chunks as one. */
  get whole(): PartialResult {
    const kept = this.#kept;
    const tokens = joinedIds(kept.map((chunk) => chunk.tokens));
    const whole: PartialResult = { text: kept.map((chunk) => chunk.text).join(''), tokens };
    if (this.#options.logprobs) whole.logprobs = kept.flatMap((chunk) => chunk.logprobs ?? []);
    return whole;
  }

  async result(isClosed: () => boolean): Promise<GenerationResult> {
    const end = endOf(await (this.#job as Job).end);
    if (end.finishReason === 'cancelled' && isClosed()) throw closedMeanwhile();
    const { whole } = this;
    const isWhole = this.#options.collect && end.finishReason !== 'cancelled';
    return resultOf(whole, end, isWhole ? await valueOf(whole.text, this.#options) : undefined);
  }
}

/** What of the options of `generate` would be called, or looked at, while the event loop waits. */
const CALLED = ['signal', 'logitsProcessor', 'partial', 'collect'];

/** @internal `Model.generateSync`. */
export function generateSync(model: bigint, prompt: unknown, options: GenerateOptions | undefined): GenerationResult {
  refuseCallbacks('generateSync', options, CALLED);
  const checked = checkGenerateOptions(options, 'generateSync');
  const from = checkPrompt(prompt);
  const results = checked.jsons.map((_, number) => {
    const choice = new Choice(checked, number, () => {});
    try {
      return choice.resultSync(model, from);
    } catch (error) {
      throw withPartial(error, choice.whole);
    }
  });
  return withChoices(results);
}

/**
 * A generation under way. Loop over it for the text as it comes, or await it for the whole; both also work on the same one.
 * It has started when you get it. Leaving a loop early (`break`, `return`, an exception) cancels it.
 */
export class Generation<Value = unknown> implements AsyncIterable<GenerationChunk>, Promise<GenerationResult<Value>> {
  readonly [Symbol.toStringTag] = 'Generation';
  #chunks: Replay<GenerationChunk> | undefined;
  #choices: Choice[] = [];
  #ended = false;
  #result: Promise<GenerationResult<Value>>;

  /**
   * @internal
   * @param begin checks what was asked; what it throws comes out of the generation
   * @param isClosed whether the model was closed, which ends the generation
   */
  constructor(begin: () => Beginning, isClosed: () => boolean) {
    this.#result = this.#run(begin, isClosed).finally(() => {
      this.#ended = true;
      this.#chunks?.end();
    });
    // Whoever loops gets the error from the loop: a promise that nobody looks at must not end the process.
    this.#result.catch(() => {});
  }

  // Up to its first await it runs in the constructor: the job has started when the caller gets the generation.
  async #run(begin: () => Beginning, isClosed: () => boolean): Promise<GenerationResult<Value>> {
    const beginning = begin();
    const { options, end } = beginning;
    const chunks = (this.#chunks = new Replay<GenerationChunk>(options.collect));
    const choices = options.jsons.map((_, number) => new Choice(options, number, (chunk) => chunks.add(chunk)));
    this.#choices = choices;
    this.#start(beginning);
    const results = choices.map((choice) => choice.result(isClosed));
    try {
      const whole = withChoices(await allOrNone(results, () => this.cancel())) as GenerationResult<Value>;
      end?.(false);
      return whole;
    } catch (error) {
      end?.(true);
      throw withPartial(error, (choices[0] as Choice).whole);
    }
  }

  #start(beginning: Beginning): void {
    try {
      for (const choice of this.#choices) choice.start(beginning);
    } catch (error) {
      this.cancel();
      throw error;
    }
  }

  /** Stops it: it ends with `finishReason: 'cancelled'` and what there is. After its end this does nothing. */
  cancel(): void {
    if (!this.#ended) for (const choice of this.#choices) choice.cancel();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<GenerationChunk, void, undefined> {
    if (!this.#chunks)
      await this.#result; // throws what was wrong with the call
    // Left early: nobody wants the rest.
    else yield* this.#chunks.read(this.#result, () => this.cancel());
  }

  then<A = GenerationResult<Value>, B = never>(
    onResult?: ((result: GenerationResult<Value>) => A | PromiseLike<A>) | null,
    onError?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#result.then(onResult, onError);
  }

  catch<B = never>(onError?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<GenerationResult<Value> | B> {
    return this.#result.catch(onError);
  }

  finally(onEnd?: (() => void) | null): Promise<GenerationResult<Value>> {
    return this.#result.finally(onEnd);
  }
}
