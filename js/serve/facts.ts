import type { Model } from '../model/model';
import { RealmError } from '../portable/errors';
import { sendJson, type Exchange } from './exchange';

/** A model in OpenAI's form, with what llama.cpp and vLLM tell of it beside: of one that is open. */
function told(exchange: Exchange, id: string): object {
  const { models } = exchange.calls;
  const model = models.opened(id);
  const common = { id, object: 'model', created: models.created, owned_by: 'realm' };
  return model ? { ...common, ...factsOf(model) } : common;
}

function factsOf({ info }: Model): object {
  return {
    max_model_len: info.contextLength,
    meta: {
      ...{ vocab_type: info.tokenizer?.model ?? null, n_vocab: info.vocabSize, n_ctx_train: info.contextLength },
      ...{ n_embd: info.hiddenSize, n_params: info.parameters, size: info.bytes },
    },
  };
}

/** `GET /v1/models`. `models` is for clients of Ollama's form. */
export function listModels(exchange: Exchange): void {
  const { names } = exchange.calls.models;
  sendJson(exchange.response, 200, {
    object: 'list',
    data: names.map((name) => told(exchange, name)),
    models: names.map((name) => ({ name, model: name })),
  });
}

/** `GET /v1/models/NAME`. */
export function oneModel(exchange: Exchange, name: string): void {
  if (!exchange.calls.models.names.includes(name))
    throw new RealmError('E_MODEL_NOT_FOUND', 'no model of this name is served');
  sendJson(exchange.response, 200, told(exchange, name));
}

/** `GET /props`, as llama.cpp's server has it: of the first model, or `?model=NAME`. */
export async function properties(exchange: Exchange): Promise<void> {
  const asked = new URL(exchange.request.url ?? '/', 'http://host').searchParams.get('model');
  await exchange.calls.on(asked, exchange.signal, ({ name, model: { info } }) => {
    sendJson(exchange.response, 200, {
      default_generation_settings: { n_ctx: info.contextLength },
      ...{ total_slots: exchange.limits.requests, model_alias: name, chat_template: info.chatTemplate },
      ...{ bos_token: info.bosToken, eos_token: info.eosToken, modalities: { vision: false, audio: false } },
    });
    return Promise.resolve();
  });
}
