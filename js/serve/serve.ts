import { createServer, STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { wholeNumber } from '../engine/check';
import { knownOptions } from '../options/table';
import { RealmError } from '../portable/errors';
import { Access } from './access';
import { clientOf } from './budget';
import { Calls } from './calls';
import { Connection } from './connection';
import { Refusal, statusOf, wireError } from './errors';
import { answerHttp } from './http';
import { Metrics } from './metrics';
import { checkOptions, type CheckedOptions, type ServeOptions } from './options';
import { Sockets } from './sockets';

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
  #metrics: Metrics;
  #access: Access;
  #options: CheckedOptions;
  #connections = new Set<Connection>();
  #sockets: Sockets; // of all requests: Node has closeAllConnections only since 18.2
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
    this.#metrics = new Metrics(this.#calls.models);
    this.#access = new Access(options.token, options.origins, options.host, port);
    this.#webSockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: options.limits.messageBytes,
      perMessageDeflate: false, // a small frame could unpack to a large one, and tokens are short
    });
    this.#sockets = new Sockets(options.limits.connections + OTHER_SOCKETS);
    server.on('connection', (socket) => this.#sockets.add(socket));
    const parts = { access: this.#access, calls: this.#calls, sockets: this.#sockets, metrics: this.#metrics, options };
    server.on('request', (request, response) => void answerHttp(request, response, parts));
    // Of an HTTP server over TCP the duplex is its socket.
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket as Socket, head));
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    try {
      this.#access.checkOrigin(request);
      if (this.#closed) throw new RealmError('E_SHUTDOWN', 'the host is closing');
      const authorised = this.#access.open || this.#access.carriesToken(request);
      this.#makeRoom(clientOf(socket));
      this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        this.#sockets.upgraded(socket);
        const { limits } = this.#options;
        const connection = new Connection(webSocket, socket, authorised, this.#calls, this.#access, limits);
        this.#connections.add(connection);
        void connection.ended.then(() => this.#connections.delete(connection));
      });
    } catch (error) {
      refuseUpgrade(socket, error);
    }
  }

  /** For one more WebSocket: where there is none, one that has shown no token goes. */
  #makeRoom(client: string): void {
    const { connections, connectionsPerClient } = this.#options.limits;
    const all = [...this.#connections];
    const own = all.filter((connection) => connection.client === client);
    let full: { of: Connection[]; words: string } | undefined;
    if (all.length >= connections) full = { of: all, words: `${connections} connections are open` };
    else if (own.length >= connectionsPerClient)
      full = { of: own, words: `${connectionsPerClient} connections of this client are open` };
    if (!full) return;
    const unknown = full.of.find((connection) => !connection.authorised);
    if (!unknown) throw new Refusal('E_BUSY', full.words, 1);
    this.#connections.delete(unknown);
    unknown.drop();
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
    const grace = wholeNumber('grace', knownOptions('close', options, ['grace']).grace, 0, 0x7fffffff);
    this.#closed ??= this.#close(grace);
    return this.#closed;
  }

  async #close(grace: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await this.#calls.close(grace);
    for (const connection of this.#connections) connection.close();
    await Promise.all([...this.#connections].map((connection) => connection.ended));
    this.#metrics.close();
    this.#webSockets.close();
    this.#sockets.destroy();
    await closed;
  }
}

function refuseUpgrade(socket: Socket, thrown: unknown): void {
  const error = wireError(thrown);
  const body = JSON.stringify({ error });
  // Connections, unlike requests, are nothing to try again in a second or two.
  const status = error.code === 'E_BUSY' ? 503 : statusOf(error);
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
