import type { ServerResponse } from 'node:http';
import type { CheckedOptions } from './options';

/** Proxies and browsers give up on connections that say nothing for long, as before the first token of a long prompt. */
const SIGN_OF_LIFE_MILLISECONDS = 10_000;

/** Server-sent events. The answer begins with the first one, so that what fails before it has a status of its own. */
export class Events {
  #response: ServerResponse;
  #limits: CheckedOptions['limits'];
  #alive: NodeJS.Timeout;

  constructor(response: ServerResponse, limits: CheckedOptions['limits']) {
    this.#response = response;
    this.#limits = limits;
    this.#alive = setInterval(() => void this.#write(': waiting\n\n'), SIGN_OF_LIFE_MILLISECONDS).unref();
    response.once('close', () => clearInterval(this.#alive));
  }

  get begun(): boolean {
    return this.#response.headersSent;
  }

  send(data: object | string): Promise<void> {
    return this.#write(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);
  }

  /** Stops the signs of life; the response itself stays open. */
  stop(): void {
    clearInterval(this.#alive);
  }

  /** As on a WebSocket: at once while little waits, else at the client's pace, and not for ever. */
  #write(text: string): Promise<void> {
    const response = this.#response;
    const { socket } = response.req;
    // The socket too: of answers to requests sent ahead, only the first one's hears of its end.
    if (response.destroyed || socket.destroyed) return Promise.resolve();
    if (!response.headersSent)
      response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    const { waitingBytes, stallMilliseconds } = this.#limits;
    return new Promise((resolve) => {
      const late: { timer?: NodeJS.Timeout } = {};
      const done = () => {
        clearTimeout(late.timer);
        socket.off('close', done);
        resolve();
      };
      response.write(text, done);
      if (response.writableLength <= waitingBytes) return resolve();
      socket.on('close', done);
      late.timer = setTimeout(() => socket.destroy(), stallMilliseconds);
    });
  }
}
