import { binding } from '../engine/binding';
import { abortSignal, flag, invalid, show, text } from '../engine/check';
import { native } from '../engine/errors';
import { knownOptions } from '../options/table';
import { RealmError } from '../portable/errors';
import { fit, textIds, vectors, type Opened } from './embed';
import { inTurns } from './inTurns';
import { joinedIds } from './joinedIds';
import { segmentIds } from './prompt';

export interface RankOptions {
  /** Cut a document that is too long for the model's context together with the query; default false: E_CONTEXT_FULL. */
  truncate?: boolean;
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

/** @internal `Model.rank`. */
export async function rank(
  model: Opened,
  query: unknown,
  documents: unknown,
  options: RankOptions | undefined,
): Promise<number[]> {
  return (await rankCounted(model, query, documents, options)).scores;
}

/** @internal The same, and how many tokens all pairs have together. */
export async function rankCounted(
  model: Opened,
  query: unknown,
  documents: unknown,
  options: RankOptions | undefined,
): Promise<{ scores: number[]; tokens: number }> {
  const given = knownOptions('rank', options, ['truncate', 'signal']);
  const signal = abortSignal(given.signal);
  const truncate = flag('truncate', given.truncate, false);
  const asked = text('query', query);
  if (!Array.isArray(documents)) throw invalid(`documents must be an array of strings, got ${show(documents)}`);
  const texts = Array.from(documents as readonly unknown[], (document, i) => text(`documents[${i}]`, document));
  const size = model.info.rankSize ?? 0;
  if (size === 0)
    throw new RealmError(
      'E_UNSUPPORTED',
      "this model has no classifier (no tensor cls or cls.output), so it can't rank: it gives embeddings",
    );
  const pairOf = pairsWith(model, asked);
  const pairs = await inTurns(
    texts,
    (document) => asked.length + document.length,
    (document, i) => fitPair(model, pairOf(document), i, truncate),
    signal,
  );
  const scores = await vectors(model, pairs, 'rank', false, 0, pairs.length * size, signal);
  // Of several scores the first is the one that says how well the document answers.
  return {
    scores: pairs.map((_, i) => scores[i * size] as number),
    tokens: pairs.reduce((sum, pair) => sum + pair.length, 0),
  };
}
