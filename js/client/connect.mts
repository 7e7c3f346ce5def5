import { Client } from './client.mjs';
import { known, RealmError } from './error.mjs';
import { FetchTransport } from './fetch.mjs';
import { SocketTransport } from './socket.mjs';
import type { Transport } from './wire.mjs';

export interface ConnectOptions {
  /** What the host asks for. */
  token?: string;
  /** `auto` (default): a WebSocket, and `fetch` where there is none or it cannot get through. */
  transport?: 'auto' | 'websocket' | 'fetch';
  /** For where there is no global one, as in Node before 22. */
  WebSocket?: unknown;
  fetch?: typeof fetch;
}

const NAMES = ['token', 'transport', 'WebSocket', 'fetch'];

/**
 * Connects to a host.
 *
 * @param url of the host, such as `http://127.0.0.1:8080`. Default: where the page came from.
 * @throws RealmError E_UNAUTHORIZED, E_BUSY, E_CONNECTION, ...
 */
export async function connect(url?: string | URL, options: ConnectOptions = {}): Promise<Client> {
  const {
    token,
    transport = 'auto',
    WebSocket: given = globalThis.WebSocket,
    fetch: fetcher = fetch,
  } = known('connect', options, NAMES);
  const base = new URL(url ?? (globalThis as { location?: { origin: string } }).location?.origin ?? '');
  base.protocol = base.protocol.replace(/^ws/, 'http');
  const http = base.href.replace(/\/$/, '');
  const make = given as typeof WebSocket | undefined;

  const openSocket = () => {
    if (!make) throw new RealmError('E_CONNECTION', 'there is no WebSocket here; give one in the options');
    return SocketTransport.open(http.replace(/^http/, 'ws'), token, make);
  };
  const openFetch = async (): Promise<Transport> => {
    const way = new FetchTransport(http, token, fetcher);
    await way.call('models', {}, new AbortController().signal); // what is wrong shows here, not at the first question
    return way;
  };
  const open = async (): Promise<Transport> => {
    if (transport === 'fetch' || (transport === 'auto' && !make)) return openFetch();
    try {
      return await openSocket();
    } catch (error) {
      // A refused handshake tells a page nothing; over HTTP the host says why, or the way is open after all.
      if (transport === 'websocket' || !(error instanceof RealmError) || error.code !== 'E_CONNECTION') throw error;
      return openFetch();
    }
  };
  return new Client(await open(), open);
}
