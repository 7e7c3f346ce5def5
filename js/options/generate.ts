import { randomBytes } from 'node:crypto';
import type { LogitsProcessor } from '../engine/processing';
import {
  abortSignal,
  flag,
  hasMembers,
  invalid,
  numberBetween,
  oneOf,
  positiveInteger,
  show,
  text,
  wholeNumber,
} from '../engine/check';
import {
  formatOf,
  isJsonFormat,
  unsupportedOf,
  whitespaceOf,
  type NativeFormat,
  type Unsupported,
  type Whitespace,
} from './format';
import { callback, scaleOf } from './load';
import { type Format } from './structure';
import { readOptions, type Table } from './table';

/** How to generate. The defaults are greedy: the same prompt gives the same text, on every machine. */
export interface GenerateOptions<F extends Format | undefined = Format | undefined> {
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
  /** Makes tokens that stand in the last part of prompt and text less probable. Default 1: off. Also without a temperature. (Keskar et al., 2019) */
  repeatPenalty?: number;
  /** How many of the last tokens, prompt included, the three penalties look at. Default 64; -1: all. */
  repeatLastN?: number;
  /** Subtracted from a token's logit for each time it came. Default 0. */
  frequencyPenalty?: number;
  /** Subtracted from a token's logit if it came. Default 0. */
  presencePenalty?: number;
  /** DRY: how much a token that would go on with a repetition loses at least. Default 0: off. */
  dryMultiplier?: number;
  /** DRY: how much faster it loses with each token of the repetition. Default 1.75; below 1: off. */
  dryBase?: number;
  /** DRY: the longest repetition that costs no more than the multiplier; shorter ones cost nothing. Default 2. */
  dryAllowedLength?: number;
  /** DRY: how many of the last tokens are searched for repetitions. Default -1: all; 0: off. */
  dryPenaltyLastN?: number;
  /** DRY: texts that end a repetition. Default: line ends, colons, quotation marks and asterisks. */
  drySequenceBreakers?: readonly string[];
  /** With a temperature: tokens whose logit is at most this many standard deviations below the best. Default 0: off. (Tang et al., 2024) */
  topNSigma?: number;
  /** With a temperature: the tokens whose surprise is nearest to the expected one, until they reach this probability. Default 1: off. (Meister et al., 2023) */
  typicalP?: number;
  /** With a temperature: how often all top choices but the least probable are taken away. Default 0: off. */
  xtcProbability?: number;
  /** XTC: the probability from which a token is a top choice. Default 0.1; above 0.5: off. */
  xtcThreshold?: number;
  /** How far the temperature goes below and above by how sure the model is. Default 0: off. */
  dynatempRange?: number;
  /** The power of the share of the greatest possible entropy by which it goes from the lowest to the highest. Default 1. */
  dynatempExponent?: number;
  /** 2: Mirostat 2 instead of the filters, with a temperature. Default 0: off. (Basu et al., 2021) */
  mirostat?: 0 | 2;
  /** Mirostat: the surprise to keep to, in bits a token. Default 5. */
  mirostatTau?: number;
  /** Mirostat: how fast it follows, 0 to 1. Default 0.1. */
  mirostatEta?: number;
  /** The probability that chosen tokens shall have in the mean. Default -1: off. */
  adaptiveTarget?: number;
  /** Of it: how much of the past counts, 0 to 0.99. Default 0.9. */
  adaptiveDecay?: number;
  /** Added to logits of tokens, by their ids, before anything else; `-Infinity`: never chosen. */
  logitBias?: Readonly<Record<number, number>>;
  /** Names of the samplers to run, in order (docs/sampling.md has them); one that is not among them does not run. Default: all. */
  samplers?: readonly string[];
  /** Of the random numbers: the same seed gives the same text. Default: another one each time. */
  seed?: number | bigint;
  /** How many texts: their seeds are made of `seed` and the number of each, the first one's is `seed` itself. Default 1, at most 128. */
  n?: number;
  /** The text ends before any of these: texts, in which special tokens may be written out as a whole, or token ids. */
  stop?: string | number | readonly (string | number)[];
  /**
   * What the text keeps to; see `Format`. It is whole when the generation ends, also at `maxTokens`: less than the shortest text takes is
   * E_INVALID_ARGUMENT, what can't be held is E_UNSUPPORTED. The result has it as `value`, JSON parsed. `stop` and `ignoreEos` do
   * not count then. Undeclared properties are allowed, as JSON Schema has it, unless `additionalProperties: false`.
   */
  format?: F;
  /** White space in a format's JSON. Default `compact`. */
  whitespace?: Whitespace;
  /** `ignore`: what a format's schema says and can't be held is left out; the result has `checked: false` then. Default: it is E_UNSUPPORTED. */
  unsupported?: Unsupported;
  /** With a format of JSON: chunks have as `value` what is sure of it so far. Default false. */
  partial?: boolean;
  /** Special tokens that are generated are written out in the text, but for the one that ends it. Default false; with a `structure` they always are. */
  specialTokens?: boolean;
  /** Stops the generation: it rejects (or the loop throws) with the signal's reason, which has what was generated as `partial`. */
  signal?: AbortSignal;
  /** Milliseconds after which the generation fails with E_TIMEOUT, which has what was generated as `partial`. */
  timeout?: number;
  /** Go on after the model's end-of-generation token. */
  ignoreEos?: boolean;
  /** Tell the log probability of each token chosen, as the model itself has it, before any sampling. Default false. */
  logprobs?: boolean;
  /** With `logprobs`: of each place also this many of the most probable tokens. Default 0, at most 128. */
  topLogprobs?: number;
  /** Who goes first where not all can: what runs in the background gets what nobody else wants. Waiting raises it. Default `normal`. */
  priority?: 'background' | 'normal' | 'high';
  /** `false`: what a loop has read is forgotten, and the result has no text, tokens and log probabilities; of a chat it keeps the answer. Default true. */
  collect?: boolean;
  /**
   * Prompt look-up: where the text repeats what stands in the prompt or in itself, the model checks several guessed tokens at
   * once. Text, tokens and everything else stay the same, with any sampler and seed; it only gets faster, and switches itself
   * off where it would not. Default true.
   */
  speculation?: boolean;
  /**
   * Prompt cache: what the model has computed of earlier prompts and answers is used where this prompt begins the same, and this one
   * is kept for others. The result is the same, bit for bit; `usage.cachedTokens` tells how much it was. Default true.
   */
  cachePrompt?: boolean;
  /**
   * Changes the logits of each token before the samplers see them (`-Infinity`: the token is not chosen), in place: `format` holds behind it.
   * While it is at work, or its promise is pending, this text waits and others go on. What it throws ends the generation, and comes out of
   * it. With it there is no speculation. `logprobs` are the model's own all the same.
   */
  logitsProcessor?: LogitsProcessor;
  /** How strong each adapter of the model is for this text, in the order of `loadModel`'s `lora`. Default: as they were opened. */
  lora?: readonly number[];
}

