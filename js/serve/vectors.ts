import { base64Of, embedded } from '../openai/embeddings';
import { reranking } from '../openai/rerank';
import { Refusal } from './errors';
import { readBody, sendBytes, sendJson, type Exchange } from './exchange';

/** Bytes of a number in an answer, at most: as text, and as base64 of its four. */
const BYTES = { float: 25, base64: 6 };
/** Numbers that are written before others have their turn. */
const NUMBERS = 16_384;

/** `POST /v1/embeddings`, in OpenAI's form. */
export async function embeddings(exchange: Exchange): Promise<void> {
  const { calls, limits, lease, signal: gone } = exchange;
  const body = await readBody(exchange);
  await calls.on(body.model, gone, async ({ name, model, signal }) => {
    const { vectors, encoding, tokens } = await embedded(model, body, 'ignore', signal, (texts, how) => {
      const bytes = texts * (model.info.embeddingSize ?? 0) * BYTES[how];
      if (bytes > limits.answerBytes)
        throw new Refusal('E_TOO_LARGE', `the answer would be above ${limits.answerBytes} bytes`);
      lease.takeBytes(bytes);
    });
    const parts: Buffer[] = [];
    let numbers = 0;
    for (const [index, vector] of vectors.entries()) {
      const embedding = encoding === 'base64' ? JSON.stringify(base64Of(vector)) : `[${vector.join(',')}]`;
      const comma = index === 0 ? '' : ',';
      parts.push(Buffer.from(`${comma}{"object":"embedding","index":${index},"embedding":${embedding}}`));
      numbers += vector.length;
      if (numbers > NUMBERS) {
        numbers = 0;
        await new Promise(setImmediate);
      }
    }
    const usage = JSON.stringify({ prompt_tokens: tokens, total_tokens: tokens });
    const head = `{"object":"list","model":${JSON.stringify(name)},"usage":${usage},"data":[`;
    await sendBytes(exchange, 'application/json', [Buffer.from(head), Buffer.concat(parts), Buffer.from(']}')]);
  });
}

/** `POST /v1/rerank`, in the form of Jina's and Cohere's API, and with `texts` in that of Hugging Face's service. */
export async function rerank(exchange: Exchange): Promise<void> {
  const { calls, lease, response, signal: gone } = exchange;
  const body = await readBody(exchange);
  await calls.on(body.model, gone, async ({ name, model, signal }) => {
    sendJson(response, 200, await reranking(model, name, body, signal, (bytes) => lease.takeBytes(bytes)));
  });
}
