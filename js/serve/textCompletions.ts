import { newTextHead, textCompletion } from '../openai/textCompletion';
import { textRequest } from '../openai/fields';
import { readBody, sendJson, type Exchange } from './exchange';
import { streamed } from './streamed';

/** `POST /v1/completions`, in OpenAI's form, streamed or whole. Without a `temperature` the text is greedy. */
export async function textCompletions(exchange: Exchange): Promise<void> {
  const { calls, limits, signal: gone } = exchange;
  const body = await readBody(exchange);
  const request = textRequest(body, 'ignore');
  const allowed = { tokens: limits.tokens };
  if (!request.stream)
    return calls.on(body.model, gone, async ({ name, model, signal }) => {
      sendJson(exchange.response, 200, await textCompletion(model, newTextHead(name), request, signal, allowed));
    });
  await streamed(exchange, (send) =>
    calls.on(body.model, gone, async ({ name, model, signal }) => {
      const { choices, ...whole } = await textCompletion(model, newTextHead(name), request, signal, allowed, send);
      if (request.includeUsage && choices.length > 0) await send({ ...whole, choices: [] });
    }),
  );
}
