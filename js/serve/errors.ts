import { RealmError, type RealmErrorCode } from '../portable/errors';
import { fieldOf } from '../openai/wrongField';

/** Codes that only the host gives; the engine's own (`RealmErrorCode`) go through as they are. */
export type ServeErrorCode =
  /** No token, or not the right one. */
  | 'E_UNAUTHORIZED'
  /** A page of an origin that is not allowed, or a Host header that is not this host's. */
  | 'E_ORIGIN'
  /** No JSON, no envelope, an unknown function or path. */
  | 'E_PROTOCOL'
  /** A message, a body or an answer above its limit. */
  | 'E_TOO_LARGE'
  /** A limit on connections, requests or bytes is reached; `retry_after` says when to come again. */
  | 'E_BUSY';

/** A failure as the wire carries it. `retry_after` is in seconds. */
export interface WireError {
  code: ServeErrorCode | RealmErrorCode;
  message: string;
  retry_after?: number;
}

/** What the host itself refuses. */
export class Refusal extends Error {
  constructor(
    readonly code: ServeErrorCode,
    message: string,
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}

/** Codes of what is wrong with a file: their messages tell of it, and of this machine, what is no business of a client's. */
const OF_FILES: ReadonlySet<string> = new Set<RealmErrorCode>([
  ...(['E_ENGINE', 'E_IO', 'E_NOT_REGULAR', 'E_NOT_GGUF', 'E_VERSION', 'E_ENDIAN', 'E_TRUNCATED'] as const),
  ...(['E_KEY', 'E_DUPLICATE', 'E_TYPE', 'E_NESTED', 'E_ALIGN', 'E_MISSING_KEY', 'E_RANGE', 'E_HPARAM'] as const),
  ...(['E_BOUNDS', 'E_OVERLAP', 'E_OFFSET', 'E_SHAPE', 'E_MISSING_TENSOR', 'E_VOCAB', 'E_SPLIT'] as const),
]);
/** How the engine names a file, at the beginning of what it says of it. */
const FILE_FIRST = /^'?(?:\/|[A-Za-z]:\\).*?: /;
/** An absolute path: behind the beginning of the text, white space or a mark, with two names or more. */
const PATHS = /(^|[\s'"`(=,:])(?:file:\/\/)?(?:\/|[A-Za-z]:\\)[^\s'"`():,]+[/\\][^\s'"`():,]+/g;

/** A failure for the other side: what it can act upon, and nothing of this process's insides. */
export function wireError(error: unknown): WireError {
  if (error instanceof Refusal) {
    const { code, message, retryAfter } = error;
    return retryAfter === undefined ? { code, message } : { code, message, retry_after: retryAfter };
  }
  if (!(error instanceof RealmError)) return { code: 'E_INTERNAL', message: 'the host failed' };
  const { code, message } = error;
  if (code === 'E_BUSY') return { code, message, retry_after: 1 };
  if (OF_FILES.has(code)) return { code, message: wordsOf(error) };
  return { code, message: message.replace(FILE_FIRST, '').replace(PATHS, '$1(a file of the host)') };
}

/** What was said for clients stays; what the engine says of a file does not. */
const wordsOf = (error: RealmError): string =>
  error instanceof ForClients ? error.message : 'the model cannot be used: there is something wrong with its file';

/** An error whose words were chosen for clients. */
export class ForClients extends RealmError {}

const STATUS: Partial<Record<WireError['code'], number>> = {
  E_UNAUTHORIZED: 401,
  E_ORIGIN: 403,
  E_MODEL_NOT_FOUND: 404,
  E_TOO_LARGE: 413,
  E_BUSY: 429,
  E_SHUTDOWN: 503,
  E_TIMEOUT: 504,
  ...{ E_INTERNAL: 500, E_ENGINE: 500, E_OUT_OF_MEMORY: 500, E_NUMERIC: 500 },
};

/** The HTTP status that goes with a code; what the caller can put right is 400. */
export const statusOf = (error: WireError): number => STATUS[error.code] ?? (OF_FILES.has(error.code) ? 500 : 400);

const TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'invalid_request_error',
  429: 'rate_limit_error',
  503: 'unavailable_error',
};

/** OpenAI's form of an error, which clients of its API read: what is beyond these fields they ignore. */
export interface OpenAiError extends WireError {
  type: string;
  /** The field that is wrong, where one is. */
  param: string | null;
}

type Body = Readonly<Record<string, unknown>>;

/** A failure in OpenAI's form. `code` stays ours, which says more. `asked`: the request's body, if it was read. */
export function openAiError(thrown: unknown, asked: Body = {}): OpenAiError {
  const error = wireError(thrown);
  const type =
    error.code === 'E_CONTEXT_FULL' ? 'exceed_context_size_error' : (TYPES[statusOf(error)] ?? 'server_error');
  return { ...error, type, ...fieldOf(error, asked) };
}
