import { binding } from '../engine/binding';
import { abortSignal, flag, invalid, show, text } from '../engine/check';
import { native } from '../engine/errors';
import { scalesOf } from '../options/generate';
import { knownOptions, refuseCallbacks } from '../options/table';
import { RealmError } from '../portable/errors';
import { fit, textIds, vectors, vectorsSync, type Opened, type VectorOrder } from './embed';
import { inTurns } from './inTurns';
import { joinedIds } from './joinedIds';
import { segmentIds } from './prompt';

export interface RankOptions {
  /** Cut a document that is too long for the model's context together with the query; default false: E_CONTEXT_FULL. */
  truncate?: boolean;
  /** How strong each adapter of the model is for these texts, in the order of `loadModel`'s `lora`. Default: as they were opened. */
  lora?: readonly number[];
  signal?: AbortSignal;
}

/** A query with a document: what stands before the document must stay, and so must what stands behind it. */
interface Pair {
  ids: Uint32Array;
  before: number;
  behind: Uint32Array;
}

function plainIds({ handle }: Opened, content: string): Uint32Array {
  return new Uint32Array(native(() => binding.tokenize(handle, content, 0, false)));
}

/** A query with each document as the model was trained on them: by the file's template for it, or both between begin and end tokens. */
function pairsWith(model: Opened, query: string): (document: string) => Pair {
  const template = model.info.chatTemplates.rerank;
  if (template !== undefined) return pairsByTemplate(model, template, query);
  const around = textIds(model, '');
  const { bosId, pairSeparatorId } = model.info.tokenizer ?? {};
  const begin = around.length > 0 && around[0] === bosId ? around.subarray(0, 1) : around.subarray(0, 0);
  const behind = around.subarray(begin.length);
  const between = Uint32Array.from(typeof pairSeparatorId === 'number' ? [pairSeparatorId] : []);
  const asked = joinedIds([begin, plainIds(model, query), behind, between]);
  return (document) => ({
    ...{ ids: joinedIds([asked, plainIds(model, document), behind]), before: asked.length, behind },
  });
}

/** Only the template's own text makes special tokens. */
function pairsByTemplate({ handle }: Opened, template: string, query: string): (document: string) => Pair {
  const parts = template.split(/(\{query\}|\{document\})/);
  const first = Math.max(parts.indexOf('{document}'), 0);
  const last = parts.lastIndexOf('{document}') + 1;
  const idsOf = (some: readonly string[], document: string): Uint32Array => {
    const given = new Map([
      ['{query}', query],
      ['{document}', document],
    ]);
    const segments = some.map((part) => ({ text: given.get(part) ?? part, trusted: !given.has(part) }));
    return segmentIds(handle, segments, false);
  };
  const before = idsOf(parts.slice(0, first), '').length;
  const behind = idsOf(parts.slice(last), '');
  return (document) => ({ ids: idsOf(parts, document), before, behind });
}

/** Ids that fit the model's context: of others the document is cut. */
function fitPair(model: Opened, pair: Pair, index: number, truncate: boolean): Uint32Array {
  const { ids, before, behind } = pair;
  const most = model.info.contextLength ?? 0;
  if (ids.length <= most || !truncate) return fit(model, ids, index, false);
  if (before + behind.length >= most)
    throw new RealmError(
      'E_CONTEXT_FULL',
      `the query takes ${before + behind.length} tokens, the context holds ${most}: no document has room beside it`,
    );
  return joinedIds([ids.subarray(0, most - behind.length), behind]);
}

/** Documents to rank, checked. */
class Ranking {
  readonly texts: readonly string[];
  readonly signal: AbortSignal | undefined;
  readonly #model: Opened;
  readonly #query: string;
  readonly #truncate: boolean;
  readonly #lora: readonly number[] | undefined;
  readonly #size: number;
  readonly #pairOf: (document: string) => Pair;

  constructor(call: string, model: Opened, query: unknown, documents: unknown, options: RankOptions | undefined) {
    const given = knownOptions(call, options, ['truncate', 'lora', 'signal']);
    this.#model = model;
    this.signal = abortSignal(given.signal);
    this.#truncate = flag('truncate', given.truncate, false);
    this.#lora = scalesOf('lora', given.lora);
    this.#query = text('query', query);
    if (!Array.isArray(documents)) throw invalid(`documents must be an array of strings, got ${show(documents)}`);
    this.texts = Array.from(documents as readonly unknown[], (document, i) => text(`documents[${i}]`, document));
    this.#size = model.info.rankSize ?? 0;
    if (this.#size === 0)
      throw new RealmError(
        'E_UNSUPPORTED',
        "this model has no classifier (no tensor cls or cls.output), so it can't rank: it gives embeddings",
      );
    this.#pairOf = pairsWith(model, this.#query);
  }

  lengthOf = (document: string): number => this.#query.length + document.length;

  idsOf = (document: string, i: number): Uint32Array => fitPair(this.#model, this.#pairOf(document), i, this.#truncate);

  order(texts: readonly Uint32Array[]): VectorOrder {
    const how = { pooling: 'rank', normalize: false, dimensions: 0, lora: this.#lora } as const;
    return { texts, how, elements: texts.length * this.#size };
  }

  /** Of several scores the first is the one that says how well the document answers. */
  cut(numbers: Float32Array): number[] {
    return this.texts.map((_, i) => numbers[i * this.#size] as number);
  }
}

/** @internal `Model.rank`. */
export async function rank(
  model: Opened,
  query: unknown,
  documents: unknown,
  options: RankOptions | undefined,
): Promise<number[]> {
  return (await rankCounted(model, query, documents, options)).scores;
}

/** @internal `Model.rankSync`. */
export function rankSync(
  model: Opened,
  query: unknown,
  documents: unknown,
  options: RankOptions | undefined,
): number[] {
  refuseCallbacks('rankSync', options, ['signal']);
  const work = new Ranking('rankSync', model, query, documents, options);
  return work.cut(vectorsSync(model, work.order(work.texts.map(work.idsOf))));
}

/** @internal The scores, and how many tokens all pairs have together. */
export async function rankCounted(
  model: Opened,
  query: unknown,
  documents: unknown,
  options: RankOptions | undefined,
): Promise<{ scores: number[]; tokens: number }> {
  const work = new Ranking('rank', model, query, documents, options);
  const pairs = await inTurns(work.texts, work.lengthOf, work.idsOf, work.signal);
  const scores = work.cut(await vectors(model, work.order(pairs), work.signal));
  return { scores, tokens: pairs.reduce((sum, pair) => sum + pair.length, 0) };
}
