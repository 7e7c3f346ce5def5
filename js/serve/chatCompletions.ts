import { completion, CompletionChunks, newHead } from '../openai/completion';
import { chatRequest } from '../openai/fields';
import { openAiError } from './errors';
import { Events } from './events';
import { readBody, sendJson, type Exchange } from './exchange';

/** `GET /v1/models`, in OpenAI's form. */
export function listModels({ response, calls }: Exchange): void {
  const data = calls.models.names.map((id) => ({ id, object: 'model', created: 0, owned_by: 'realm' }));
  sendJson(response, 200, { object: 'list', data });
}

/** `POST /v1/chat/completions`, in OpenAI's form, streamed or whole. Without a `temperature` the answer is greedy. */
export async function chatCompletions(exchange: Exchange): Promise<void> {
  const { response, calls, limits, signal } = exchange;
  const body = await readBody(exchange);
  const { messages, options, stream, includeUsage } = chatRequest(body);
  const call = { model: body.model, messages, options, signal };
  if (!stream) {
    const { name, model, result } = await calls.chat(call);
    return sendJson(response, 200, completion(newHead(name), model, result));
  }

  const events = new Events(response, limits);
  let chunks: CompletionChunks | undefined;
  try {
    const { result } = await calls.chat(call, async (delta, name, model) => {
      chunks ??= new CompletionChunks(newHead(name), model);
      for (const chunk of chunks.of(delta)) await events.send(chunk);
    });
    if (includeUsage && chunks) await events.send(chunks.usage(result));
    await events.send('[DONE]');
  } catch (error) {
    if (!events.begun) throw error;
    await events.send({ error: openAiError(error) });
  } finally {
    events.stop();
  }
  response.end();
}
