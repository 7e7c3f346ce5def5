import { binding } from '../engine/binding';
import { abortSignal, flag, invalid, optionsObject, show, text } from '../engine/check';
import { native } from '../engine/errors';
import { RealmError } from '../portable/errors';
import { fit, textIds, vectors, type Opened } from './embed';
import { inTurns } from './inTurns';

export interface RankOptions {
  /** Cut a document that is too long for the model's context together with the query; default false: E_CONTEXT_FULL. */
  truncate?: boolean;
  signal?: AbortSignal;
}

function plainIds({ handle }: Opened, content: string): number[] {
  return [...new Uint32Array(native(() => binding.tokenize(handle, content, 0, false)))];
}

/** A query with each document as the model was trained on them: by the file's template for it, or both between begin and end tokens. */
function pairsWith(model: Opened, query: string): (document: string) => Uint32Array {
  const template = model.info.chatTemplates.rerank;
  if (template !== undefined)
    return (document) => {
      const written = template.replaceAll(/\{(query|document)\}/g, (_, name) => (name === 'query' ? query : document));
      return new Uint32Array(native(() => binding.tokenize(model.handle, written, 0, true)));
    };
  const around = textIds(model, '');
  const { bosId, pairSeparatorId } = model.info.tokenizer ?? {};
  const begin = around.length > 0 && around[0] === bosId ? [around[0]] : [];
  const end = [...around.slice(begin.length)];
  const between = typeof pairSeparatorId === 'number' ? [pairSeparatorId] : [];
  const asked = [...begin, ...plainIds(model, query), ...end, ...between];
  return (document) => Uint32Array.from([...asked, ...plainIds(model, document), ...end]);
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
  const given = optionsObject(options);
  const signal = abortSignal(given.signal);
  const truncate = flag('truncate', given.truncate, false);
  const asked = text('query', query);
  if (!Array.isArray(documents)) throw invalid(`documents must be an array of strings, got ${show(documents)}`);
  const texts = documents.map((document: unknown, i) => text(`documents[${i}]`, document));
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
    (document, i) => fit(model, pairOf(document), i, truncate),
    signal,
  );
  const scores = await vectors(model, pairs, 'rank', false, 0, pairs.length * size, signal);
  // Of several scores the first is the one that says how well the document answers.
  return {
    scores: pairs.map((_, i) => scores[i * size] as number),
    tokens: pairs.reduce((sum, pair) => sum + pair.length, 0),
  };
}
