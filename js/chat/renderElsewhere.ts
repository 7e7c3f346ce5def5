import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { RealmError, type RealmErrorCode } from '../portable/errors';
import type { ChatMessage } from './conversation';
import { pieces } from './jinja/text';
import type { RenderOptions } from './options';
import { render } from './render';
import type { ChatSegment } from './renderChatSegments';

/** What a rendering may take before it goes to another thread: some milliseconds. An ordinary conversation takes a tenth of it. */
const QUICK_STEPS = 100_000;
/** How long the thread waits for more. */
const IDLE_MILLISECONDS = 2000;

/** A rendering for the thread: JSON of messages and options, which is how they came in most cases. */
export interface RenderOrder {
  call: number;
  template: string;
  conversation: string;
}

export interface RenderAnswer {
  call: number;
  segments?: ChatSegment[];
  error?: { code: RealmErrorCode; message: string };
}

interface Pending {
  resolve: (segments: ChatSegment[]) => void;
  reject: (error: unknown) => void;
}

/** `renderChatSegments` for whoever answers others meanwhile: what takes longer than some milliseconds is done on another thread. */
export async function renderElsewhere(
  template: string,
  messages: readonly ChatMessage[],
  options: RenderOptions,
): Promise<ChatSegment[]> {
  try {
    return pieces(render(template, messages, options, true, QUICK_STEPS));
  } catch (error) {
    if (!(error instanceof RealmError) || error.code !== 'E_LIMIT') throw error;
    const conversation = asJson({ messages, options });
    if (conversation === undefined) throw error;
    return (thread ??= new RenderThread()).render(template, conversation);
  }
}

/** Nothing for what is no JSON, such as messages that contain themselves. */
function asJson(data: unknown): string | undefined {
  try {
    return JSON.stringify(data);
  } catch {
    return undefined;
  }
}

let thread: RenderThread | undefined;

/** One thread for all renderings; it goes when it has had nothing to do for a while. */
class RenderThread {
  readonly #worker = new Worker(join(__dirname, 'renderWorker.js'));
  readonly #pending = new Map<number, Pending>();
  #last = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor() {
    this.#worker.unref();
    this.#worker.on('message', ({ call, segments, error }: RenderAnswer) => {
      const pending = this.#pending.get(call);
      this.#pending.delete(call);
      if (segments) pending?.resolve(segments);
      else if (error) pending?.reject(new RealmError(error.code, error.message));
      this.#rest();
    });
    const gone = (cause: unknown) => {
      if (thread === this) thread = undefined;
      clearTimeout(this.#idle);
      const problem = new RealmError('E_INTERNAL', 'the thread that renders chat templates ended', { cause });
      for (const { reject } of this.#pending.values()) reject(problem);
      this.#pending.clear();
    };
    this.#worker.on('error', gone);
    this.#worker.on('exit', gone);
  }

  render(template: string, conversation: string): Promise<ChatSegment[]> {
    clearTimeout(this.#idle);
    this.#worker.ref();
    const call = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#pending.set(call, { resolve, reject });
      this.#worker.postMessage({ call, template, conversation } satisfies RenderOrder);
    });
  }

  #rest(): void {
    if (this.#pending.size) return;
    this.#worker.unref();
    this.#idle = setTimeout(() => {
      if (thread === this) thread = undefined;
      void this.#worker.terminate();
    }, IDLE_MILLISECONDS);
    this.#idle.unref();
  }
}
