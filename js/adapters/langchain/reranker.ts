import type { DocumentInterface } from '@langchain/core/documents';
import { BaseDocumentCompressor } from '@langchain/core/retrievers/document_compressors';
import { positiveInteger } from '../../engine/check';
import type { Model } from '../../model/model';
import { paramsOf } from '../given';

export interface RealmRerankParams {
  /** An open model; who opened it closes it. */
  model: Model;
  /** How many documents are kept. Default: all. */
  topN?: number;
}

/** A model with a classifier as a compressor of documents for LangChain: the best `topN`, the best first. */
export class RealmRerank extends BaseDocumentCompressor {
  readonly #model: Model;
  readonly #topN: number;

  constructor(params: RealmRerankParams) {
    const { model, topN } = paramsOf('RealmRerank', params, ['model', 'topN']);
    const most = positiveInteger('topN', topN, Infinity);
    super();
    this.#model = model;
    this.#topN = most;
  }

  async compressDocuments(documents: DocumentInterface[], query: string): Promise<DocumentInterface[]> {
    const scores = await this.#model.rank(
      query,
      documents.map(({ pageContent }) => pageContent),
    );
    return documents
      .map((document, at) => ({
        ...document,
        metadata: { ...document.metadata, relevanceScore: scores[at] as number },
      }))
      .sort((a, b) => b.metadata.relevanceScore - a.metadata.relevanceScore)
      .slice(0, this.#topN);
  }
}
