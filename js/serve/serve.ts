import { createServer, STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { optionsObject, wholeNumber } from '../engine/check';
import { RealmError } from '../portable/errors';
import { Access } from './access';
import { Calls } from './calls';
import { Connection } from './connection';
import { answerHttp } from './http';
import { checkOptions, type CheckedOptions, type ServeOptions } from './options';
import { Refusal, statusOf, wireError } from './wire';

const HEADERS_MILLISECONDS = 10_000;
const REQUEST_MILLISECONDS = 30_000;
/** Sockets beside those of the WebSockets: HTTP requests, and whoever is just being told that there is no room. */
const OTHER_SOCKETS = 256;

export interface HostStats {
  /** WebSockets that are open. */
  connections: number;
  /** Requests at work. */
  requests: number;
  /** Key/value caches of guests that are open. */
  sessions: number;
  /** Models that the host has opened. */
  loaded: number;
}

/** A host for browsers that is listening. */
export class Host {
  /** `http://127.0.0.1:8080`; the WebSocket is at the same address. */
  readonly url: string;
  readonly port: number;
  /** What clients must show; null: nothing. */
  readonly token: string | null;
  #server: Server;
  #webSockets: WebSocketServer;
  #calls: Calls;
  #access: Access;
  #options: CheckedOptions;
  #connections = new Set<Connection>();
  #sockets = new Set<Duplex>(); // of all requests: Node has closeAllConnections only since 18.2
  #closed: Promise<void> | undefined;

  /** @internal */
  constructor(server: Server, options: CheckedOptions) {
    const { address, family, port } = server.address() as AddressInfo;
    this.port = port;
    this.url = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
    this.token = options.token;
    this.#server = server;
    this.#options = options;
    this.#calls = new Calls(options);
    this.#access = new Access(options.token, options.origins, options.host, port);
    this.#webSockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: options.limits.messageBytes,
      perMessageDeflate: false, // a small frame could unpack to a large one, and tokens are short
    });
    server.maxConnections = options.limits.connections + OTHER_SOCKETS;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.on('request', (request, response) => {
      void answerHttp(request, response, { access: this.#access, calls: this.#calls, options });
    });
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    try {
      this.#access.checkOrigin(request);
      if (this.#closed) throw new RealmError('E_SHUTDOWN', 'the host is closing');
      const { connections } = this.#options.limits;
      if (this.#connections.size >= connections) throw new Refusal('E_BUSY', `${connections} connections are open`, 1);
      this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        const connection = new Connection(webSocket, this.#calls, this.#access, this.#options.limits);
        this.#connections.add(connection);
        void connection.ended.then(() => this.#connections.delete(connection));
      });
    } catch (error) {
      refuseUpgrade(socket, error);
    }
  }

  stats(): HostStats {
    const { running, sessions, models } = this.#calls;
    return { connections: this.#connections.size, requests: running, sessions: sessions.count, loaded: models.loaded };
  }

  /**
   * Takes nothing new, lets what is at work end for `grace` milliseconds (default 0), cancels the rest, says goodbye to
   * everyone, closes the models that it opened. Resolves when nothing is left. A second call awaits the first.
   */
  close(options?: { grace?: number }): Promise<void> {
    const grace = wholeNumber('grace', optionsObject(options).grace, 0, 0x7fffffff);
    this.#closed ??= this.#close(grace);
    return this.#closed;
  }

  async #close(grace: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await this.#calls.close(grace);
    for (const connection of this.#connections) connection.close();
    await Promise.all([...this.#connections].map((connection) => connection.ended));
    this.#webSockets.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

function refuseUpgrade(socket: Duplex, thrown: unknown): void {
  const error = wireError(thrown);
  const body = JSON.stringify({ error });
  const status = statusOf(error);
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(error.retry_after === undefined ? [] : [`Retry-After: ${error.retry_after}`]),
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

/**
 * Lets browsers (and any other client) use models of this process, over WebSockets and HTTP. docs/browser.md has the
 * protocol and all limits.
 *
 * @throws RealmError E_INVALID_ARGUMENT: a wrong option; E_IO: the address cannot be listened on
 */
export async function serve(options: ServeOptions): Promise<Host> {
  const checked = checkOptions(options);
  const server = createServer({
    headersTimeout: HEADERS_MILLISECONDS,
    requestTimeout: REQUEST_MILLISECONDS,
    connectionsCheckingInterval: 5_000,
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new RealmError('E_IO', `cannot listen on ${checked.host}, port ${checked.port}: ${cause.message}`, { cause }),
      ),
    );
    server.listen(checked.port, checked.host, resolve);
  });
  return new Host(server, checked);
}
