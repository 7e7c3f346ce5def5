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
  send(message: object | string): Promise<void> {
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    return this.#enqueue([Buffer.from(text)], false);
  }

  /** A binary message of several parts. */
  sendBytes(parts: readonly Buffer[]): Promise<void> {
    return this.#enqueue(parts, true);
  }

  #enqueue(parts: readonly Buffer[], binary: boolean): Promise<void> {
    this.#last = this.#last.then(() => this.#message(parts, binary));
    return this.#last;
  }

  /** When everything said so far has left, or cannot. */
  flushed(): Promise<void> {
    return this.#last;
  }

  async #message(parts: readonly Buffer[], binary: boolean): Promise<void> {
    const pieces = parts.flatMap((part) =>
      Array.from({ length: Math.ceil(part.length / FRAGMENT) }, (_, i) =>
        part.subarray(i * FRAGMENT, (i + 1) * FRAGMENT),
      ),
    );
    for (const [i, piece] of pieces.entries()) {
      if (this.#socket.readyState !== this.#socket.OPEN) return;
      await this.#fragment(piece, { binary, fin: i === pieces.length - 1 });
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
