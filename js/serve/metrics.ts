import { channel } from 'node:diagnostics_channel';
import { getEngineInfo } from '../engine/getEngineInfo';
import type { JobEnd } from '../engine/observe';
import { handleOf, type Model } from '../model/model';
import type { Models } from './models';

const SECONDS = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640,
];
const TEXTS: ReadonlySet<string> = new Set(['generate', 'chat']);

/** How many of some seconds were at most so many. */
class Histogram {
  readonly #counts = SECONDS.map(() => 0);
  #count = 0;
  #sum = 0;

  observe(seconds: number, times = 1): void {
    this.#count += times;
    this.#sum += seconds * times;
    SECONDS.forEach((most, i) => {
      if (seconds <= most) (this.#counts[i] as number) += times;
    });
  }

  lines(name: string, labels: string): string[] {
    return [
      ...SECONDS.map((most, i) => `${name}_bucket{${labels},le="${most}"} ${this.#counts[i]}`),
      `${name}_bucket{${labels},le="+Inf"} ${this.#count}`,
      `${name}_sum{${labels}} ${this.#sum}`,
      `${name}_count{${labels}} ${this.#count}`,
    ];
  }
}

const HISTOGRAMS = {
  time_to_first_token_seconds: 'From a request to its first token.',
  inter_token_latency_seconds: 'From token to token, in the mean of each request.',
  e2e_request_latency_seconds: 'From a request to its end.',
  request_queue_time_seconds: 'Until the first token of the prompt was computed.',
  request_prefill_time_seconds: 'From there to the first token chosen.',
  request_decode_time_seconds: 'From there to the end.',
};
type HistogramName = keyof typeof HISTOGRAMS;

/** What one model has done for whoever asked. */
class Counted {
  prompt = 0;
  cached = 0;
  generated = 0;
  drafted = 0;
  accepted = 0;
  promptSeconds = 0;
  generationSeconds = 0;
  readonly ends = new Map<string, number>();
  /** Generations that have begun, and of them those without a token yet. */
  readonly running = new Set<number>();
  readonly waiting = new Set<number>();
  readonly histograms = Object.fromEntries(Object.keys(HISTOGRAMS).map((name) => [name, new Histogram()])) as Record<
    HistogramName,
    Histogram
  >;

  begin(job: number): void {
    this.running.add(job);
    this.waiting.add(job);
  }

  first({ job, milliseconds }: JobEnd): void {
    this.waiting.delete(job);
    this.histograms.time_to_first_token_seconds.observe(milliseconds / 1000);
  }

  end(told: JobEnd): void {
    const { job, milliseconds, timings, promptTokens = 0, generatedTokens = 0 } = told;
    this.running.delete(job);
    this.waiting.delete(job);
    const how = told.error ? 'abort' : told.finishReason === 'cancelled' ? 'abort' : (told.finishReason ?? 'stop');
    this.ends.set(how, (this.ends.get(how) ?? 0) + 1);
    this.prompt += promptTokens;
    this.cached += told.cachedTokens ?? 0;
    this.generated += generatedTokens;
    this.drafted += told.draftedTokens ?? 0;
    this.accepted += told.acceptedTokens ?? 0;
    this.histograms.e2e_request_latency_seconds.observe(milliseconds / 1000);
    if (!timings) return;
    this.promptSeconds += timings.prompt / 1000;
    this.generationSeconds += timings.generation / 1000;
    this.histograms.request_queue_time_seconds.observe(timings.queued / 1000);
    this.histograms.request_prefill_time_seconds.observe(timings.prompt / 1000);
    this.histograms.request_decode_time_seconds.observe(timings.generation / 1000);
    if (generatedTokens > 1)
      this.histograms.inter_token_latency_seconds.observe(
        timings.generation / 1000 / (generatedTokens - 1),
        generatedTokens - 1,
      );
  }
}

/** Figures of all generations on a host's models, in the words of llama.cpp's server and of vLLM. */
export class Metrics {
  readonly #models: Models;
  readonly #counted = new Map<string, Counted>();
  readonly #listeners: readonly [name: string, listener: (message: unknown) => void][];

