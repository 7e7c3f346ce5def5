import { binding } from '../engine/binding';
import { abortSignal, flag, invalid, show, text } from '../engine/check';
import { native } from '../engine/errors';
import { knownOptions } from '../options/table';
import { RealmError } from '../portable/errors';
import { fit, textIds, vectors, type Opened } from './embed';
import { inTurns } from './inTurns';
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

const joined = (...parts: readonly Uint32Array[]): Uint32Array => {
  const all = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

function plainIds({ handle }: Opened, content: string): Uint32Array {
  return new Uint32Array(native(() => binding.tokenize(handle, content, 0, false)));
}

/** A query with each document as the model was trained on them: by the file's template for it, or both between begin and end tokens. */
function pairsWith(model: Opened, query: string): (document: string) => Pair {
  const template = model.info.chatTemplates.rerank;
  if (template !== undefined) return (document) => templatePair(model, template, query, document);
  const around = textIds(model, '');
  const { bosId, pairSeparatorId } = model.info.tokenizer ?? {};
  const begin = around.length > 0 && around[0] === bosId ? around.subarray(0, 1) : around.subarray(0, 0);
  const behind = around.subarray(begin.length);
  const between = Uint32Array.from(typeof pairSeparatorId === 'number' ? [pairSeparatorId] : []);
  const asked = joined(begin, plainIds(model, query), behind, between);
  return (document) => ({
    ...{ ids: joined(asked, plainIds(model, document), behind), before: asked.length, behind },
  });
}

/** Only the template's own text makes special tokens. */
function templatePair({ handle }: Opened, template: string, query: string, document: string): Pair {
  const parts = template.split(/(\{query\}|\{document\})/);
  const given = new Map([
    ['{query}', query],
    ['{document}', document],
  ]);
  const segments = parts.map((part) => ({ text: given.get(part) ?? part, trusted: !given.has(part) }));
  const idsOf = (from: number, to: number): Uint32Array => segmentIds(handle, segments.slice(from, to), false);
  return {
    ids: idsOf(0, segments.length),
    before: idsOf(0, Math.max(parts.indexOf('{document}'), 0)).length,
    behind: idsOf(parts.lastIndexOf('{document}') + 1, segments.length),
  };
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
  return joined(ids.subarray(0, most - behind.length), behind);
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
