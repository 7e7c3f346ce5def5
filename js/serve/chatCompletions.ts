import { positiveInteger } from '../engine/check';
import { completion, CompletionChunks, newHead } from '../openai/completion';
import { chatRequest } from '../openai/fields';
import { readBody, sendJson, type Exchange } from './exchange';
import { streamed } from './streamed';

/** `POST /v1/chat/completions`, in OpenAI's form, streamed or whole. Without a `temperature` the answer is greedy. */
export async function chatCompletions(exchange: Exchange): Promise<void> {
  const { calls, limits, signal: gone } = exchange;
  const body = await readBody(exchange);
  const { messages, options, stream, includeUsage } = chatRequest(body, 'ignore');
  const most = limits.tokens;
  const maxTokens = Math.min(most, positiveInteger('max_tokens', options.maxTokens, Math.min(512, most)));
  if (!stream)
    return calls.on(body.model, gone, async ({ name, model, signal }) => {
      const result = await model.chat(messages, { ...options, maxTokens, signal });
      sendJson(exchange.response, 200, completion(newHead(name), model, result));
    });
  await streamed(exchange, (send) =>
    calls.on(body.model, gone, async ({ name, model, signal }) => {
      const chat = model.chat(messages, { ...options, maxTokens, signal });
      const chunks = new CompletionChunks(newHead(name), model);
      for await (const delta of chat) for (const chunk of chunks.of(delta)) await send(chunk);
      if (includeUsage) await send(chunks.usage(await chat));
    }),
  );
}
