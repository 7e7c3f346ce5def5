import { channel } from 'node:diagnostics_channel';
import type { JobEvent } from './binding';

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
  timings?: { queued: number; prompt: number; generation: number };
}

const channels = {
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

/** The model was closed: nobody asks any more. */
export const forgetStats = (model: bigint): boolean => counted.delete(model);

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

  news(): void {
    if (this.#hasToken) return;
    this.#hasToken = true;
    if (channels.first.hasSubscribers) channels.first.publish(this.#told());
  }

  end({ end, error }: JobEvent): void {
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
