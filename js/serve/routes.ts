import { callOverHttp } from './call';
import { chatCompletions } from './chatCompletions';
import { sendJson, type Exchange } from './exchange';
import { listModels, oneModel, properties } from './facts';
import { textCompletions } from './textCompletions';
import { applyTemplate, detokenize, tokenize } from './texts';
import { embeddings, rerank } from './vectors';

export type Route = (exchange: Exchange) => void | Promise<void>;

/** Paths without `/v1`, which may stand before each of them. */
const ROUTES: Readonly<Record<string, Route>> = {
  'GET /models': listModels,
  'POST /chat/completions': chatCompletions,
  'POST /completions': textCompletions,
  'POST /embeddings': embeddings,
  'POST /rerank': rerank,
  'POST /reranking': rerank,
  'POST /tokenize': tokenize,
  'POST /detokenize': detokenize,
  'POST /apply-template': applyTemplate,
  'POST /call': callOverHttp,
  'GET /props': properties,
  'GET /metrics': metrics,
};

/** For probes: they need no token, and tell nothing else. `health` and `livez`: it is not closing; `readyz`: there is room for a request. */
const PROBES: Readonly<Record<string, (exchange: Exchange) => boolean>> = {
  '/health': ({ state }) => !state().closing,
  '/livez': ({ state }) => !state().closing,
  '/readyz': ({ state, limits }) => !state().closing && state().running < limits.requests,
};

const MODEL = /^GET \/models\/(.+)$/;

export function probeOf(path: string): Route | undefined {
  const holds = PROBES[path.replace(/^\/v1(?=\/)/, '')];
  if (!holds) return undefined;
  return (exchange) => {
    const ok = holds(exchange);
    const status = ok ? 'ok' : exchange.state().closing ? 'closing' : 'busy';
    sendJson(exchange.response, ok ? 200 : 503, { status });
  };
}

export function routeOf(method: string, path: string): Route | undefined {
  const asked = `${method} ${path.replace(/^\/v1(?=\/)/, '')}`;
  const route = ROUTES[asked];
  const model = MODEL.exec(asked)?.[1];
  return route ?? (model === undefined ? undefined : (exchange) => oneModel(exchange, named(model)));
}

/** A name in a path; one that is written wrong is the name of nothing. */
function named(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** `GET /metrics`, for Prometheus. */
function metrics({ response, metrics: figures, state }: Exchange): void {
  const body = Buffer.from(figures.text(state()));
  response.setHeader('Content-Type', 'text/plain; version=0.0.4; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Content-Length', body.length);
  response.writeHead(200).end(body);
}
