/**
 * `@realm/realm-node/ai`: models for the AI SDK (the npm package `ai`), in process. `ai` 7 takes what `createRealm` gives;
 * `ai` 6, whose specification is older, takes it with `{ specification: 'v3' }`.
 */
import type { EmbeddingModelV4, LanguageModelV4, ProviderV4, RerankingModelV4 } from '@ai-sdk/provider';
import { hasMembers, invalid, oneOf, show } from '../../engine/check';
import type { Model } from '../../model/model';
import { knownOptions } from '../../options/table';
import { RealmError } from '../../portable/errors';
import { isModel, modelOf } from '../given';
import { RealmEmbeddingModel, RealmRerankingModel } from './embedding';
import { RealmLanguageModel } from './language';

export interface RealmProvider extends ProviderV4 {
  /** The model as a language model. */
  (modelId?: string): LanguageModelV4;
  languageModel(modelId?: string): LanguageModelV4;
  embeddingModel(modelId?: string): EmbeddingModelV4;
  rerankingModel(modelId?: string): RerankingModelV4;
}

export interface RealmProviderOptions {
  /** Of the AI SDK: `v4` (default) for `ai` 7, `v3` for `ai` 6. */
  specification?: 'v3' | 'v4';
}

/**
 * A provider whose models are those given, by their names; the first is the one without a name.
 *
 *     const realm = createRealm({ smollm: await loadModel('smollm2.gguf') });
 *     const { text } = await generateText({ model: realm('smollm'), prompt: 'Hello' });
 *
 * @param models one model, or several by name
 */
export function createRealm(
  models: Model | Readonly<Record<string, Model>>,
  options?: RealmProviderOptions,
): RealmProvider {
  const { specification: asked } = knownOptions('createRealm', options, ['specification']);
  const specification = oneOf('specification', asked, ['v3', 'v4'] as const, 'v4');
  if (!hasMembers(models)) throw invalid(`models must be a model, or models by their names, got ${show(models)}`);
  const byName = new Map(
    isModel(models)
      ? [[models.info.name ?? 'model', models]]
      : Object.entries(models).map(([name, model]) => [name, modelOf(`models.${name}`, model)]),
  );
  const [only] = byName.keys();
  const find = (name: string | undefined): [Model, string] => {
    const wanted = name ?? only;
    const model = wanted === undefined ? undefined : byName.get(wanted);
    if (model && wanted !== undefined) return [model, wanted];
    const there = [...byName.keys()].map((known) => `"${known}"`).join(', ');
    throw new RealmError(
      'E_MODEL_NOT_FOUND',
      wanted === undefined ? 'no model was given' : `no model "${wanted}"; there is ${there || 'none'}`,
    );
  };
  // The two specifications have the same calls, options and parts in all that is done here.
  const specified = <T extends object>(model: T): T =>
    specification === 'v4' ? model : Object.defineProperty(model, 'specificationVersion', { value: specification });
  const languageModel = (name?: string) => specified(new RealmLanguageModel(...find(name)));
  return Object.assign((name?: string) => languageModel(name), {
    specificationVersion: specification as 'v4',
    languageModel,
    embeddingModel: (name?: string) => specified(new RealmEmbeddingModel(...find(name))),
    rerankingModel: (name?: string) => specified(new RealmRerankingModel(...find(name))),
    imageModel: (name: string): never => {
      throw new RealmError(
        'E_UNSUPPORTED',
        `"${name}" is asked for as an image model: models here read and write text`,
      );
    },
  });
}
