import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Access } from './access';
import { callOverHttp } from './call';
import type { Calls } from './calls';
import { chatCompletions, listModels } from './chatCompletions';
import { sendJson, type Exchange } from './exchange';
import type { CheckedOptions } from './options';
import { statusOf, wireError } from './wire';

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

/** Before the answer has begun: a status and JSON, also in OpenAI's form. After that only the end of the connection is left. */
function fail(response: ServerResponse, thrown: unknown): void {
  if (response.destroyed) return;
  if (response.headersSent) return void response.destroy();
  const error = wireError(thrown);
  if (error.retry_after !== undefined) response.setHeader('Retry-After', String(error.retry_after));
  sendJson(response, statusOf(error), { error: { ...error, type: 'realm_error' } });
}
