import { channel } from 'node:diagnostics_channel';
import { binding, type JobEvent } from './binding';

/** What a job is of: which call, on which open model. */
export interface JobFacts {
  kind: 'load' | 'generate' | 'chat' | 'logits' | 'score' | 'embed' | 'format' | 'verify' | 'session';
  /** The engine's number of the model; none while it is loaded. */
  model?: bigint;
}

/** What a model has done since it was opened. Tokens are those of generations and chats that have ended. */
export interface ModelStats {
  /** Of the model in this process, as it stands in messages of `diagnostics_channel`. */
  model: bigint;
  /** Jobs at work, or waiting for their turn. */
  running: number;
  /** Jobs that have begun, and how those ended that have: each choice of a generation is one. */
  started: number;
  ended: number;
  cancelled: number;
  failed: number;
  promptTokens: number;
  /** Of them those that needed no computing. */
  cachedTokens: number;
  generatedTokens: number;
  /** Milliseconds that jobs waited, read their prompts and generated, all together. */
  milliseconds: { queued: number; prompt: number; generation: number };
}

/** Part of `realm_job_end` that is counted. */
interface End {
  finishReason?: string;
  promptTokens?: number;
  cachedTokens?: number;
  generatedTokens?: number;
  draftedTokens?: number;
  acceptedTokens?: number;
  timings?: { queued: number; prompt: number; generation: number };
}

/** A message of `realm:job:end`. */
export interface JobEnd extends JobFacts, End {
  job: number;
  milliseconds: number;
  error?: unknown;
}

/** A pass through the weights of a model: a message of `realm:pass`. */
export interface Pass {
  /** The models of this thread that have these weights, as they stand in `stats()`: a pass is for all of them. */
  models: readonly bigint[];
  /** How many there were before, and this one. */
  pass: number;
  milliseconds: number;
  /** Tokens that went through: of prompts, and such as were generated, guesses among them. */
  rows: number;
  promptRows: number;
  generatedRows: number;
  /** Generations and others that took part. */
  jobs: number;
  threads: number;
  /** False: it was broken off, since who was in it was cancelled. */
  completed: boolean;
}

/** Of the array that `binding.passes` gives: the number of the last pass and that of the weights, then of each pass so many. */
const BEFORE = 2;
const NUMBERS = 6;
/** A line about slow passes is followed by none for so long. */
const SILENCE = 10_000;

const channels = {
  pass: channel('realm:pass'),
  start: channel('realm:job:start'),
  first: channel('realm:job:first-token'),
  end: channel('realm:job:end'),
};
const counted = new Map<bigint, ModelStats>();
let last = 0;

/** The counters of a model. */
export function statsOf(model: bigint): ModelStats {
  let stats = counted.get(model);
  if (!stats) {
    stats = {
      ...{ model, running: 0, started: 0, ended: 0, cancelled: 0, failed: 0 },
      ...{ promptTokens: 0, cachedTokens: 0, generatedTokens: 0 },
      milliseconds: { queued: 0, prompt: 0, generation: 0 },
    };
    counted.set(model, stats);
  }
  return stats;
}

/** Who wants to hear of slow passes of a model. */
interface SlowPasses {
  milliseconds: number;
  tell: (pass: Pass) => void;
  silentUntil: number;
}

/** The passes through some weights that were told already, once for all models of this thread that have them. */
class Passes {
  readonly weights: number;
  readonly models = new Set<bigint>();
  readonly slow = new Map<bigint, SlowPasses>();
  #told: number | undefined;

  constructor(weights: number) {
    this.weights = weights;
  }

  /** Tells what is new since the last time. The engine keeps the last passes, so this is asked when something has come of them anyway. */
  tell(model: bigint): void {
    if (!channels.pass.hasSubscribers && this.slow.size === 0) {
      this.#told = undefined;
      return;
    }
    const passes = this.#since(model);
    for (const pass of passes) if (channels.pass.hasSubscribers) channels.pass.publish(pass);
    for (const watch of this.slow.values()) tellSlow(passes, watch);
  }

  /** What was before somebody began to listen is nobody's. */
  #since(model: bigint): Pass[] {
    const numbers = passesAfter(model, this.#told ?? Number.MAX_SAFE_INTEGER);
    if (!numbers) return [];
    const [last = 0] = numbers;
    const count = (numbers.length - BEFORE) / NUMBERS;
    const models = [...this.models];
    this.#told = last;
    return Array.from({ length: count }, (_, i) => {
      const at = BEFORE + i * NUMBERS;
      const [milliseconds = 0, promptRows = 0, generatedRows = 0, jobs = 0, threads = 0, completed] = numbers.subarray(
        at,
        at + NUMBERS,
      );
      const rows = promptRows + generatedRows;
      const pass = last - count + 1 + i;
      return { models, pass, milliseconds, rows, promptRows, generatedRows, jobs, threads, completed: completed === 1 };
    });
  }
}

