import { randomBytes } from 'node:crypto';
import { binding, type NativeGenerationOptions } from './binding';
import { abortSignal, flag, invalid, numberBetween, optionsObject, positiveInteger, show, wholeNumber } from './check';
import { closedMeanwhile, startJob, type Job, type JobEnd } from './job';

/** How to generate. The defaults are greedy: the same prompt gives the same text, on every machine. */
export interface GenerateOptions {
  /** Tokens to generate at most. Default 512; `Infinity`: until the context is full. */
  maxTokens?: number;
  /** 0 (default): always the most probable token. Higher: more varied. */
  temperature?: number;
  /** With a temperature: choose among this many most probable tokens. Default 40; 0: among all. */
  topK?: number;
  /** With a temperature: the most probable tokens that together reach this probability. Default 0.95; 1: all. */
  topP?: number;
  /** With a temperature: tokens at least this many times as probable as the most probable one. Default 0.05; 0: all. */
  minP?: number;
  /** Makes tokens that stand in the last part of prompt and text less probable. Default 1: off. Also without a temperature. */
  repeatPenalty?: number;
  /** Of the random numbers: the same seed gives the same text. Default: another one each time. */
  seed?: number | bigint;
  /** The text ends before any of these. */
  stop?: string | readonly string[];
  /** Stops the generation: it rejects (or the loop throws) with the signal's reason. */
  signal?: AbortSignal;
  /** Go on after the model's end-of-generation token. */
  ignoreEos?: boolean;
  /**
   * Prompt look-up: where the text repeats what stands in the prompt or in itself, the model checks several guessed tokens at
   * once. Text, tokens and everything else stay the same, with any sampler and seed; it only gets faster, and switches itself
   * off where it would not. Default true.
   */
  speculation?: boolean;
}

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
const LARGEST_SEED = 0xffff_ffff_ffff_ffffn;

function seedOf(value: unknown): bigint {
  if (value === undefined) return randomBytes(8).readBigUInt64LE();
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  if (typeof value === 'bigint' && value >= 0n && value <= LARGEST_SEED) return value;
  throw invalid(`seed must be an integer from 0 to 2^53 - 1, or a bigint below 2^64, got ${show(value)}`);
}

function stopsOf(value: unknown): string[] {
  if (value === undefined) return [];
  const stops: unknown[] = Array.isArray(value) ? [...(value as unknown[])] : [value];
  for (const stop of stops) {
    if (typeof stop !== 'string') throw invalid(`stop must be a string or an array of strings, got ${show(stop)}`);
    if (stop === '') throw invalid('stop must not be an empty string');
  }
  return stops as string[];
}

/** @internal Reads each option once, checks it, fills in what is missing. */
export function checkGenerateOptions(
  options: GenerateOptions | undefined,
): [NativeGenerationOptions, AbortSignal | undefined] {
  const { maxTokens, temperature, topK, topP, minP, repeatPenalty, seed, stop, signal, ignoreEos, speculation } =
    optionsObject(options);
  const checked: NativeGenerationOptions = {
    maxTokens: positiveInteger('maxTokens', maxTokens, 512),
    temperature: numberBetween('temperature', temperature, 0, 0, 1000),
    topK: wholeNumber('topK', topK, 40, 0x7fffffff),
    topP: numberBetween('topP', topP, 0.95, 0, 1),
    minP: numberBetween('minP', minP, 0.05, 0, 1),
    repeatPenalty: numberBetween('repeatPenalty', repeatPenalty, 1, 0.01, 1000),
    seed: seedOf(seed),
    stop: stopsOf(stop),
    ignoreEos: flag('ignoreEos', ignoreEos, false),
    speculation: flag('speculation', speculation, true),
  };
  return [checked, abortSignal(signal)];
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
