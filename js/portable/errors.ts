/** The stable codes of every failure: `ErrorCode` of managed/RealmException.cs, which the shim has too, and `E_VALUE`, which only
 * this side knows. */
export type RealmErrorCode =
  /** A schema's own checks refuse a value that was generated for it; they are the error's cause. */
  | 'E_VALUE'
  | 'E_INVALID_ARGUMENT'
  | 'E_INVALID_TOKEN'
  | 'E_IO'
  | 'E_NOT_REGULAR'
  | 'E_NOT_GGUF'
  | 'E_VERSION'
  | 'E_ENDIAN'
  | 'E_TRUNCATED'
  | 'E_LIMIT'
  | 'E_KEY'
  | 'E_DUPLICATE'
  | 'E_TYPE'
  | 'E_NESTED'
  | 'E_ALIGN'
  | 'E_MISSING_KEY'
  | 'E_RANGE'
  | 'E_HPARAM'
  | 'E_BOUNDS'
  | 'E_OVERLAP'
  | 'E_OFFSET'
  | 'E_SHAPE'
  | 'E_MISSING_TENSOR'
  | 'E_UNSUPPORTED'
  | 'E_VOCAB'
  | 'E_SPLIT'
  | 'E_MODEL_NOT_FOUND'
  | 'E_MODEL_EXISTS'
  | 'E_MODEL_CLOSED'
  | 'E_TENSOR_NOT_FOUND'
  | 'E_CACHE_GAP'
  | 'E_CONTEXT_FULL'
  | 'E_OUT_OF_MEMORY'
  | 'E_CANCELLED'
  | 'E_NUMERIC'
  | 'E_SHUTDOWN'
  | 'E_INTERNAL'
  | 'E_BUSY'
  | 'E_TIMEOUT'
  /** The native engine could not be loaded, or the system gives it no thread; the message says why and what to do. */
  | 'E_ENGINE'
  /** The file holds no session, a damaged one, or one of another model. */
  | 'E_SESSION_FILE';

/**
 * Every failure of the package but two: a wrong JavaScript type given to one of the seven functions is a `TypeError`, and
 * an aborted call rejects with its signal's reason. The message says what was expected, what came, and which file,
 * tensor or model.
 */
export class RealmError extends Error {
  readonly code: RealmErrorCode;

  constructor(code: RealmErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
// On the prototype, as in built-in errors: not an own property that loggers print.
Object.defineProperty(RealmError.prototype, 'name', { value: 'RealmError', configurable: true, writable: true });

/** The same failure in other words. */
export function reworded(error: RealmError, message: string): RealmError {
  if (message === error.message) return error;
  return new RealmError(error.code, message, error.cause === undefined ? {} : { cause: error.cause });
}
