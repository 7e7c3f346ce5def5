import { fromWire, RealmError } from './error.mjs';
import { frameOf, parseFrame, parseMessage, type Reply, type Transport, type WireMessage } from './wire.mjs';

interface Pending {
  onToken: ((text: string) => void) | undefined;
  resolve: (reply: Reply) => void;
  reject: (reason: unknown) => void;
}

const CLOSE_WORDS: Readonly<Record<number, string>> = {
  1001: 'the host is closing',
  1006: 'the connection broke off, or was refused',
  1009: 'the message is larger than the host allows',
};

/** Why a connection is no more. */
const closedError = (code: number, reason: string) =>
  new RealmError('E_CONNECTION', reason || CLOSE_WORDS[code] || `the connection was closed (${code})`);

/** A WebSocket with many requests at a time, told apart by their ids. */
export class SocketTransport implements Transport {
  readonly kind = 'websocket';
  #socket: WebSocket;
  #pending = new Map<number, Pending>();
  #lastId = 0;
  #closed: RealmError | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#receive(data as string | ArrayBuffer);
    socket.onclose = ({ code, reason }) => this.#end(closedError(code, reason));
  }

  /** Connects and shows the token. */
  static async open(url: string, token: string | undefined, make: typeof WebSocket): Promise<SocketTransport> {
    const socket = new make(url);
    socket.binaryType = 'arraybuffer';
    socket.onerror = () => {}; // 'close' follows, and says as much
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onclose = ({ code, reason }) => reject(closedError(code, reason));
    });
    if (token !== undefined) {
      await new Promise<void>((resolve, reject) => {
        socket.onmessage = ({ data }) => {
          const message = parseMessage(String(data));
          if (message.type === 'auth_success') resolve();
          else reject(fromWire(message.error));
        };
        socket.onclose = ({ code, reason }) => reject(closedError(code, reason));
        socket.send(JSON.stringify({ type: 'auth', api_key: token }));
      });
    }
    return new SocketTransport(socket);
  }

  get open(): boolean {
    return this.#closed === undefined;
  }

  call(
    name: string,
    params: Record<string, unknown>,
    signal: AbortSignal,
    onToken?: (text: string) => void,
    floats?: Float32Array,
  ): Promise<Reply> {
    if (this.#closed) return Promise.reject(this.#closed);
    if (signal.aborted) return Promise.reject(new RealmError('E_CANCELLED', 'the request was cancelled'));
    const id = ++this.#lastId;
    const cancel = () => this.#socket.send(JSON.stringify({ type: 'cancel', id }));
    signal.addEventListener('abort', cancel);
    return new Promise<Reply>((resolve, reject) => {
      this.#pending.set(id, { onToken, resolve, reject });
      const message = { id, function: name, params };
      this.#socket.send(floats ? frameOf(message, floats) : JSON.stringify(message));
    }).finally(() => signal.removeEventListener('abort', cancel));
  }

  #receive(data: string | ArrayBuffer): void {
    let message: WireMessage & { floats?: Float32Array };
    try {
      message = typeof data === 'string' ? parseMessage(data) : parseFrame(data);
    } catch (error) {
      return this.#end(error as RealmError);
    }
    const { id, status, data: content = {}, floats } = message;
    const pending = this.#pending.get(id as number);
    if (!pending) {
      // An error without an id: of the connection itself, such as a token that is missing.
      if (status === 'error') this.#end(fromWire(message.error));
      return;
    }
    if (status === 'streaming') return pending.onToken?.(String(content.token));
    this.#pending.delete(id as number);
    if (status === 'complete') pending.resolve(floats ? { data: content, floats } : { data: content });
    else if (status === 'cancelled') pending.reject(new RealmError('E_CANCELLED', 'the request was cancelled'));
    else pending.reject(fromWire(message.error));
  }

  #end(error: RealmError): void {
    this.#closed ??= error;
    for (const { reject } of this.#pending.values()) reject(this.#closed);
    this.#pending.clear();
    this.#socket.close();
  }

  close(): void {
    this.#end(new RealmError('E_CONNECTION', 'the client was closed'));
  }
}
