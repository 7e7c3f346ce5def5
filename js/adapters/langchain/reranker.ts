import type { DocumentInterface } from '@langchain/core/documents';
import { BaseDocumentCompressor } from '@langchain/core/retrievers/document_compressors';
import type { Model } from '../../model/model';

/** A model with a classifier as a compressor of documents for LangChain: the best `topN`, the best first. */
export class RealmRerank extends BaseDocumentCompressor {
  readonly #model: Model;
  readonly #topN: number;

  /** @param params.topN how many documents are kept; default: all */
  constructor({ model, topN = Infinity }: { model: Model; topN?: number }) {
    super();
    this.#model = model;
    this.#topN = topN;
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
