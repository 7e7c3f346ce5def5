import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { RealmError, type RealmErrorCode } from '../portable/errors';
import { handleOf, type Model } from '../model/model';
import type { CheckedOptions } from './options';
import type { SessionAnswer, SessionOrder, SessionWork } from './sessionWorker';
import { Shares } from './budget';
import { Refusal } from './errors';

/** Whose a session is: the connection that opened it, or (by HTTP) nobody's in particular. */
export type Owner = object;

interface Session {
  owner: Owner;
  name: string;
  model: Model;
  /** What the thread calls it. */
  number: number;
  client: string;
  /** Calls at work. */
  working: number;
  /** Of a session without a connection: ends it when nobody has asked for long. */
  idle: NodeJS.Timeout | undefined;
}

interface Pending {
  resolve: (answer: { value: number; floats?: Float32Array }) => void;
  reject: (reason: unknown) => void;
}

type WithoutCall<T> = T extends unknown ? Omit<T, 'call'> : never;

/**
 * Key/value caches of guests behind a network: each is a session that its client opens, uses layer by layer and closes. They
 * compute in one worker thread, made when the first is opened, so that the event loop stays free; the engine takes its
 * threads for one layer at a time anyway.
 */
export class Sessions {
  readonly #limits: CheckedOptions['limits'];
  #sessions = new Map<string, Session>();
  #gone = new WeakSet<Owner>();
  readonly #shares: Shares;
  #worker: Worker | undefined;
  #pending = new Map<number, Pending>();
  #lastCall = 0;

  constructor(limits: CheckedOptions['limits']) {
    this.#limits = limits;
    this.#shares = new Shares(limits.sessions, limits.sessionsPerClient);
  }

  /** Those that are being opened among them. */
  get count(): number {
    return this.#shares.used;
  }

  /**
   * @param client whose share of sessions it counts for
   * @param idle whether the session ends by itself when nothing has been asked for `sessionMilliseconds`
   * @returns its id
   */
  async open(owner: Owner, client: string, name: string, model: Model, idle: boolean): Promise<string> {
    const { sessions, sessionsPerClient } = this.#limits;
    const full = this.#shares.take(client);
    if (full === 'all') throw new Refusal('E_BUSY', `${sessions} sessions are open`, 1);
    if (full === 'client') throw new Refusal('E_BUSY', `${sessionsPerClient} sessions of this client are open`, 1);
    try {
      const { value } = await this.#work({ kind: 'open', handle: handleOf(model) });
      const id = randomUUID();
      const session: Session = { owner, name, model, number: value, client, working: 0, idle: undefined };
      this.#sessions.set(id, session);
      if (idle) this.#watch(id, session);
      if (this.#gone.has(owner)) await this.#end(id); // its client has left meanwhile
      return id;
    } catch (error) {
      this.#shares.give(client);
      throw error;
    }
  }

  /** @throws RealmError E_MODEL_NOT_FOUND: no session of this id that is this owner's */
  get(owner: Owner, id: unknown): { id: string; name: string; model: Model } {
    const session = typeof id === 'string' ? this.#sessions.get(id) : undefined;
    if (session?.owner !== owner) throw new RealmError('E_MODEL_NOT_FOUND', 'there is no such session');
    return { id: id as string, name: session.name, model: session.model };
  }

  /** A piece of work in a session, after all that was asked before. `signal`: it is not begun when nobody wants it any more. */
  async run(
    owner: Owner,
    id: string,
    work: SessionWork,
    signal: AbortSignal,
  ): Promise<{ value: number; floats?: Float32Array }> {
    this.get(owner, id);
    const session = this.#sessions.get(id) as Session;
    session.working++;
    try {
      const cancel = new Int32Array(new SharedArrayBuffer(4));
      const leave = () => Atomics.store(cancel, 0, 1);
      signal.addEventListener('abort', leave, { once: true });
      try {
        const result = await this.#work({ ...work, session: session.number, cancel });
        signal.throwIfAborted();
        return result;
      } catch (error) {
        throw signal.aborted ? (signal.reason as Error) : error;
      } finally {
        signal.removeEventListener('abort', leave);
      }
    } finally {
      session.working--;
      session.idle?.refresh();
    }
  }

  /** After what is at work in it. */
  async close(owner: Owner, id: string): Promise<void> {
    this.get(owner, id);
    await this.#end(id);
  }

  /** A client is gone: so are its sessions. */
  async leave(owner: Owner): Promise<void> {
    this.#gone.add(owner);
    await Promise.all(
      [...this.#sessions].filter(([, session]) => session.owner === owner).map(([id]) => this.#end(id)),
    );
  }

  /** Ends all sessions, and the thread. */
  async stop(): Promise<void> {
    await Promise.all([...this.#sessions.keys()].map((id) => this.#end(id)));
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  async #end(id: string): Promise<void> {
    const session = this.#sessions.get(id);
    if (!session) return;
    this.#sessions.delete(id);
    this.#shares.give(session.client);
    clearTimeout(session.idle);
    await this.#work({ kind: 'close', session: session.number }).catch(() => {}); // the thread is gone, and its sessions with it
  }

  #watch(id: string, session: Session): void {
    session.idle = setTimeout(() => {
      if (session.working > 0) session.idle?.refresh();
      else void this.#end(id);
    }, this.#limits.sessionMilliseconds).unref();
  }

  #work(order: WithoutCall<SessionOrder>): Promise<{ value: number; floats?: Float32Array }> {
    const worker = (this.#worker ??= this.#start());
    const call = ++this.#lastCall;
    return new Promise((resolve, reject) => {
      this.#pending.set(call, { resolve, reject });
      const { floats } = order as { floats?: Float32Array<ArrayBuffer> };
      worker.postMessage({ ...order, call }, floats ? [floats.buffer] : []);
    });
  }

  #start(): Worker {
    const worker = new Worker(join(__dirname, 'sessionWorker.js'));
    worker.unref();
    worker.on('message', ({ call, value, floats, error }: SessionAnswer) => {
      const pending = this.#pending.get(call);
      this.#pending.delete(call);
      if (error) pending?.reject(new RealmError(error.code as RealmErrorCode, error.message));
      else pending?.resolve(floats ? { value, floats } : { value });
    });
    const gone = () => {
      if (this.#worker === worker) this.#worker = undefined;
      for (const { reject } of this.#pending.values()) reject(new RealmError('E_SHUTDOWN', 'the host is closing'));
      this.#pending.clear();
      for (const { idle, client } of this.#sessions.values()) {
        clearTimeout(idle);
        this.#shares.give(client);
      }
      this.#sessions.clear();
    };
    worker.on('error', () => {}); // 'exit' follows
    worker.on('exit', gone);
    return worker;
  }
}