  constructor(models: Models) {
    this.#models = models;
    this.#listeners = [
      ['realm:job:start', (message) => this.#on(message, (counted, { job }) => counted.begin(job))],
      ['realm:job:first-token', (message) => this.#on(message, (counted, told) => counted.first(told))],
      ['realm:job:end', (message) => this.#on(message, (counted, told) => counted.end(told))],
    ];
    for (const [name, listener] of this.#listeners) channel(name).subscribe(listener);
  }

  close(): void {
    for (const [name, listener] of this.#listeners) channel(name).unsubscribe(listener);
  }

  #on(message: unknown, count: (counted: Counted, told: JobEnd) => void): void {
    const told = message as JobEnd;
    if (!TEXTS.has(told.kind)) return;
    const name = this.#models.names.find((one) => isOf(this.#models.opened(one), told.model));
    if (name !== undefined) count(this.#of(name), told);
  }

  #of(name: string): Counted {
    let counted = this.#counted.get(name);
    if (!counted) this.#counted.set(name, (counted = new Counted()));
    return counted;
  }

  /** In the text format of Prometheus. */
  text(requests: { running: number; refused: number }): string {
    const all = this.#models.names.map((name) => [name, this.#of(name)] as const);
    const sum = (of: (counted: Counted) => number) => all.reduce((total, [, counted]) => total + of(counted), 0);
    const lines: string[] = [];
    const one = (name: string, type: 'counter' | 'gauge', help: string, value: number) =>
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, `${name} ${value}`);
    const each = (name: string, type: string, help: string, of: (counted: Counted, labels: string) => string[]) => {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
      for (const [model, counted] of all) lines.push(...of(counted, `model_name="${escaped(model)}"`));
    };
    llamaCpp(one, sum);
    vLlm(each);
    const { live } = getEngineInfo();
    one('realm:requests_at_work', 'gauge', 'Requests of clients at work, of every kind.', requests.running);
    one(
      'realm:requests_refused_total',
      'counter',
      'Requests refused because there was no place for them.',
      requests.refused,
    );
    one('realm:kv_cache_bytes', 'gauge', 'Bytes of the key/value caches of this process.', live.bytes);
    return `${lines.join('\n')}\n`;
  }
}

type One = (name: string, type: 'counter' | 'gauge', help: string, value: number) => void;
type Sum = (of: (counted: Counted) => number) => number;
type Each = (name: string, type: string, help: string, of: (counted: Counted, labels: string) => string[]) => void;

/** Of all models together, as llama.cpp's server, which has one, tells it. */
function llamaCpp(one: One, sum: Sum): void {
  const rate = (tokens: number, seconds: number) => (seconds > 0 ? tokens / seconds : 0);
  const prompt = sum((of) => of.prompt - of.cached);
  const promptSeconds = sum((of) => of.promptSeconds);
  const generated = sum((of) => of.generated);
  const seconds = sum((of) => of.generationSeconds);
  const waiting = sum((of) => of.waiting.size);
  one('llamacpp:prompt_tokens_total', 'counter', 'Prompt tokens computed.', prompt);
  one('llamacpp:prompt_seconds_total', 'counter', 'Seconds that prompts took.', promptSeconds);
  one('llamacpp:prompt_tokens_seconds', 'gauge', 'Prompt tokens a second.', rate(prompt, promptSeconds));
  one('llamacpp:tokens_predicted_total', 'counter', 'Tokens generated.', generated);
  one('llamacpp:tokens_predicted_seconds_total', 'counter', 'Seconds that generating took.', seconds);
  one(
    'llamacpp:predicted_tokens_seconds',
    'gauge',
    'Tokens generated a second, of a request.',
    rate(generated, seconds),
  );
  one(
    'llamacpp:requests_processing',
    'gauge',
    'Texts that have their first token.',
    sum((of) => of.running.size) - waiting,
  );
  one('llamacpp:requests_deferred', 'gauge', 'Texts that wait for their turn, or whose prompt is read.', waiting);
  one(
    'llamacpp:spec_decode_num_draft_tokens_total',
    'counter',
    'Tokens guessed.',
    sum((of) => of.drafted),
  );
  one(
    'llamacpp:spec_decode_num_accepted_tokens_total',
    'counter',
    'Guesses that were right.',
    sum((of) => of.accepted),
  );
}

/** Of each model, in the words of vLLM. */
function vLlm(each: Each): void {
  const number = (name: string, type: string, help: string, of: (counted: Counted) => number) =>
    each(`vllm:${name}`, type, help, (counted, labels) => [`vllm:${name}{${labels}} ${of(counted)}`]);
  number(
    'num_requests_running',
    'gauge',
    'Texts that have their first token.',
    (of) => of.running.size - of.waiting.size,
  );
  number('num_requests_waiting', 'gauge', 'Texts that wait, or whose prompt is read.', (of) => of.waiting.size);
  number('prompt_tokens_total', 'counter', 'Tokens of prompts.', (of) => of.prompt);
  number('generation_tokens_total', 'counter', 'Tokens generated.', (of) => of.generated);
  number(
    'prefix_cache_queries_total',
    'counter',
    'Tokens of prompts that were looked for in the prompt cache.',
    (of) => of.prompt,
  );
  number('prefix_cache_hits_total', 'counter', 'Tokens of prompts that needed no computing.', (of) => of.cached);
  each('vllm:request_success_total', 'counter', 'Texts that have ended, by how.', ({ ends }, labels) =>
    ['stop', 'length', 'abort'].map(
      (how) => `vllm:request_success_total{${labels},finished_reason="${how}"} ${ends.get(how) ?? 0}`,
    ),
  );
  for (const [name, help] of Object.entries(HISTOGRAMS))
    each(`vllm:${name}`, 'histogram', help, ({ histograms }, labels) =>
      histograms[name as HistogramName].lines(`vllm:${name}`, labels),
    );
}

const isOf = (model: Model | undefined, handle: bigint | undefined): boolean => {
  if (!model || handle === undefined) return false;
  try {
    return handleOf(model) === handle;
  } catch {
    return false; // closed by its owner
  }
};

/** A label's value. */
const escaped = (value: string): string => value.replace(/[\\"\n]/g, (mark) => (mark === '\n' ? '\\n' : `\\${mark}`));