const LARGEST_SEED = 0xffff_ffff_ffff_ffffn;
const MOST_STOPS = 256;
const MOST_STOP_CHARACTERS = 1 << 20;
const MOST_CHOICES = 128;
const PRIORITIES = ['background', 'normal', 'high'] as const;

/** As text: JSON has no whole numbers of 64 bits. */
function seedOf(name: string, value: unknown): string {
  if (value === undefined) return String(randomBytes(8).readBigUInt64LE());
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return String(value);
  if (typeof value === 'bigint' && value >= 0n && value <= LARGEST_SEED) return String(value);
  throw invalid(`${name} must be an integer from 0 to 2^53 - 1, or a bigint below 2^64, got ${show(value)}`);
}

function stopsOf(name: string, value: unknown): (string | number)[] {
  if (value === undefined) return [];
  const stops: unknown[] = Array.isArray(value) ? [...(value as unknown[])] : [value];
  if (stops.length > MOST_STOPS) throw invalid(`${name} must have at most ${MOST_STOPS} items, got ${stops.length}`);
  let characters = 0;
  for (const stop of stops) {
    if (stop === '') throw invalid(`${name} must not be an empty string`);
    if (typeof stop !== 'string' && !(Number.isInteger(stop) && (stop as number) >= 0 && (stop as number) < 2 ** 31))
      throw invalid(`${name} must be a string, a token id or an array of them, got ${show(stop)}`);
    if (typeof stop === 'string') characters += stop.length;
    if (characters > MOST_STOP_CHARACTERS)
      throw invalid(`${name} must have at most ${MOST_STOP_CHARACTERS} characters in all`);
  }
  return stops as (string | number)[];
}

