import { flag, invalid, show, text, wholeNumber } from '../engine/check';
import { openedOf, type Model } from '../model/model';
import { rankCounted } from '../model/rank';

/** Documents in the order of how well they answer, in the form of Jina's and Cohere's API. */
export interface Reranking {
  model: string;
  object: 'list';
  usage: { prompt_tokens: number; total_tokens: number };
  results: { index: number; relevance_score: number; document?: { text: string } }[];
}

const MOST = 0x7fffffff;
const MOST_DOCUMENTS = 2048;

/**
 * Ranks `documents` (texts, or objects that have one as `text`) by how well they answer `query`; those of the service of Hugging Face
 * (`texts`) have another form, as llama.cpp's server answers them.
 *
 * @param take called with the bytes that the pairs take: throws where there are not so many
 */
export async function reranking(
  model: Model,
  name: string,
  body: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
  take: (bytes: number) => void,
): Promise<Reranking | { index: number; score: number; text?: string }[]> {
  const isTei = body.texts !== undefined;
  const documents = textsOf(isTei ? 'texts' : 'documents', isTei ? body.texts : body.documents);
  const most = wholeNumber('top_n', body.top_n ?? undefined, documents.length, MOST);
  const field = isTei ? 'return_text' : 'return_documents';
  const withText = flag(field, body[field] ?? undefined, false);
  const query = text('query', body.query);
  // Four bytes a token, which is a character or more.
  take(4 * documents.reduce((sum, document) => sum + query.length + document.length, 0));
  const { scores, tokens } = await rankCounted(openedOf(model), query, documents, { signal });
  const sorted = scores
    .map((score, index) => ({ index, score, document: documents[index] as string }))
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .slice(0, most);
  if (isTei)
    return sorted.map(({ index, score, document }) => ({ index, score, ...(withText ? { text: document } : {}) }));
  return {
    ...{ model: name, object: 'list', usage: { prompt_tokens: tokens, total_tokens: tokens } },
    results: sorted.map(({ index, score, document }) => ({
      ...{ index, relevance_score: score },
      ...(withText ? { document: { text: document } } : {}),
    })),
  };
}

function textsOf(name: string, value: unknown): string[] {
  if (!Array.isArray(value) || value.length === 0)
    throw invalid(`${name} must be an array of at least one text, got ${show(value)}`);
  if (value.length > MOST_DOCUMENTS)
    throw invalid(`${name} must be at most ${MOST_DOCUMENTS} texts, got ${value.length}`);
  return value.map((document: unknown, i) => {
    const content =
      typeof document === 'object' && document !== null ? (document as { text?: unknown }).text : document;
    return text(`${name}[${i}]`, content);
  });
}
