import type { WebSocket } from 'ws';
import type { CheckedOptions } from './options';

/** Large messages leave in fragments of this many bytes, so that progress shows on a slow line. */
const FRAGMENT = 64 << 10;

/** What leaves a WebSocket: one message after the other, at the pace at which the client reads. */
export class Outgoing {
  #socket: WebSocket;
  #limits: CheckedOptions['limits'];
  #last: Promise<void> = Promise.resolve();

  constructor(socket: WebSocket, limits: CheckedOptions['limits']) {
    this.#socket = socket;
    this.#limits = limits;
  }

  /**
   * Settles when the message is handed over and little waits to be read: whoever awaits it goes at the client's pace.
   * While messages wait here, nothing is read from the client either.
   */
  send(message: object | Buffer): Promise<void> {
    const binary = Buffer.isBuffer(message);
    const bytes = binary ? message : Buffer.from(JSON.stringify(message));
    this.#last = this.#last.then(() => this.#message(bytes, binary));
    return this.#last;
  }

  /** When everything said so far has left, or cannot. */
  flushed(): Promise<void> {
    return this.#last;
  }

  async #message(bytes: Buffer, binary: boolean): Promise<void> {
    for (let at = 0; at < bytes.length; at += FRAGMENT) {
      if (this.#socket.readyState !== this.#socket.OPEN) return;
      const fin = at + FRAGMENT >= bytes.length;
      await this.#fragment(bytes.subarray(at, at + FRAGMENT), { binary, fin });
    }
  }

  /** A client that reads less than `waitingBytes` in `stallMilliseconds` while messages wait is cut off. */
  #fragment(bytes: Buffer, how: { binary: boolean; fin: boolean }): Promise<void> {
    const socket = this.#socket;
    return new Promise((resolve) => {
      const late: { timer?: NodeJS.Timeout } = {};
      socket.send(bytes, how, () => {
        clearTimeout(late.timer);
        if (late.timer) socket.resume();
        resolve();
      });
      if (socket.bufferedAmount <= this.#limits.waitingBytes) return resolve();
      socket.pause();
      late.timer = setTimeout(() => socket.terminate(), this.#limits.stallMilliseconds);
    });
  }
}
