import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Lease } from './budget';
import type { HostState, LeasedCalls } from './calls';
import { Refusal } from './errors';
import type { Metrics } from './metrics';
import type { CheckedOptions } from './options';
import { sendPaced } from './paced';
import { parseFrame, parseObject } from './wire';

/** What an HTTP route works with. `signal` fires when the client is gone. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  calls: LeasedCalls;
  limits: CheckedOptions['limits'];
  /** What the exchange takes of the memory for all; it is given back when the answer has left. */
  lease: Lease;
  signal: AbortSignal;
  state: () => HostState;
  /** The body, once it was read: what errors name the fields of. */
  asked?: Readonly<Record<string, unknown>>;
  metrics: Metrics;
}

export function sendJson(response: ServerResponse, status: number, json: object): void {
  const body = Buffer.from(JSON.stringify(json));
  response.setHeader('Content-Type', 'application/json');
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Content-Length', body.length);
  response.writeHead(status).end(body);
}

/** An answer of any length, at the pace at which the client reads. */
export async function sendBytes({ response, limits }: Exchange, type: string, parts: readonly Buffer[]): Promise<void> {
  response.setHeader('Content-Type', type);
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader(
    'Content-Length',
    parts.reduce((length, part) => length + part.length, 0),
  );
  for (const part of parts) await sendPaced(response, part, limits);
  response.end();
}

/** The body as a JSON object. */
export async function readBody(exchange: Exchange): Promise<Record<string, unknown>> {
  return (exchange.asked = parseObject(await readBytes(exchange)));
}

/** The body as a message: JSON, or a binary frame. */
export async function readMessage(
  exchange: Exchange,
): Promise<{ message: Record<string, unknown>; floats?: Float32Array }> {
  const binary = exchange.request.headers['content-type']?.startsWith('application/octet-stream') ?? false;
  return binary ? parseFrame(await readBytes(exchange)) : { message: await readBody(exchange) };
}

/** What lies beyond the limit is not kept. */
async function readBytes({ request, limits, lease }: Exchange): Promise<Buffer> {
  const tooLarge = () => new Refusal('E_TOO_LARGE', `a body has at most ${limits.messageBytes} bytes`);
  if (Number(request.headers['content-length'] ?? 0) > limits.messageBytes) throw tooLarge();
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > limits.messageBytes) throw tooLarge();
    lease.takeBytes(part.length);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
