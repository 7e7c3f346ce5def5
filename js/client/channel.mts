import { fromWire, RealmError } from './error.mjs';
import { frameOf, given, parseFrame, parseMessage, type Reply } from './wire.mjs';

/** A way to ask the host and to wait for the answer in the call: WebAssembly cannot await its imports. Only in a worker. */
export interface Channel {
  readonly road: 'socket' | 'request';
  /**
   * @param onToken pieces of a generation as they come (by `request`: at its end). False cancels it: E_CANCELLED.
   * @throws RealmError
   */
  call(
    name: string,
    params: Record<string, unknown>,
    floats?: Float32Array,
    onToken?: (text: string) => boolean,
  ): Reply;
  close(): void;
}

/** By synchronous XMLHttpRequest: needs nothing of the page, and costs a request a call. */
export class RequestChannel implements Channel {
  readonly road = 'request';
  #url: string;
  #token: string | undefined;

  constructor(url: string, token: string | undefined) {
    this.#url = `${url.replace(/\/$/, '')}/v1/call`;
    this.#token = token;
  }

  call(
    name: string,
    params: Record<string, unknown>,
    floats?: Float32Array,
    onToken?: (text: string) => boolean,
  ): Reply {
    const request = new XMLHttpRequest();
    request.open('POST', this.#url, false);
    request.responseType = 'arraybuffer';
    request.setRequestHeader('Content-Type', floats ? 'application/octet-stream' : 'application/json');
    if (this.#token !== undefined) request.setRequestHeader('Authorization', `Bearer ${this.#token}`);
    const message = { function: name, params: given(params) };
    try {
      request.send(floats ? frameOf(message, floats) : JSON.stringify(message));
    } catch (error) {
      throw new RealmError('E_CONNECTION', `the host could not be reached: ${(error as Error).message}`);
    }
    const bytes = request.response as ArrayBuffer;
    if (request.getResponseHeader('Content-Type')?.startsWith('application/octet-stream')) {
      const { data = {}, floats: result } = parseFrame(bytes);
      return { data, floats: result };
    }
    const { status, data = {}, error } = parseMessage(new TextDecoder().decode(bytes));
    if (status !== 'complete') throw fromWire(error);
    if (onToken && typeof data.text === 'string' && data.text !== '' && !onToken(data.text))
      throw new RealmError('E_CANCELLED', 'the request was cancelled');
    return { data };
  }

  close(): void {}
}

/** Of the memory that the guest's worker shares with the one that has the WebSocket: int32 numbers, then bytes. */
export const SHARED = { STATE: 0, KIND: 1, LENGTH: 2, MORE: 3, CANCEL: 4, HEADER_BYTES: 32, BYTES: 1 << 20 } as const;
export const IDLE = 0;
export const FULL = 1;
export const TOKEN = 1;
export const REPLY = 2;

/** What the guest's worker asks of the other. */
export type SocketOrder =
  | { open: string; token: string | undefined; shared: SharedArrayBuffer }
  | { name: string; params: Record<string, unknown>; floats: Float32Array | undefined; stream: boolean };

/** The part of a Worker that is used. */
interface WorkerLike {
  postMessage(message: unknown): void;
  terminate(): unknown;
  onmessage: ((event: { data: unknown }) => void) | null;
  onerror: ((event: { message?: string }) => void) | null;
}
export type WorkerMaker = new (url: URL, options: { type: 'module' }) => WorkerLike;

/**
 * By a WebSocket in a second worker, which this one waits for with `Atomics.wait`: one connection, binary frames, pieces of
 * text as they come. Needs shared memory: a page that is isolated from other origins (COOP and COEP).
 */
export class SocketChannel implements Channel {
  readonly road = 'socket';
  #worker: WorkerLike;
  #state: Int32Array;
  #bytes: Uint8Array;

  private constructor(worker: WorkerLike, shared: SharedArrayBuffer) {
    this.#worker = worker;
    this.#state = new Int32Array(shared, 0, SHARED.HEADER_BYTES / 4);
    this.#bytes = new Uint8Array(shared, SHARED.HEADER_BYTES);
  }

  /** Connects. Must be awaited before the guest runs: a worker that waits loads no other worker. */
  static async open(url: string, token: string | undefined, make: WorkerMaker): Promise<SocketChannel> {
    const worker = new make(new URL('./socketWorker.mjs', import.meta.url), { type: 'module' });
    const shared = new SharedArrayBuffer(SHARED.HEADER_BYTES + SHARED.BYTES);
    try {
      await new Promise<void>((resolve, reject) => {
        worker.onerror = ({ message }) =>
          reject(new RealmError('E_CONNECTION', message ?? 'the worker of the WebSocket could not be loaded'));
        worker.onmessage = ({ data }) => {
          if (data === 'ready') return worker.postMessage({ open: url, token, shared } satisfies SocketOrder);
          const { error } = data as { error?: unknown };
          if (error) reject(fromWire(error));
          else resolve();
        };
      });
    } catch (error) {
      worker.terminate();
      throw error;
    }
    return new SocketChannel(worker, shared);
  }

  call(
    name: string,
    params: Record<string, unknown>,
    floats?: Float32Array,
    onToken?: (text: string) => boolean,
  ): Reply {
    const order: SocketOrder = { name, params: given(params), floats: floats?.slice(), stream: onToken !== undefined };
    Atomics.store(this.#state, SHARED.CANCEL, 0);
    this.#worker.postMessage(order);
    for (;;) {
      const [kind, bytes] = this.#take();
      if (kind === TOKEN) {
        let more = false;
        try {
          more = onToken?.(new TextDecoder().decode(bytes)) ?? true;
        } finally {
          if (!more) Atomics.store(this.#state, SHARED.CANCEL, 1); // the reply that ends it still comes
          this.#release();
        }
        continue;
      }
      this.#release();
      const { data = {}, error, floats: result } = parseFrame(bytes.buffer);
      if (error) throw fromWire(error);
      return result.length > 0 ? { data, floats: result } : { data };
    }
  }

  /** Waits for a message; a long one comes in parts. The other side waits until it is released. */
  #take(): [kind: number, bytes: Uint8Array<ArrayBuffer>] {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    for (;;) {
      Atomics.wait(this.#state, SHARED.STATE, IDLE);
      parts.push(new Uint8Array(this.#bytes.subarray(0, this.#state[SHARED.LENGTH]))); // a copy: decoders refuse shared memory
      if (this.#state[SHARED.MORE] === 0) break;
      this.#release();
    }
    const [first] = parts;
    const kind = this.#state[SHARED.KIND] ?? REPLY;
    if (first && parts.length === 1) return [kind, first];
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return [kind, whole];
  }

  #release(): void {
    Atomics.store(this.#state, SHARED.STATE, IDLE);
    Atomics.notify(this.#state, SHARED.STATE);
  }

  close(): void {
    this.#worker.terminate();
  }
}
