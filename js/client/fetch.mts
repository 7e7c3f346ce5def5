import { fromWire, RealmError } from './error.mjs';
import { frameOf, parseFrame, parseMessage, type Reply, type Transport, type WireMessage } from './wire.mjs';

/** One HTTP request a call; streamed answers are server-sent events. For where a WebSocket cannot go. */
export class FetchTransport implements Transport {
  readonly kind = 'fetch';
  #url: string;
  #token: string | undefined;
  #fetch: typeof fetch;
  #closing = new AbortController();

  constructor(url: string, token: string | undefined, fetcher: typeof fetch) {
    this.#url = url;
    this.#token = token;
    this.#fetch = fetcher;
  }

  async call(
    name: string,
    params: Record<string, unknown>,
    signal: AbortSignal,
    onToken?: (text: string) => void,
    floats?: Float32Array,
  ): Promise<Reply> {
    const controller = new AbortController();
    const abort = () => controller.abort();
    for (const source of [signal, this.#closing.signal]) {
      if (source.aborted) abort();
      source.addEventListener('abort', abort);
    }
    const message = { function: name, params: onToken ? { ...params, stream: true } : params };
    try {
      const response = await this.#fetch.call(undefined, `${this.#url}/v1/call`, {
        method: 'POST',
        headers: {
          'Content-Type': floats ? 'application/octet-stream' : 'application/json',
          ...(this.#token === undefined ? {} : { Authorization: `Bearer ${this.#token}` }),
        },
        body: floats ? frameOf(message, floats) : JSON.stringify(message),
        signal: controller.signal,
      });
      return await this.#read(response, onToken);
    } catch (error) {
      if (error instanceof RealmError) throw error;
      if (this.#closing.signal.aborted) throw new RealmError('E_CONNECTION', 'the client was closed');
      if (signal.aborted) throw new RealmError('E_CANCELLED', 'the request was cancelled');
      throw new RealmError('E_CONNECTION', `the host could not be reached: ${(error as Error).message}`);
    } finally {
      for (const source of [signal, this.#closing.signal]) source.removeEventListener('abort', abort);
    }
  }

  async #read(response: Response, onToken?: (text: string) => void): Promise<Reply> {
    const type = response.headers.get('content-type') ?? '';
    if (type.startsWith('text/event-stream') && response.body) return readEvents(response.body, onToken);
    if (type.startsWith('application/octet-stream')) {
      const { data = {}, floats } = parseFrame(await response.arrayBuffer());
      return { data, floats };
    }
    const message = parseMessage(await response.text());
    if (!response.ok) throw fromWire(message.error);
    return { data: message.data ?? {} };
  }

  close(): void {
    this.#closing.abort();
  }
}

async function readEvents(body: ReadableStream<Uint8Array>, onToken?: (text: string) => void): Promise<Reply> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new RealmError('E_CONNECTION', 'the connection broke off in the middle of an answer');
    const events = (rest + decoder.decode(value, { stream: true })).split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) {
      if (!event.startsWith('data: ')) continue; // a sign of life
      const { status, data = {}, error }: WireMessage = parseMessage(event.slice(6));
      if (status === 'streaming') onToken?.(String(data.token));
      else if (status === 'complete') return { data };
      else throw fromWire(error);
    }
  }
}
