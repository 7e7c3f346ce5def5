import { randomUUID } from 'node:crypto';
import { RealmError } from '../portable/errors';
import type { Generated } from './calls';
import { Events } from './events';
import { readBody, sendJson, type Exchange } from './exchange';
import { wireError } from './wire';

const seconds = (): number => Math.floor(Date.now() / 1000);

/** `GET /v1/models`, in OpenAI's form. */
export function listModels({ response, calls }: Exchange): void {
  const data = calls.models.names.map((id) => ({ id, object: 'model', created: 0, owned_by: 'realm' }));
  sendJson(response, 200, { object: 'list', data });
}

/** What OpenAI's clients may send and this cannot do: better refused than silently left out. */
function checkSupported(body: Record<string, unknown>): void {
  for (const name of ['tools', 'functions', 'response_format', 'logprobs', 'logit_bias']) {
    const value = body[name];
    if (value !== undefined && value !== null && value !== false)
      throw new RealmError('E_UNSUPPORTED', `${name} is not supported`);
  }
  if ((body.n ?? 1) !== 1) throw new RealmError('E_UNSUPPORTED', 'n must be 1');
}

/** `POST /v1/chat/completions`, in OpenAI's form, streamed or whole. Without a `temperature` the answer is greedy. */
export async function chatCompletions(exchange: Exchange): Promise<void> {
  const { response, calls, limits, signal } = exchange;
  const body = await readBody(exchange);
  checkSupported(body);
  const { messages, max_completion_tokens: most, stream, stream_options: streamOptions, ...rest } = body;
  const params = { ...rest, messages: messages ?? [], max_tokens: most ?? rest.max_tokens };
  const id = `chatcmpl-${randomUUID()}`;
  const created = seconds();

  if (stream !== true) {
    const done = (await calls.run({ name: 'generate', params, signal })).data as Generated;
    const message = { role: 'assistant', content: done.text };
    const choices = [{ index: 0, message, finish_reason: done.finish_reason, logprobs: null }];
    return sendJson(response, 200, {
      id,
      object: 'chat.completion',
      created,
      model: done.model,
      choices,
      usage: usageOf(done),
    });
  }

  const events = new Events(response, limits);
  const model = typeof body.model === 'string' ? body.model : calls.models.names[0];
  const head = { id, object: 'chat.completion.chunk', created, model };
  const chunk = (delta: object, finishReason: string | null) =>
    events.send({ ...head, choices: [{ index: 0, delta, finish_reason: finishReason, logprobs: null }] });
  try {
    const done = (
      await calls.run({ name: 'generate', params, signal }, ({ token, index }) =>
        chunk(index === 0 ? { role: 'assistant', content: token } : { content: token }, null),
      )
    ).data as Generated;
    await chunk({}, done.finish_reason);
    if ((streamOptions as { include_usage?: unknown } | undefined)?.include_usage === true)
      await events.send({ ...head, choices: [], usage: usageOf(done) });
    await events.send('[DONE]');
  } catch (error) {
    if (!events.begun) throw error;
    await events.send({ error: wireError(error) });
  } finally {
    events.stop();
  }
  response.end();
}

function usageOf({ usage }: Generated): object {
  const { prompt_tokens, completion_tokens } = usage;
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}
