import { unlessAborted, whenAborted } from '../engine/abort';
import type { JobEvent, OnEvent } from '../engine/binding';
import { binding } from '../engine/binding';
import { closedMeanwhile, endOf, reasonOf, startJob, waitForJob, type GenerationEnd, type Job } from '../engine/job';
import { processedJson } from '../engine/processing';
import { idsOf } from '../engine/records';
import { checkGenerateOptions, type CheckedGenerateOptions, type GenerateOptions } from '../options/generate';
import { refuseCallbacks } from '../options/table';
import { RealmError } from '../portable/errors';
import { allOrNone } from './allOrNone';
import { joinedIds } from './joinedIds';
import { leave, leftBefore } from './leftBefore';
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

/** Why a generation ends whose loop was left. */
const LEFT = new RealmError('E_CANCELLED', 'the generation was cancelled');

/** One of the texts of a generation, as it comes. */
class Choice {
  readonly #options: CheckedGenerateOptions;
  readonly #texts = new TokenTexts();
  readonly #value = new PartialJson();
  readonly #kept: GenerationChunk[] = [];
  readonly #onChunk: (chunk: GenerationChunk) => void;
  readonly #number: number;
  /** Fires when nobody waits for the value any more. */
  readonly #left = new AbortController();
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
    this.#left.abort(LEFT);
  }

  /** All chunks as one. */
  get whole(): PartialResult {
    const kept = this.#kept;
    const tokens = joinedIds(kept.map((chunk) => chunk.tokens));
    const whole: PartialResult = { text: kept.map((chunk) => chunk.text).join(''), tokens };
    if (this.#options.logprobs) whole.logprobs = kept.flatMap((chunk) => chunk.logprobs ?? []);
    return whole;
  }

  async result(whyClosed: () => RealmError | undefined): Promise<GenerationResult> {
    const end = endOf(await (this.#job as Job).end);
    const closed = end.finishReason === 'cancelled' && whyClosed();
    if (closed) throw closed;
    const { whole } = this;
    if (!this.#options.collect || end.finishReason === 'cancelled') return resultOf(whole, end);
    try {
      return resultOf(whole, end, await this.#valueOf(whole.text, end));
    } catch (error) {
      if (error !== LEFT) throw error;
      return resultOf(whole, { ...end, finishReason: 'cancelled', stop: null });
    }
  }

  /** What the text says. A schema's own checks may take as long as they want: what ends a generation ends the wait for them. */
  async #valueOf(text: string, { timings }: GenerationEnd): Promise<{ value: unknown } | undefined> {
    const { signal, timeout, validate } = this.#options;
    if (!validate) return valueOf(text, this.#options);
    const left = this.#left;
    const ignore = whenAborted(signal, () => left.abort(signal && reasonOf(signal)));
    if (signal?.aborted) left.abort(reasonOf(signal));
    const late = () => left.abort(new RealmError('E_TIMEOUT', 'the time given for the generation is over'));
    const rest = (timeout ?? 0) - timings.queued - timings.prompt - timings.generation;
    const timer = timeout === undefined ? undefined : setTimeout(late, Math.max(rest, 0));
    try {
      return await unlessAborted(left.signal, () => valueOf(text, this.#options));
    } finally {
      ignore();
      clearTimeout(timer);
    }
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
   * @param whyClosed what the closing of the model or the session ends it with, if that was closed
   */
  constructor(begin: () => Beginning, whyClosed: () => RealmError | undefined) {
    this.#result = this.#run(begin, whyClosed).finally(() => {
      this.#ended = true;
      this.#chunks?.end();
    });
    // Whoever loops gets the error from the loop: a promise that nobody looks at must not end the process.
    this.#result.catch(() => {});
  }

  // Up to its first await it runs in the constructor: the job has started when the caller gets the generation.
  async #run(begin: () => Beginning, whyClosed: () => RealmError | undefined): Promise<GenerationResult<Value>> {
    const beginning = begin();
    const { options, end } = beginning;
    const chunks = (this.#chunks = new Replay<GenerationChunk>(options.collect));
    const choices = options.jsons.map((_, number) => new Choice(options, number, (chunk) => chunks.add(chunk)));
    this.#choices = choices;
    this.#start(beginning);
    const results = choices.map((choice) => choice.result(whyClosed));
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

  [Symbol.asyncIterator](): AsyncGenerator<GenerationChunk, void, undefined> {
    return leftBefore(this.#read(), () => leave(this));
  }

  async *#read(): AsyncGenerator<GenerationChunk, void, undefined> {
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
