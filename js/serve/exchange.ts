import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Calls } from './calls';
import type { CheckedOptions } from './options';
import { parseFrame, parseObject, Refusal } from './wire';

/** What an HTTP route works with. `signal` fires when the client is gone. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  calls: Calls;
  limits: CheckedOptions['limits'];
  signal: AbortSignal;
}

export function sendJson(response: ServerResponse, status: number, json: object): void {
  response.setHeader('Content-Type', 'application/json');
  response.setHeader('Cache-Control', 'no-store');
  response.writeHead(status).end(JSON.stringify(json));
}

/** The body as a JSON object. */
export async function readBody(exchange: Exchange): Promise<Record<string, unknown>> {
  return parseObject((await readBytes(exchange)).toString());
}

/** The body as a message: JSON, or a binary frame. */
export async function readMessage(
  exchange: Exchange,
): Promise<{ message: Record<string, unknown>; floats?: Float32Array }> {
  const binary = exchange.request.headers['content-type']?.startsWith('application/octet-stream') ?? false;
  return binary ? parseFrame(await readBytes(exchange)) : { message: await readBody(exchange) };
}

/** What lies beyond the limit is not kept. */
async function readBytes({ request, limits }: Exchange): Promise<Buffer> {
  const tooLarge = () => new Refusal('E_TOO_LARGE', `a body has at most ${limits.messageBytes} bytes`);
  if (Number(request.headers['content-length'] ?? 0) > limits.messageBytes) throw tooLarge();
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > limits.messageBytes) throw tooLarge();
    parts.push(part);
  }
  return Buffer.concat(parts);
}
