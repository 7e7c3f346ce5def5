import { types } from 'node:util';
import { binding, type JobEvent } from '../engine/binding';
import { abortSignal, flag, invalid, oneOf, show, ownTokenIds, text, wholeNumber } from '../engine/check';
import { native } from '../engine/errors';
import { startJob, waitForJob } from '../engine/job';
import { scalesOf } from '../options/generate';
import { knownOptions, refuseCallbacks } from '../options/table';
import { RealmError } from '../portable/errors';
import { inTurns } from './inTurns';
import { joinedIds } from './joinedIds';

/** How the vectors of a text's tokens become one; `none`: they don't. */
export type PoolingType = 'none' | 'mean' | 'cls' | 'last';

export interface EmbedOptions {
  /** Numbers of a vector that are kept, the first ones: for models that were trained for it (Matryoshka). Default: all. */
  dimensions?: number;
  /** Text put before each text, as many models want it: `query: `, `search_document: `. Not for ids. */
  prefix?: string;
  /** Cut a text that is longer than the model's context, keeping its end token; default false: E_CONTEXT_FULL. */
  truncate?: boolean;
  /** Default: as the file says, and the last token's where it says nothing or `none`; `none`: every token's vector, one after the other. */
  pooling?: PoolingType;
  /** Make vectors one long, so that their product is the cosine. Default true, with `pooling: 'none'` false. */
  normalize?: boolean;
  /** How strong each adapter of the model is for these texts, in the order of `loadModel`'s `lora`. Default: as they were opened. */
  lora?: readonly number[];
  signal?: AbortSignal;
}

/** @internal How vectors are made, as the engine reads it: `managed/Abi/ComputeOptionTables.cs` has the same rows. */
export interface HowVectors {
  pooling: PoolingType | 'rank';
  normalize: boolean;
  dimensions: number;
  lora: readonly number[] | undefined;
}

/** @internal Of `ModelInfo` what vectors need. */
interface VectorFacts {
  readonly contextLength: number | null;
  readonly generates: boolean | null;
  readonly pooling: PoolingType | 'rank' | null;
  readonly vectorSize: number | null;
  readonly embeddingSize: number | null;
  readonly rankSize: number | null;
  readonly chatTemplates: Readonly<Record<string, string>>;
  readonly tokenizer: { readonly bosId: number | null; readonly pairSeparatorId: number | null } | null;
}

/** @internal A model as this file needs it. */
export interface Opened {
  handle: bigint;
  info: VectorFacts;
}

/** @internal Ids of a text as the file asks for them: begin and end tokens; special tokens in the text are text. */
export function textIds({ handle }: Opened, content: string): Uint32Array {
  return new Uint32Array(native(() => binding.tokenize(handle, content, 1, false)));
}

/** @internal Ids that fit the model's context: others are an error, or are cut, but for an end token. */
export function fit(model: Opened, ids: Uint32Array, index: number, truncate: boolean): Uint32Array {
  const most = model.info.contextLength ?? 0;
  if (ids.length <= most) return ids;
  if (!truncate)
    throw new RealmError(
      'E_CONTEXT_FULL',
      `text ${index} has ${ids.length} tokens, the context holds ${most} (truncate: true cuts it)`,
    );
  const end = textIds(model, '').at(-1);
  const cut = ids.slice(0, most);
  if (end !== undefined && ids.at(-1) === end && end !== ids[0]) cut[most - 1] = end;
  return cut;
}

/** @internal What the engine is asked for: the numbers of all texts, one text after the other. */
export interface VectorOrder {
  texts: readonly Uint32Array[];
  how: HowVectors;
  /** How many numbers it will be. */
  elements: number;
}

const argumentsOf = ({ handle }: Opened, { texts, how, elements }: VectorOrder) =>
  [
    handle,
    joinedIds(texts),
    Uint32Array.from(texts, (ids) => ids.length),
    JSON.stringify(how),
    BigInt(elements),
  ] as const;

/** @internal Has numbers made. */
export async function vectors(
  model: Opened,
  order: VectorOrder,
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const given = argumentsOf(model, order);
  const start = (event: (news: JobEvent) => void) => binding.embedStart(...given, event);
  const job = startJob({ kind: 'embed', model: model.handle }, start, signal);
  return new Float32Array((await job.end).memory ?? []);
}

/** @internal The same at once. */
export function vectorsSync(model: Opened, order: VectorOrder): Float32Array {
  const given = argumentsOf(model, order);
  const run = (event: (news: JobEvent) => boolean) => binding.embedWait(...given, event);
  return new Float32Array(waitForJob({ kind: 'embed', model: model.handle }, run).memory ?? []);
}

function isIds(value: unknown): boolean {
  return (
    ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value) || (Array.isArray(value) && typeof value[0] === 'number')
  );
}