/** @internal How strong adapters are. */
export function scalesOf(name: string, value: unknown): number[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw invalid(`${name} must be an array of scales, got ${show(value)}`);
  return value.map((scale: unknown, i) => {
    if (scale === undefined) throw invalid(`${name}[${i}] must be a number, got undefined`);
    return scaleOf(`${name}[${i}]`, scale);
  });
}

/** Beyond this, single precision has no finite numbers. */
const LARGEST = 3e38;
const LARGEST_COUNT = 0x7fffffff;

const optional =
  (check: (name: string, value: unknown) => unknown) =>
  (name: string, value: unknown): unknown =>
    value === undefined ? undefined : check(name, value);
/** A number that the engine has a default for. */
const within = (least: number, most: number) =>
  optional((name, value) => numberBetween(name, value, least, least, most));
const finite = within(-LARGEST, LARGEST);
const nonNegative = within(0, LARGEST);
const share = within(0, 1);
/** A whole number that the engine has a default for. */
const count = (least: number) =>
  optional((name, value) => {
    if (Number.isInteger(value)) return numberBetween(name, value, least, least, LARGEST_COUNT);
    throw invalid(`${name} must be an integer from ${least} to ${LARGEST_COUNT}, got ${show(value)}`);
  });

/** JSON has no infinity: null stands for the negative one. */
const biasesOf = optional((name, value) => {
  if (!hasMembers(value)) throw invalid(`${name} must be an object of numbers by token ids, got ${show(value)}`);
  const given = Object.entries(value).filter(([, bias]) => bias !== undefined);
  const biases = given.map(([id, bias]): [string, number | null] => {
    if (!/^(?:0|[1-9][0-9]{0,9})$/.test(id)) throw invalid(`${name}: ${show(id)} is no token id`);
    if (bias === -Infinity) return [id, null];
    return [id, numberBetween(`${name} of token ${id}`, bias, 0, -LARGEST, LARGEST)];
  });
  return Object.fromEntries(biases);
});

const textsOf = optional((name, value) => {
  if (!Array.isArray(value)) throw invalid(`${name} must be an array of strings, got ${show(value)}`);
  return value.map((item: unknown, i) => text(`${name}[${i}]`, item));
});

