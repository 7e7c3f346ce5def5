import type {
  EmbeddingModelV4,
  EmbeddingModelV4CallOptions,
  EmbeddingModelV4Result,
  RerankingModelV4,
} from '@ai-sdk/provider';
import { embedCounted } from '../../model/embed';
import { openedOf } from '../../model/model';
import { Provided } from './provided';

/** A model as an embedding model of the AI SDK. */
export class RealmEmbeddingModel extends Provided implements EmbeddingModelV4 {
  readonly maxEmbeddingsPerCall = Infinity;
  readonly supportsParallelCalls = true;

  async doEmbed({
    values,
    dimensions,
    abortSignal,
    providerOptions,
  }: EmbeddingModelV4CallOptions): Promise<EmbeddingModelV4Result> {
    const { vectors, tokens } = await embedCounted(openedOf(this.model), values, {
      ...(dimensions === undefined ? {} : { dimensions }),
      ...(abortSignal ? { signal: abortSignal } : {}),
      ...providerOptions?.realm,
    });
    return { embeddings: vectors.map((vector) => [...vector]), usage: { tokens }, warnings: [] };
  }
}

type RerankOptions = Parameters<RerankingModelV4['doRerank']>[0];

/** A model with a classifier as a reranking model of the AI SDK. */
export class RealmRerankingModel extends Provided implements RerankingModelV4 {
  async doRerank({ query, documents, topN, abortSignal, providerOptions }: RerankOptions) {
    const texts = documents.type === 'text' ? documents.values : documents.values.map((value) => JSON.stringify(value));
    const scores = await this.model.rank(query, texts, {
      ...(abortSignal ? { signal: abortSignal } : {}),
      ...providerOptions?.realm,
    });
    const ranking = scores.map((relevanceScore, index) => ({ index, relevanceScore }));
    ranking.sort((a, b) => b.relevanceScore - a.relevanceScore);
    return { ranking: ranking.slice(0, topN ?? ranking.length), warnings: [] };
  }
}
