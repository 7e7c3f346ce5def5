import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { RealmError, type RealmErrorCode } from '../portable/errors';

/** How long a thread waits for more. */
const IDLE_MILLISECONDS = 2000;

/** What a thread is sent, and what it sends back under the same number: see `answering.ts`. */
export interface Order<Work> {
  call: number;
  work: Work;
}

export interface Answer<Result> {
  call: number;
  result?: Result;
  error?: { code: RealmErrorCode; message: string };
}

interface Pending<Result> {
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/**
 * Work that takes long, one piece after the other, on a thread of its own: the event loop stays free. The thread starts with the
 * first piece, and goes when it has had nothing to do for a while; it does not keep the process alive but while it works.
 */
export class Thread<Work, Result> {
  readonly #script: string;
  readonly #purpose: string;
  readonly #pending = new Map<number, Pending<Result>>();
  #worker: Worker | undefined;
  #last = 0;
  #idle: NodeJS.Timeout | undefined;

  /** `purpose`, for errors: the thread that ... */
  constructor(folder: string, script: string, purpose: string) {
    this.#script = join(folder, script);
    this.#purpose = purpose;
  }

  run(work: Work): Promise<Result> {
    clearTimeout(this.#idle);
    const worker = (this.#worker ??= this.#start());
    worker.ref();
    const call = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#pending.set(call, { resolve, reject });
      worker.postMessage({ call, work } satisfies Order<Work>);
    });
  }

  #start(): Worker {
    const worker = new Worker(this.#script);
    worker.on('message', ({ call, result, error }: Answer<Result>) => {
      const pending = this.#pending.get(call);
      this.#pending.delete(call);
      if (error) pending?.reject(new RealmError(error.code, error.message));
      else pending?.resolve(result as Result);
      if (this.#pending.size === 0) this.#rest(worker);
    });
    const gone = (cause: unknown) => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      clearTimeout(this.#idle);
      const problem = new RealmError('E_INTERNAL', `the thread that ${this.#purpose} ended`, { cause });
      for (const { reject } of this.#pending.values()) reject(problem);
      this.#pending.clear();
    };
    worker.on('error', gone);
    worker.on('exit', gone);
    return worker;
  }

  #rest(worker: Worker): void {
    worker.unref();
    this.#idle = setTimeout(() => {
      this.#worker = undefined;
      void worker.terminate();
    }, IDLE_MILLISECONDS).unref();
  }
}
