import { binding, type JobEvent } from '../engine/binding';
import { abortSignal, flag, invalid, oneOf, show, ownTokenIds, text, wholeNumber } from '../engine/check';
import { native } from '../engine/errors';
import { startJob } from '../engine/job';
import { knownOptions } from '../options/table';
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
  signal?: AbortSignal;
}

/** @internal The numbers of realm.h. */
export const POOLING = ['none', 'mean', 'cls', 'last', 'rank'] as const;

/** @internal Of `ModelInfo` what vectors need. */
interface VectorFacts {
  readonly contextLength: number | null;
  readonly generates: boolean | null;
  readonly pooling: (typeof POOLING)[number] | null;
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

/** @internal All texts' numbers, one text after the other. */
export async function vectors(
  { handle }: Opened,
  texts: readonly Uint32Array[],
  pooling: (typeof POOLING)[number],
  normalize: boolean,
  dimensions: number,
  elements: number,
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const lengths = Uint32Array.from(texts, (ids) => ids.length);
  const all = joinedIds(texts);
  const how = Uint32Array.of(POOLING.indexOf(pooling), Number(normalize), dimensions);
  const start = (event: (news: JobEvent) => void) =>
    binding.embedStart(handle, all, lengths, how, BigInt(elements), event);
  const job = startJob({ kind: 'embed', model: handle }, start, signal);
  return new Float32Array((await job.end).memory ?? []);
}

function isIds(value: unknown): boolean {
  return (
    ArrayBuffer.isView(value) || value instanceof ArrayBuffer || (Array.isArray(value) && typeof value[0] === 'number')
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

/** @internal `Model.embed`. */
export async function embed(model: Opened, texts: unknown, options: EmbedOptions | undefined): Promise<Float32Array[]> {
  return (await embedCounted(model, texts, options)).vectors;
}

/** @internal The same, and how many tokens the texts have together. */
export async function embedCounted(
  model: Opened,
  texts: unknown,
  options: EmbedOptions | undefined,
): Promise<{ vectors: Float32Array[]; tokens: number }> {
  const given = knownOptions('embed', options, ['dimensions', 'prefix', 'truncate', 'pooling', 'normalize', 'signal']);
  const signal = abortSignal(given.signal);
  const prefix = given.prefix === undefined ? '' : text('prefix', given.prefix);
  const truncate = flag('truncate', given.truncate, false);
  const pooling = oneOf('pooling', given.pooling, ['none', 'mean', 'cls', 'last'] as const, defaultPooling(model));
  const normalize = flag('normalize', given.normalize, pooling !== 'none');
  const full = (pooling === 'none' ? model.info.vectorSize : model.info.embeddingSize) ?? 0;
  const dimensions = given.dimensions === undefined ? full : wholeNumber('dimensions', given.dimensions, full, full);
  if (dimensions === 0 && full > 0) throw invalid('dimensions must be at least 1');
  if (!Array.isArray(texts) || isIds(texts))
    throw invalid(
      `texts must be an array of strings or token ids, got ${Array.isArray(texts) ? 'one text’s ids' : show(texts)}`,
    );

  // As they are now, whatever their owner does with them meanwhile.
  const own = Array.from(texts as readonly unknown[], ownText);
  const ids = await inTurns(
    own,
    (value) => (typeof value === 'string' ? prefix.length + value.length : 0),
    (value, i) => fit(model, typeof value === 'string' ? textIds(model, prefix + value) : value, i, truncate),
    signal,
  );
  const sizes = ids.map((tokens) => (pooling === 'none' ? tokens.length * dimensions : dimensions));
  const elements = sizes.reduce((sum, size) => sum + size, 0);
  const numbers = await vectors(model, ids, pooling, normalize, dimensions, elements, signal);
  let at = 0;
  return {
    vectors: sizes.map((size) => numbers.slice(at, (at += size))),
    tokens: ids.reduce((sum, tokens) => sum + tokens.length, 0),
  };
}
