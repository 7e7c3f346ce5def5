// The worker that has the WebSocket of a guest that waits: see channel.mts.
import { FULL, REPLY, SHARED, TOKEN, type SocketOrder } from './channel.mjs';
import { RealmError } from './error.mjs';
import { SocketTransport } from './socket.mjs';
import { frameOf } from './wire.mjs';

/** What a worker's global scope has, and the DOM's types of a page do not fit. */
interface Scope {
  postMessage(message: unknown): void;
  onmessage: ((event: { data: SocketOrder }) => void) | null;
}
const scope = globalThis as unknown as Scope;
const never = new AbortController().signal;

let transport: SocketTransport | undefined;
let state: Int32Array = new Int32Array();
let room: Uint8Array = new Uint8Array();

const wireOf = (error: unknown) =>
  error instanceof RealmError
    ? { code: error.code, message: error.message, retry_after: error.retryAfter }
    : { code: 'E_CONNECTION', message: String((error as Error | undefined)?.message ?? error) };

/** Hands bytes to the guest's worker, in parts. `wait`: also until it has taken the last. */
function deliver(kind: number, bytes: Uint8Array, wait: boolean): void {
  for (let at = 0; at === 0 || at < bytes.length; at += room.length) {
    const part = bytes.subarray(at, at + room.length);
    const more = at + room.length < bytes.length;
    room.set(part);
    state[SHARED.KIND] = kind;
    state[SHARED.LENGTH] = part.length;
    state[SHARED.MORE] = more ? 1 : 0;
    Atomics.store(state, SHARED.STATE, FULL);
    Atomics.notify(state, SHARED.STATE);
    if (more || wait) Atomics.wait(state, SHARED.STATE, FULL);
  }
}

async function connect({ open, token, shared }: Extract<SocketOrder, { open: string }>): Promise<void> {
  state = new Int32Array(shared, 0, SHARED.HEADER_BYTES / 4);
  room = new Uint8Array(shared, SHARED.HEADER_BYTES);
  try {
    transport = await SocketTransport.open(open.replace(/^http/, 'ws'), token, WebSocket);
    scope.postMessage({});
  } catch (error) {
    scope.postMessage({ error: wireOf(error) });
  }
}

async function ask({ name, params, floats, stream }: Extract<SocketOrder, { name: string }>): Promise<void> {
  const controller = new AbortController();
  const onToken = (text: string) => {
    if (controller.signal.aborted) return;
    deliver(TOKEN, new TextEncoder().encode(text), true);
    if (Atomics.load(state, SHARED.CANCEL) !== 0) controller.abort();
  };
  try {
    if (!transport) throw new RealmError('E_CONNECTION', 'the connection is not open');
    const signal = stream ? controller.signal : never;
    const reply = await transport.call(name, params, signal, stream ? onToken : undefined, floats);
    deliver(REPLY, frameOf({ data: reply.data }, reply.floats ?? new Float32Array()), false);
  } catch (error) {
    deliver(REPLY, frameOf({ error: wireOf(error) }, new Float32Array()), false);
  }
}

scope.onmessage = ({ data }) => void ('open' in data ? connect(data) : ask(data));
scope.postMessage('ready');
