import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Access } from './access';
import { callOverHttp } from './call';
import type { Calls } from './calls';
import { chatCompletions, listModels } from './chatCompletions';
import type { CheckedOptions } from './options';
import { parseFrame, parseObject, Refusal, statusOf, wireError } from './wire';

/** What an HTTP route works with. `signal` fires when the client is gone. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  calls: Calls;
  limits: CheckedOptions['limits'];
  signal: AbortSignal;
}

const ROUTES: Readonly<Record<string, (exchange: Exchange) => Promise<void>>> = {
  'GET /v1/models': (exchange) => Promise.resolve(listModels(exchange)),
  'POST /v1/chat/completions': chatCompletions,
  'POST /v1/call': callOverHttp,
};

/** Answers one HTTP request, whatever is wrong with it. */
export async function answerHttp(
  request: IncomingMessage,
  response: ServerResponse,
  { access, calls, options }: { access: Access; calls: Calls; options: CheckedOptions },
): Promise<void> {
  const gone = new AbortController();
  const { socket } = request;
  const leave = () => gone.abort(new Error('the client is gone'));
  // The socket too: of several requests sent ahead on one, only the first one's response hears of its end. More than ten are no leak to warn of.
  socket.setMaxListeners(0).once('close', leave);
  response.once('close', () => {
    socket.off('close', leave);
    leave();
  });
  response.on('error', () => {});
  try {
    const origin = access.checkOrigin(request);
    if (origin !== undefined) {
      response.setHeader('Access-Control-Allow-Origin', origin);
      response.setHeader('Vary', 'Origin');
    }
    const path = (request.url ?? '/').split('?', 1)[0];
    if (request.method === 'OPTIONS') return preflight(response);
    if (path === '/health') return sendJson(response, 200, { status: 'ok' });
    const route = ROUTES[`${request.method} ${path}`];
    if (route) {
      access.checkBearer(request);
      await route({ request, response, calls, limits: options.limits, signal: gone.signal });
    } else if (options.onRequest) {
      if (options.isolate) isolate(response);
      options.onRequest(request, response);
    } else sendJson(response, 404, { error: { code: 'E_PROTOCOL', message: 'there is nothing at this path' } });
  } catch (error) {
    fail(response, error);
  }
}

/** Pages and their workers may share memory only where nothing of another origin can look at it. */
function isolate(response: ServerResponse): void {
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
}

function preflight(response: ServerResponse): void {
  response.setHeader('Access-Control-Allow-Methods', 'GET, POST');
  response.setHeader('Access-Control-Allow-Headers', 'authorization, content-type');
  response.setHeader('Access-Control-Max-Age', '600');
  response.writeHead(204).end();
}

export function sendJson(response: ServerResponse, status: number, json: object): void {
  response.setHeader('Content-Type', 'application/json');
  response.setHeader('Cache-Control', 'no-store');
  response.writeHead(status).end(JSON.stringify(json));
}

/** Before the answer has begun: a status and JSON, also in OpenAI's form. After that only the end of the connection is left. */
function fail(response: ServerResponse, thrown: unknown): void {
  if (response.destroyed) return;
  if (response.headersSent) return void response.destroy();
  const error = wireError(thrown);
  if (error.retry_after !== undefined) response.setHeader('Retry-After', String(error.retry_after));
  sendJson(response, statusOf(error), { error: { ...error, type: 'realm_error' } });
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