/** What the engine does. `managed/Abi/GenerationOptionTable.cs` has the same rows. */
const ENGINE = {
  maxTokens: (name, value) => positiveInteger(name, value, 512),
  temperature: (name, value) => numberBetween(name, value, 0, 0, 1000),
  topK: (name, value) => wholeNumber(name, value, 40, 0x7fffffff),
  topP: (name, value) => numberBetween(name, value, 0.95, 0, 1),
  minP: (name, value) => numberBetween(name, value, 0.05, 0, 1),
  repeatPenalty: (name, value) => numberBetween(name, value, 1, 0.01, 1000),
  ...{ repeatLastN: count(-1), frequencyPenalty: finite, presencePenalty: finite },
  ...{ dryMultiplier: nonNegative, dryBase: nonNegative, dryAllowedLength: count(0), dryPenaltyLastN: count(-1) },
  drySequenceBreakers: textsOf,
  ...{ topNSigma: finite, typicalP: share, xtcProbability: share, xtcThreshold: share },
  ...{ dynatempRange: nonNegative, dynatempExponent: nonNegative },
  ...{ mirostat: count(0), mirostatTau: nonNegative, mirostatEta: share },
  ...{ adaptiveTarget: within(-LARGEST, 1), adaptiveDecay: within(0, 0.99) },
  logitBias: biasesOf,
  format: formatOf,
  whitespace: whitespaceOf,
  unsupported: unsupportedOf,
  samplers: textsOf,
  seed: seedOf,
  stop: stopsOf,
  timeout: (name, value) => (value === undefined ? undefined : positiveInteger(name, value, 0, 0x7fffffff)),
  specialTokens: (name, value) => flag(name, value, false),
  ignoreEos: (name, value) => flag(name, value, false),
  logprobs: (name, value) => flag(name, value, false),
  topLogprobs: (name, value) => wholeNumber(name, value, 0, 128),
  priority: (name, value) => oneOf(name, value, PRIORITIES, 'normal'),
  speculation: (name, value) => flag(name, value, true),
  cachePrompt: (name, value) => flag(name, value, true),
  lora: scalesOf,
} satisfies Table;

/** What this side does. */
const HERE = {
  signal: (_, value) => abortSignal(value),
  collect: (name, value) => flag(name, value, true),
  logitsProcessor: callback<LogitsProcessor>(),
  n: (name, value) => positiveInteger(name, value, 1, MOST_CHOICES),
  partial: (name, value) => flag(name, value, false),
} satisfies Table;

/** @internal What `chat` takes too. */
export const GENERATE_TABLES = { engine: ENGINE, here: HERE };

/** Names of the options that the engine knows: what can be asked for over a wire. */
export const GENERATE_OPTIONS: readonly string[] = Object.keys(ENGINE);

export type CheckedGenerateOptions = ReturnType<typeof checkGenerateOptions>;

/** Reads each option once, checks it, fills in what is missing. */
export function checkGenerateOptions(options: GenerateOptions | undefined, call = 'generate') {
  const { json, engine, here } = readOptions(call, ENGINE, HERE, options);
  checkTogether(engine);
  const { format } = engine;
  if (here.partial && !(format && isJsonFormat(format)))
    throw invalid('partial needs a format of JSON: a schema, or json');
  const { n, ...rest } = here;
  return {
    json,
    /** What the engine reads, for each of the texts. */
    jsons: [
      json,
      ...Array.from({ length: n - 1 }, (_, i) => JSON.stringify({ ...engine, seed: seedAfter(engine.seed, i + 1) })),
    ],
    ...{ logprobs: engine.logprobs, timeout: engine.timeout },
    ...valueFacts(format),
    ...rest,
  };
}

/** @internal How a text with a format becomes a value. */
export function valueFacts(format: NativeFormat | undefined) {
  return { hasFormat: format !== undefined, isJson: !!format && isJsonFormat(format), validate: format?.validate };
}

/** @internal What one option says about another. */
export function checkTogether({ topLogprobs, logprobs }: { topLogprobs: number; logprobs: boolean }): void {
  if (topLogprobs > 0 && !logprobs) throw invalid('topLogprobs needs logprobs: true');
}

/** The seed of a choice: what SplitMix64 gives after so many steps. (Steele, Lea, Flood, 2014) */
export function seedAfter(seed: string, choice: number): string {
  const word = (value: bigint) => BigInt.asUintN(64, value);
  let mixed = word(BigInt(seed) + BigInt(choice) * 0x9e3779b97f4a7c15n);
  mixed = word((mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n);
  mixed = word((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn);
  return String(mixed ^ (mixed >> 31n));
}
