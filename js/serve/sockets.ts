import type { Socket } from 'node:net';
import { clientOf } from './budget';

/** The part of all sockets that one client may have. */
const SHARE = 0.75;

interface Held {
  client: string;
  /** Requests that have no whole answer yet. */
  requests: number;
  /** It has become a WebSocket, which has limits of its own. */
  upgraded: boolean;
}

/**
 * The sockets of all clients, so many at most. When there is no room, one that asks for nothing goes, the oldest first: whoever opens sockets and
 * is silent locks nobody out.
 */
export class Sockets {
  readonly #most: number;
  readonly #held = new Map<Socket, Held>();

  constructor(most: number) {
    this.#most = most;
  }

  /** A new one; it is closed at once where there is no room for it. */
  add(socket: Socket): void {
    const client = clientOf(socket);
    if (!this.#makeRoom(client)) return void socket.destroy();
    this.#held.set(socket, { client, requests: 0, upgraded: false });
    socket.once('close', () => this.#held.delete(socket));
  }

  /** A request has come. @returns how many the socket waits for now */
  begin(socket: Socket): number {
    const held = this.#held.get(socket);
    return held ? ++held.requests : 1;
  }

  end(socket: Socket): void {
    const held = this.#held.get(socket);
    if (held) held.requests--;
  }

  upgraded(socket: Socket): void {
    const held = this.#held.get(socket);
    if (held) held.upgraded = true;
  }

  destroy(): void {
    for (const socket of this.#held.keys()) socket.destroy();
  }

  #makeRoom(client: string): boolean {
    const own = [...this.#held.values()].filter((held) => held.client === client).length;
    if (own >= Math.ceil(SHARE * this.#most)) return this.#evict((held) => held.client === client);
    if (this.#held.size >= this.#most) return this.#evict(() => true);
    return true;
  }

  #evict(isMeant: (held: Held) => boolean): boolean {
    for (const [socket, held] of this.#held) {
      if (held.requests > 0 || held.upgraded || !isMeant(held)) continue;
      this.#held.delete(socket);
      socket.destroy();
      return true;
    }
    return false;
  }
}
