import type {
  EmbeddingModelV4,
  EmbeddingModelV4CallOptions,
  EmbeddingModelV4Result,
  RerankingModelV4,
} from '@ai-sdk/provider';
import type { Model } from '../../model/model';

/** A model as an embedding model of the AI SDK. */
export class RealmEmbeddingModel implements EmbeddingModelV4 {
  readonly specificationVersion = 'v4';
  readonly provider = 'realm';
  readonly maxEmbeddingsPerCall = Infinity;
  readonly supportsParallelCalls = true;

  constructor(
    private readonly model: Model,
    readonly modelId: string,
  ) {}

  async doEmbed({
    values,
    dimensions,
    abortSignal,
    providerOptions,
  }: EmbeddingModelV4CallOptions): Promise<EmbeddingModelV4Result> {
    const vectors = await this.model.embed(values, {
      ...(dimensions === undefined ? {} : { dimensions }),
      ...(abortSignal ? { signal: abortSignal } : {}),
      ...providerOptions?.realm,
    });
    const tokens = values.reduce((sum, value) => sum + this.model.tokenize(value).length, 0);
    return { embeddings: vectors.map((vector) => [...vector]), usage: { tokens }, warnings: [] };
  }
}

type RerankOptions = Parameters<RerankingModelV4['doRerank']>[0];

/** A model with a classifier as a reranking model of the AI SDK. */
export class RealmRerankingModel implements RerankingModelV4 {
  readonly specificationVersion = 'v4';
  readonly provider = 'realm';

  constructor(
    private readonly model: Model,
    readonly modelId: string,
  ) {}

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
