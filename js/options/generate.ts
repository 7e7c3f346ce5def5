import { randomBytes } from 'node:crypto';
import type { NativeGenerationOptions } from '../engine/binding';
import {
  abortSignal,
  flag,
  invalid,
  numberBetween,
  optionsObject,
  positiveInteger,
  show,
  wholeNumber,
} from '../engine/check';
import { scaleOf } from './load';

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
  /** How strong each adapter of the model is for this text, in the order of `loadModel`'s `lora`. Default: as they were opened. */
  lora?: readonly number[];
}

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

function scalesOf(value: unknown): number[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw invalid(`lora must be an array of scales, got ${show(value)}`);
  return value.map((scale: unknown, i) => {
    if (scale === undefined) throw invalid(`lora[${i}] must be a number, got undefined`);
    return scaleOf(`lora[${i}]`, scale);
  });
}

/** Reads each option once, checks it, fills in what is missing. */
export function checkGenerateOptions(
  options: GenerateOptions | undefined,
): [NativeGenerationOptions, AbortSignal | undefined] {
  const { maxTokens, temperature, topK, topP, minP, repeatPenalty, seed, stop, signal, ignoreEos, speculation, lora } =
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
    lora: scalesOf(lora),
  };
  return [checked, abortSignal(signal)];
}
