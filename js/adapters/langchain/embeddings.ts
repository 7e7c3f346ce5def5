import { Embeddings, type EmbeddingsParams } from '@langchain/core/embeddings';
import { optionsObject } from '../../engine/check';
import { checkEmbedOptions, EMBED_OPTIONS, type EmbedOptions } from '../../model/embed';
import { openedOf, type Model } from '../../model/model';
import { paramsOf } from '../given';

export interface RealmEmbeddingsParams extends EmbeddingsParams {
  /** An open model; who opened it closes it. */
  model: Model;
  /** Options of `model.embed` for documents. */
  documents?: EmbedOptions;
  /** Options of `model.embed` for queries: another prefix, for example. */
  query?: EmbedOptions;
}

const NAMES = ['model', 'documents', 'query', 'maxConcurrency', 'maxRetries', 'onFailedAttempt'];

/** A model as LangChain's embeddings, in process. */
export class RealmEmbeddings extends Embeddings<number[]> {
  readonly #params: RealmEmbeddingsParams;

  constructor(params: RealmEmbeddingsParams) {
    const options = { of: 'documents', names: EMBED_OPTIONS };
    const { model, documents, query, ...fields } = paramsOf('RealmEmbeddings', params, NAMES, options);
    checkEmbedOptions(openedOf(model), optionsObject(documents, 'documents'));
    checkEmbedOptions(openedOf(model), optionsObject(query, 'query'));
    super(fields);
    this.#params = params;
  }

  async embedDocuments(documents: string[]): Promise<number[][]> {
    const vectors = await this.#params.model.embed(documents, this.#params.documents);
    return vectors.map((vector) => [...vector]);
  }

  async embedQuery(document: string): Promise<number[]> {
    const [vector] = await this.#params.model.embed([document], this.#params.query);
    return [...(vector as Float32Array)];
  }
}
