import type { Model } from '../../model/model';

/** What the AI SDK asks of a model of any kind. */
export abstract class Provided {
  readonly specificationVersion = 'v4';
  readonly provider = 'realm';

  /**
   * @param model who opened it closes it
   * @param modelId its name among the provider's models
   */
  constructor(
    protected readonly model: Model,
    readonly modelId: string,
  ) {}
}