function ownText(value: unknown, index: number): string | Uint32Array {
  if (typeof value === 'string') return value;
  if (!isIds(value)) throw invalid(`texts[${index}] must be a string or token ids, got ${show(value)}`);
  return ownTokenIds(value, `texts[${index}]`);
}

/** @internal What a file without a word on pooling gets: decoders see the whole text in their last token only. */
function defaultPooling({ info }: Opened): PoolingType {
  const { pooling } = info;
  if (pooling === 'mean' || pooling === 'cls' || pooling === 'last') return pooling;
  return info.generates === false ? 'mean' : 'last';
}

/** Texts to embed, checked. */
class Embedding {
  /** As they are now, whatever their owner does with them meanwhile. */
  readonly own: readonly (string | Uint32Array)[];
  readonly signal: AbortSignal | undefined;
  readonly #model: Opened;
  readonly #prefix: string;
  readonly #truncate: boolean;
  readonly #how: HowVectors & { pooling: PoolingType };

  constructor(call: string, model: Opened, texts: unknown, options: EmbedOptions | undefined) {
    const given = knownOptions(call, options, NAMES);
    this.#model = model;
    this.signal = abortSignal(given.signal);
    this.#prefix = given.prefix === undefined ? '' : text('prefix', given.prefix);
    this.#truncate = flag('truncate', given.truncate, false);
    const pooling = oneOf('pooling', given.pooling, ['none', 'mean', 'cls', 'last'] as const, defaultPooling(model));
    const normalize = flag('normalize', given.normalize, pooling !== 'none');
    const full = (pooling === 'none' ? model.info.vectorSize : model.info.embeddingSize) ?? 0;
    const dimensions = given.dimensions === undefined ? full : wholeNumber('dimensions', given.dimensions, full, full);
    if (dimensions === 0 && full > 0) throw invalid('dimensions must be at least 1');
    this.#how = { pooling, normalize, dimensions, lora: scalesOf('lora', given.lora) };
    if (!Array.isArray(texts) || isIds(texts))
      throw invalid(
        `texts must be an array of strings or token ids, got ${Array.isArray(texts) ? 'one text’s ids' : show(texts)}`,
      );
    this.own = Array.from(texts as readonly unknown[], ownText);
  }

  lengthOf = (value: string | Uint32Array): number =>
    typeof value === 'string' ? this.#prefix.length + value.length : 0;

  idsOf = (value: string | Uint32Array, i: number): Uint32Array => {
    const ids = typeof value === 'string' ? textIds(this.#model, this.#prefix + value) : value;
    return fit(this.#model, ids, i, this.#truncate);
  };

  order(texts: readonly Uint32Array[]): VectorOrder {
    return { texts, how: this.#how, elements: texts.reduce((sum, ids) => sum + this.#sizeOf(ids), 0) };
  }

  /** Each text's numbers. */
  cut(numbers: Float32Array, texts: readonly Uint32Array[]): Float32Array[] {
    let at = 0;
    return texts.map((ids) => numbers.slice(at, (at += this.#sizeOf(ids))));
  }

  #sizeOf(ids: Uint32Array): number {
    const { pooling, dimensions } = this.#how;
    return pooling === 'none' ? ids.length * dimensions : dimensions;
  }
}

const NAMES = ['dimensions', 'prefix', 'truncate', 'pooling', 'normalize', 'lora', 'signal'];

/** @internal Names of what `embed` takes. */
export const EMBED_OPTIONS: readonly string[] = NAMES;

/** @internal Checks options that calls will have. */
export function checkEmbedOptions(model: Opened, options: EmbedOptions | undefined): void {
  new Embedding('embed', model, [], options);
}

/** @internal `Model.embed`. */
export async function embed(model: Opened, texts: unknown, options: EmbedOptions | undefined): Promise<Float32Array[]> {
  return (await embedCounted(model, texts, options)).vectors;
}

/** @internal `Model.embedSync`. */
export function embedSync(model: Opened, texts: unknown, options: EmbedOptions | undefined): Float32Array[] {
  refuseCallbacks('embedSync', options, ['signal']);
  const work = new Embedding('embedSync', model, texts, options);
  const ids = work.own.map(work.idsOf);
  return work.cut(vectorsSync(model, work.order(ids)), ids);
}

/** @internal The vectors, and how many tokens the texts have together. */
export async function embedCounted(
  model: Opened,
  texts: unknown,
  options: EmbedOptions | undefined,
): Promise<{ vectors: Float32Array[]; tokens: number }> {
  const work = new Embedding('embed', model, texts, options);
  const ids = await inTurns(work.own, work.lengthOf, work.idsOf, work.signal);
  const numbers = await vectors(model, work.order(ids), work.signal);
  return { vectors: work.cut(numbers, ids), tokens: ids.reduce((sum, tokens) => sum + tokens.length, 0) };
}
