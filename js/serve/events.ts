import type { ServerResponse } from 'node:http';
import type { CheckedOptions } from './options';
import { sendPaced } from './paced';

/** Proxies and browsers give up on connections that say nothing for long, as before the first token of a long prompt, or between two. */
const PING_MILLISECONDS = 10_000;
/** What is wrong with a request shows sooner, in most cases, and then has a status of its own. */
const HEADERS_MILLISECONDS = 25;
const PING = ': ping\n\n';

/**
 * Server-sent events. The answer begins with the first of them, or when it has been waited for a moment: clients that see no headers for minutes
 * give up, and ask again.
 */
export class Events {
  #response: ServerResponse;
  #limits: CheckedOptions['limits'];
  #headers: NodeJS.Timeout;
  #ping: NodeJS.Timeout;

  constructor(response: ServerResponse, limits: CheckedOptions['limits']) {
    this.#response = response;
    this.#limits = limits;
    this.#headers = setTimeout(() => void this.#write(PING), HEADERS_MILLISECONDS);
    this.#ping = setInterval(() => void this.#write(PING), PING_MILLISECONDS).unref();
    response.once('close', () => this.stop());
  }

  get begun(): boolean {
    return this.#response.headersSent;
  }

  send(data: object | string): Promise<void> {
    return this.#write(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);
  }

  /** Stops the signs of life; the response itself stays open. */
  stop(): void {
    clearTimeout(this.#headers);
    clearInterval(this.#ping);
  }

  #write(text: string): Promise<void> {
    clearTimeout(this.#headers);
    this.#ping.refresh();
    const response = this.#response;
    if (!response.headersSent && !response.destroyed) {
      response.req.socket.setNoDelay(true);
      response.writeHead(200, {
        'Content-Type': 'text/event-stream',
        'Cache-Control': 'no-store',
        'X-Accel-Buffering': 'no', // nginx would wait for more
      });
    }
    return sendPaced(response, text, this.#limits);
  }
}
