import { randomUUID } from 'node:crypto';
import type { Generated } from './calls';
import { openAiError } from './errors';
import { Events } from './events';
import { readBody, sendJson, type Exchange } from './exchange';
import { paramsOf } from './openaiFields';

const seconds = (): number => Math.floor(Date.now() / 1000);

/** `GET /v1/models`, in OpenAI's form. */
export function listModels({ response, calls }: Exchange): void {
  const data = calls.models.names.map((id) => ({ id, object: 'model', created: 0, owned_by: 'realm' }));
  sendJson(response, 200, { object: 'list', data });
}

/** `POST /v1/chat/completions`, in OpenAI's form, streamed or whole. Without a `temperature` the answer is greedy. */
export async function chatCompletions(exchange: Exchange): Promise<void> {
  const { response, calls, limits, signal } = exchange;
  const body = await readBody(exchange);
  const { stream, stream_options: streamOptions } = body;
  const params = paramsOf(body);
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
    let said = false;
    const say = (content: string) => {
      const delta = said ? { content } : { role: 'assistant', content };
      said = true;
      return chunk(delta, null);
    };
    const done = (await calls.run({ name: 'generate', params, signal }, ({ token }) => say(token))).data as Generated;
    // An answer without text has a role too.
    if (!said) await say('');
    await chunk({}, done.finish_reason);
    if ((streamOptions as { include_usage?: unknown } | undefined)?.include_usage === true)
      await events.send({ ...head, choices: [], usage: usageOf(done) });
    await events.send('[DONE]');
  } catch (error) {
    if (!events.begun) throw error;
    await events.send({ error: openAiError(error) });
  } finally {
    events.stop();
  }
  response.end();
}

function usageOf({ usage }: Generated): object {
  const { prompt_tokens, completion_tokens } = usage;
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}