function tellSlow(passes: readonly Pass[], watch: SlowPasses): void {
  const [slowest] = passes
    .filter((pass) => pass.milliseconds >= watch.milliseconds)
    .sort((a, b) => b.milliseconds - a.milliseconds);
  if (!slowest || performance.now() < watch.silentUntil) return;
  watch.silentUntil = performance.now() + SILENCE;
  watch.tell(slowest);
}

/** Nothing for a model that was closed. */
function passesAfter(model: bigint, after: number): Float64Array | undefined {
  try {
    return new Float64Array(binding.passes(model, BigInt(after)));
  } catch {
    return undefined;
  }
}

const ofModels = new Map<bigint, Passes>();
const ofWeights = new Map<number, Passes>();

function passesOf(model: bigint): Passes | undefined {
  const known = ofModels.get(model);
  if (known) return known;
  const weights = passesAfter(model, Number.MAX_SAFE_INTEGER)?.[1];
  if (weights === undefined) return undefined;
  const passes = ofWeights.get(weights) ?? new Passes(weights);
  passes.models.add(model);
  ofModels.set(model, passes);
  ofWeights.set(weights, passes);
  return passes;
}

/** Tells of passes of a model that take so long, seldom enough to be read. */
export function watchSlowPasses(model: bigint, milliseconds: number, tell: (pass: Pass) => void): void {
  passesOf(model)?.slow.set(model, { milliseconds, tell, silentUntil: 0 });
}

/** Tells of the passes since the last time: before a job starts, so that all of its own come after them, and when there is news of it. */
export function tellPasses({ model }: JobFacts): void {
  if (model === undefined) return;
  const passes = channels.pass.hasSubscribers ? passesOf(model) : ofModels.get(model);
  passes?.tell(model);
}

/** The model was closed: nobody asks any more. */
export function forgetStats(model: bigint): void {
  counted.delete(model);
  const passes = ofModels.get(model);
  if (!passes) return;
  ofModels.delete(model);
  passes.models.delete(model);
  passes.slow.delete(model);
  if (passes.models.size === 0) ofWeights.delete(passes.weights);
}

/** One job, for who listens to `diagnostics_channel` and who asks a model for its `stats`. Where nobody listens it costs next to nothing. */
export class ObservedJob {
  readonly #facts: JobFacts;
  readonly #job = ++last;
  readonly #began = performance.now();
  readonly #stats: ModelStats | undefined;
  #hasToken = false;

  constructor(facts: JobFacts) {
    this.#facts = facts;
    this.#stats = facts.model === undefined ? undefined : statsOf(facts.model);
    if (this.#stats) {
      this.#stats.running++;
      this.#stats.started++;
    }
    if (channels.start.hasSubscribers) channels.start.publish({ job: this.#job, ...facts });
  }

  news({ tokens }: JobEvent): void {
    tellPasses(this.#facts);
    if (this.#hasToken || !tokens) return;
    this.#hasToken = true;
    if (channels.first.hasSubscribers) channels.first.publish(this.#told());
  }

  end({ end, error }: JobEvent): void {
    tellPasses(this.#facts);
    const how = end ? (JSON.parse(end) as End) : {};
    const code = (error as { code?: string } | undefined)?.code;
    const stats = this.#stats;
    if (stats) {
      stats.running--;
      if (how.finishReason === 'cancelled' || code === 'E_CANCELLED') stats.cancelled++;
      else if (error) stats.failed++;
      else stats.ended++;
      stats.promptTokens += how.promptTokens ?? 0;
      stats.cachedTokens += how.cachedTokens ?? 0;
      stats.generatedTokens += how.generatedTokens ?? 0;
      for (const name of ['queued', 'prompt', 'generation'] as const)
        stats.milliseconds[name] += how.timings?.[name] ?? 0;
    }
    if (channels.end.hasSubscribers) channels.end.publish({ ...this.#told(), ...how, ...(error ? { error } : {}) });
  }

  #told(): object {
    return { job: this.#job, ...this.#facts, milliseconds: performance.now() - this.#began };
  }
}
