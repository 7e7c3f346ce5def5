import type { RawData, WebSocket } from 'ws';
import type { Access } from './access';
import type { Calls } from './calls';
import type { CheckedOptions } from './options';
import { Outgoing } from './outgoing';
import { envelope, frame, idOf, parseFrame, parseObject, Refusal, wireError, type Envelope } from './wire';

/** Close codes of RFC 6455; each comes with a reason in words. */
const POLICY = 1008;
const GOING_AWAY = 1001;
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

  constructor(socket: WebSocket, calls: Calls, access: Access, limits: CheckedOptions['limits']) {
    this.#socket = socket;
    this.#outgoing = new Outgoing(socket, limits);
    this.#calls = calls;
    this.#access = access;
    this.#limits = limits;
    this.#authorised = access.open;
    socket.on('message', (data, binary) => void this.#message(data, binary));
    socket.on('pong', () => (this.#alive = true));
    socket.on('error', () => {}); // ws closes by itself, with 1002, 1007 or 1009; 'close' follows
    this.ended = new Promise((resolve) => socket.once('close', () => resolve(this.#closed())));
    this.#timers.push(setInterval(() => this.#heartbeat(), limits.heartbeatMilliseconds).unref());
    if (!this.#authorised)
      this.#timers.push(setTimeout(() => this.#refuse('no token came'), limits.authMilliseconds).unref());
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
      const { message, floats } = binary
        ? parseFrame(data as Buffer)
        : { message: parseObject((data as Buffer).toString()), floats: undefined };
      if (message.type === 'auth') return this.#authorise(message.api_key);
      id = idOf(message);
      if (!this.#authorised) {
        void this.#outgoing.send({
          id,
          status: 'error',
          error: { code: 'E_UNAUTHORIZED', message: 'the token is missing' },
        });
        return this.close(POLICY, 'unauthorized');
      }
      if (message.type === 'cancel') return this.#cancel(id);
      const request = envelope(message);
      if (request.function === 'cancel') return this.#cancel(request.params.id);
      await this.#request(request, floats);
    } catch (error) {
      await this.#outgoing.send({ id, status: 'error', error: wireError(error) });
    }
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

  async #request({ id, function: name, params }: Envelope, floats: Float32Array | undefined): Promise<void> {
    if (this.#running.has(id)) throw new Refusal('E_PROTOCOL', 'a request with this id is at work');
    if (this.#running.size >= this.#limits.requestsPerConnection)
      throw new Refusal('E_BUSY', `${this.#limits.requestsPerConnection} requests of this connection are at work`, 1);
    const controller = new AbortController();
    this.#running.set(id, controller);
    try {
      let index = 0;
      const { data, floats: result } = await this.#calls.run(
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
      await this.#outgoing.send(result ? frame(reply, result) : reply);
    } catch (error) {
      if (!(error instanceof Cancelled)) throw error;
      await this.#outgoing.send({ id, status: 'cancelled', data: {} });
    } finally {
      this.#running.delete(id);
    }
  }
}
