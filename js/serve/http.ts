import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Access } from './access';
import { clientOf } from './budget';
import type { Calls } from './calls';
import { openAiError, Refusal, statusOf } from './errors';
import { sendJson, type Exchange } from './exchange';
import type { Metrics } from './metrics';
import type { CheckedOptions } from './options';
import { probeOf, routeOf } from './routes';
import type { Sockets } from './sockets';

/** So many times as many as may be at work can be refused on a socket; whoever sends more ahead is cut off. */
const PATIENCE = 4;
/** What of a client's x-request-id is taken over. */
const REQUEST_ID = /^[\w.:+/=-]{1,128}$/;

/** What requests are answered with. */
interface Parts {
  access: Access;
  calls: Calls;
  sockets: Sockets;
  metrics: Metrics;
  options: CheckedOptions;
}

/** Answers one HTTP request, whatever is wrong with it. */
export async function answerHttp(
  request: IncomingMessage,
  response: ServerResponse,
  { access, calls, sockets, metrics, options }: Parts,
): Promise<void> {
  const { socket } = request;
  const { limits } = options;
  const lease = calls.budget.open(clientOf(socket));
  const ahead = sockets.begin(socket);
  const gone = new AbortController();
  const leave = () => {
    gone.abort(new Error('the client is gone'));
    lease.close();
  };
  // The socket too: of several requests sent ahead on one, only the first one's response hears of its end. More than ten are no leak to warn of.
  socket.setMaxListeners(0).once('close', leave);
  response.once('close', () => {
    socket.off('close', leave);
    sockets.end(socket);
    leave();
  });
  response.on('error', () => {});
  if (ahead > PATIENCE * limits.requestsPerConnection) return void socket.destroy();
  let exchange: Exchange | undefined;
  try {
    response.setHeader('X-Request-Id', idOf(request));
    const origin = access.checkOrigin(request);
    if (origin !== undefined) {
      response.setHeader('Access-Control-Allow-Origin', origin);
      response.setHeader('Access-Control-Expose-Headers', 'x-request-id, retry-after');
      response.setHeader('Vary', 'Origin');
    }
    const [path = '/'] = (request.url ?? '/').split('?', 1);
    if (request.method === 'OPTIONS') return preflight(request, response);
    exchange = {
      ...{ request, response, limits, lease, metrics, calls: calls.of(lease), signal: gone.signal },
      state: () => calls.state,
    };
    const probe = request.method === 'GET' || request.method === 'HEAD' ? probeOf(path) : undefined;
    if (probe) return void (await probe(exchange));
    const route = routeOf(String(request.method), path);
    if (route) {
      access.checkBearer(request);
      if (ahead > limits.requestsPerConnection)
        throw new Refusal('E_BUSY', `${limits.requestsPerConnection} requests of this connection are at work`, 1);
      await route(exchange);
    } else if (options.onRequest) {
      if (options.isolate) isolate(response);
      options.onRequest(request, response);
    } else sendJson(response, 404, { error: NOTHING_HERE });
  } catch (error) {
    fail(response, error, exchange?.asked);
  }
}

const NOTHING_HERE = {
  ...{ code: 'E_PROTOCOL', message: 'there is nothing at this path' },
  ...{ type: 'not_found_error', param: null },
};

/** The client's own, so that its log and that of a proxy find each other; else a new one. */
function idOf({ headers }: IncomingMessage): string {
  const id = headers['x-request-id'];
  return typeof id === 'string' && REQUEST_ID.test(id) ? id : randomUUID();
}

/** Pages and their workers may share memory only where nothing of another origin can look at it. */
function isolate(response: ServerResponse): void {
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
}

/** Headers that a page of an allowed origin may send: those it asks for, as clients of OpenAI's API have many of their own. */
const HEADER_NAMES = /^[\w-]+(?:\s*,\s*[\w-]+)*$/;
const MOST_HEADER_NAMES = 1000;

function preflight({ headers }: IncomingMessage, response: ServerResponse): void {
  const asked = headers['access-control-request-headers'] ?? '';
  const takes = asked.length <= MOST_HEADER_NAMES && HEADER_NAMES.test(asked);
  response.setHeader('Access-Control-Allow-Methods', 'GET, POST');
  response.setHeader('Access-Control-Allow-Headers', takes ? asked : 'authorization, content-type, x-api-key');
  response.setHeader('Access-Control-Max-Age', '600');
  response.writeHead(204).end();
}

/** Before the answer has begun: a status and JSON in OpenAI's form. After that only the end of the connection is left. */
function fail(response: ServerResponse, thrown: unknown, asked: Exchange['asked']): void {
  if (response.destroyed) return;
  if (response.headersSent) return void response.destroy();
  const error = openAiError(thrown, asked);
  const status = statusOf(error);
  if (error.retry_after !== undefined) response.setHeader('Retry-After', String(error.retry_after));
  // What was wrong will be wrong again: clients of OpenAI's API ask twice more after some of these.
  else if (status < 500 || status === 504) response.setHeader('X-Should-Retry', 'false');
  // The rest of a body that is not wanted is not waited for.
  if (!response.req.complete) response.setHeader('Connection', 'close');
  sendJson(response, status, { error });
}
