import type { RawData, WebSocket } from 'ws';
import type { Socket } from 'node:net';
import type { Access } from './access';
import { clientOf } from './budget';
import type { Calls } from './calls';
import { Refusal, wireError } from './errors';
import type { CheckedOptions } from './options';
import { Outgoing } from './outgoing';
import { envelope, frame, idOf, jsonText, parseFrame, parseObject, type Envelope } from './wire';

/** Close codes of RFC 6455; each comes with a reason in words. */
const POLICY = 1008;
const GOING_AWAY = 1001;
/** Bytes that a client may send before its token: one frame with it, and whatever came in the same breath. */
const UNKNOWN_BYTES = 4096;
/** How long the other side may take to answer a closing frame. */
const CLOSING_MILLISECONDS = 1000;

class Cancelled extends Error {}

/** One WebSocket: a client's requests and their answers. */
export class Connection {
  #socket: WebSocket;
  #calls: Calls;
  #access: Access;
  #limits: CheckedOptions['limits'];
  #outgoing: Outgoing;
  #running = new Map<string | number, AbortController>();
  #authorised: boolean;
  #alive = true;
  #leaving = false;
  #timers: NodeJS.Timeout[] = [];
  /** Settles when the socket is closed and all its work has ended. */
  readonly ended: Promise<void>;

  /** Whose connection it is, among those that share what there is. */
  readonly client: string;

  /** `raw`: what the WebSocket goes over; `authorised`: the request for it carried the token. */
  constructor(
    socket: WebSocket,
    raw: Socket,
    authorised: boolean,
    calls: Calls,
    access: Access,
    limits: CheckedOptions['limits'],
  ) {
    this.#socket = socket;
    this.client = clientOf(raw);
    this.#outgoing = new Outgoing(socket, limits);
    this.#calls = calls;
    this.#access = access;
    this.#limits = limits;
    this.#authorised = authorised;
    socket.on('message', (data, binary) => void this.#message(data, binary));
    socket.on('pong', () => (this.#alive = true));
    socket.on('error', () => {}); // ws closes by itself, with 1002, 1007 or 1009; 'close' follows
    this.ended = new Promise((resolve) => socket.once('close', () => resolve(this.#closed())));
    this.#timers.push(setInterval(() => this.#heartbeat(), limits.heartbeatMilliseconds).unref());
    if (this.#authorised) return;
    this.#timers.push(setTimeout(() => this.#refuse('no token came'), limits.authMilliseconds).unref());
    // After the listener of ws, which has read the frames in these bytes by then.
    let bytes = 0;
    const count = (part: Buffer) => {
      if (this.#authorised) raw.off('data', count);
      else if ((bytes += part.length) > UNKNOWN_BYTES) this.#socket.terminate();
    };
    raw.on('data', count);
  }

  get authorised(): boolean {
    return this.#authorised;
  }

  /** Cuts it off. */
  drop(): void {
    this.#socket.terminate();
  }

  async #closed(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const controller of this.#running.values()) controller.abort(new Cancelled());
    await this.#calls.sessions.leave(this);
  }

  /** Says goodbye; who does not answer is cut off. */
  close(code = GOING_AWAY, reason = 'the host is closing'): void {
    this.#leaving = true;
    void this.#outgoing.flushed().then(() => this.#socket.close(code, reason));
    this.#timers.push(setTimeout(() => this.#socket.terminate(), CLOSING_MILLISECONDS));
  }

  #heartbeat(): void {
    if (this.#socket.isPaused) return; // its answers wait, and a timer of theirs runs
    if (!this.#alive) return this.#socket.terminate();
    this.#alive = false;
    this.#socket.ping();
  }

  async #message(data: RawData, binary: boolean): Promise<void> {
    if (this.#leaving) return;
    let id: string | number | null = null;
    try {
      // Nothing is read but a short text, as long as nobody knows who it is.
      if (!this.#authorised && (binary || (data as Buffer).length > UNKNOWN_BYTES)) return this.#unauthorised(null);
      const { message, floats } = binary
        ? parseFrame(data as Buffer)
        : { message: parseObject(data as Buffer), floats: undefined };
      if (message.type === 'auth') return this.#authorise(message.api_key);
      id = idOf(message);
      if (!this.#authorised) return this.#unauthorised(id);
      if (message.type === 'cancel') return this.#cancel(id);
      const request = envelope(message);
      if (request.function === 'cancel') return this.#cancel(request.params.id);
      await this.#request(request, floats, (data as Buffer).length);
    } catch (error) {
      await this.#outgoing.send({ id, status: 'error', error: wireError(error) });
    }
  }

  #unauthorised(id: string | number | null): void {
    const error = { code: 'E_UNAUTHORIZED', message: 'the token is missing' };
    void this.#outgoing.send({ id, status: 'error', error });
    this.close(POLICY, 'unauthorized');
  }

  #authorise(token: unknown): void {
    if (!this.#access.tokenFits(token)) return this.#refuse('the token is wrong');
    this.#authorised = true;
    void this.#outgoing.send({ type: 'auth_success' });
  }

  #refuse(message: string): void {
    if (this.#authorised) return;
    void this.#outgoing.send({ type: 'auth_failed', error: { code: 'E_UNAUTHORIZED', message } });
    this.close(POLICY, 'unauthorized');
  }

  /** Its answer is the end of the cancelled request; a request that has ended meanwhile has had its answer. */
  #cancel(id: unknown): void {
    this.#running.get(id as string)?.abort(new Cancelled());
  }

  async #request(
    { id, function: name, params }: Envelope,
    floats: Float32Array | undefined,
    bytes: number,
  ): Promise<void> {
    if (this.#running.has(id)) throw new Refusal('E_PROTOCOL', 'a request with this id is at work');
    if (this.#running.size >= this.#limits.requestsPerConnection)
      throw new Refusal('E_BUSY', `${this.#limits.requestsPerConnection} requests of this connection are at work`, 1);
    const controller = new AbortController();
    this.#running.set(id, controller);
    const lease = this.#calls.budget.open(this.client);
    try {
      lease.takeBytes(bytes);
      let index = 0;
      const {
        data,
        floats: result,
        json,
      } = await this.#calls.of(lease).run(
        { name, params, floats, signal: controller.signal, owner: this },
        params.stream === false
          ? undefined
          : (token) => {
              index = token.index + 1;
              return this.#outgoing.send({ id, status: 'streaming', data: token });
            },
      );
      const last = name === 'generate' ? { token: '', index, is_final: true } : {};
      const reply = { id, status: 'complete', data: { ...last, ...data } };
      await (result ? this.#outgoing.sendBytes(frame(reply, result)) : this.#outgoing.send(jsonText(reply, json)));
    } catch (error) {
      if (!(error instanceof Cancelled)) throw error;
      await this.#outgoing.send({ id, status: 'cancelled', data: {} });
    } finally {
      lease.close();
      this.#running.delete(id);
    }
  }
}
