import { dispose } from '../portable/dispose.js';
import { createImports, type ImportOptions, type RealmImports } from '../portable/imports/imports.js';
import { RequestChannel, SocketChannel, type Channel, type WorkerMaker } from './channel.mjs';
import { known, RealmError } from './error.mjs';
import { RemoteModels } from './remote.mjs';

export interface RemoteImportOptions extends Omit<ImportOptions, 'mayStore'> {
  /** Of the host, such as `http://127.0.0.1:8080`. Default: where the worker came from. */
  url?: string | URL;
  token?: string;
  /**
   * How the guest's calls wait for the host. `socket`: a WebSocket in a second worker; needs shared memory, so a page that is isolated
   * (`isolate` of the host's options). `request`: a synchronous XMLHttpRequest a call. `auto` (default): the first where it can be.
   */
  road?: 'auto' | 'socket' | 'request';
  /** For where there is no global one. */
  Worker?: unknown;
}

/** An import object for one guest in a Web Worker. */
export interface RemoteImports extends RealmImports {
  readonly road: 'socket' | 'request';
}

const NAMES = ['url', 'token', 'road', 'Worker', 'memory', 'limits', 'onToken', 'onReasoning', 'onError'];

/**
 * The import object of Option 2 in a page's Web Worker: all functions of docs/option-2.md, with the same checks, codes and bits,
 * computed by a host (`@realm/realm-node/serve`). Calls wait, so it works in workers only.
 *
 * @throws RealmError the host cannot be reached, or refuses the token (by `request` that shows at the first call)
 */
export async function createRemoteImports(options: RemoteImportOptions = {}): Promise<RemoteImports> {
  const { url, token, road = 'auto', Worker: given, ...rest } = known('createRemoteImports', options, NAMES);
  const base = new URL(url ?? (globalThis as { location?: { origin: string } }).location?.origin ?? '');
  base.protocol = base.protocol.replace(/^ws/, 'http');
  const http = base.href.replace(/\/$/, '');
  const make = (given ?? (globalThis as { Worker?: unknown }).Worker) as WorkerMaker | undefined;
  // In pages shared memory exists only where this is true; elsewhere (Node) nobody asks.
  const isolated = (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated ?? true;
  const canShare = isolated && typeof SharedArrayBuffer !== 'undefined' && make !== undefined;
  if (road === 'socket' && !canShare)
    throw new RealmError('E_UNSUPPORTED', 'the road by socket needs shared memory: a page isolated by COOP and COEP');
  const channel: Channel =
    road === 'request' || !canShare || !make
      ? new RequestChannel(http, token)
      : await SocketChannel.open(http, token, make);
  const imports = createImports(new RemoteModels(channel), { ...rest, mayStore: false });
  const forget = imports.close.bind(imports);
  const close = () => {
    forget();
    channel.close();
  };
  return Object.defineProperties(imports, {
    road: { value: channel.road, enumerable: true },
    close: { value: close },
    [dispose]: { value: close },
  }) as RemoteImports;
}
