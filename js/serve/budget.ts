import type { Socket } from 'node:net';
import type { CheckedOptions } from './options';
import { Refusal } from './errors';

type Limits = CheckedOptions['limits'];

/** Who asks, as far as a network tells: all connections of an address are one client. */
export function clientOf({ remoteAddress }: Pick<Socket, 'remoteAddress'>): string {
  if (remoteAddress === undefined) return 'local';
  const address = remoteAddress.replace(/^::ffff:(?=\d+\.)/i, '');
  // Of IPv6 everyone has a network of 64 bits to himself.
  return address.includes(':') ? networkOf(address) : address;
}

/** The first four groups of an address; `::` stands for as many zeros as are missing. */
function networkOf(address: string): string {
  const [head = '', tail] = (address.split('%', 1)[0] as string).split('::');
  const groups = head.split(':').filter(Boolean);
  if (tail !== undefined) {
    const rest = tail.split(':').filter(Boolean);
    while (groups.length + rest.length < 8) groups.push('0');
    groups.push(...rest);
  }
  return `${groups.slice(0, 4).join(':')}::/64`;
}

/** Something that there is so much of for all, and so much at most for each client. */
export class Shares {
  readonly #most: number;
  readonly #mostOfOne: number;
  readonly #used = new Map<string, number>();
  #all = 0;

  constructor(most: number, mostOfOne: number) {
    this.#most = most;
    this.#mostOfOne = mostOfOne;
  }

  get used(): number {
    return this.#all;
  }

  /** Takes some, or says for whom there is none: nothing then has changed. */
  take(client: string, amount = 1): 'all' | 'client' | undefined {
    const own = (this.#used.get(client) ?? 0) + amount;
    if (this.#all + amount > this.#most) return 'all';
    if (own > this.#mostOfOne) return 'client';
    this.#used.set(client, own);
    this.#all += amount;
    return undefined;
  }

  give(client: string, amount = 1): void {
    const own = (this.#used.get(client) ?? 0) - amount;
    if (own > 0) this.#used.set(client, own);
    else this.#used.delete(client);
    this.#all -= amount;
  }
}

/** Of all seconds that requests took: the last ones count most. */
const MEMORY_OF_SECONDS = 0.9;
const LONGEST_RETRY_SECONDS = 60;

/** What all requests together may take of this process: places at work, and bytes of what they bring and get. */
export class Budget {
  readonly requests: Shares;
  /** Requests for which there was no place. */
  refused = 0;
  readonly #bytes: Shares;
  readonly #limits: Limits;
  #seconds = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
    this.requests = new Shares(limits.requests, limits.requestsPerClient);
    this.#bytes = new Shares(limits.bytes, limits.bytesPerClient);
  }

  /** A request's part in it: it begins with nothing. */
  open(client: string): Lease {
    return new Lease(this, client);
  }

  /** @internal */
  takeRequest(client: string): void {
    const full = this.requests.take(client);
    if (full) this.refused++;
    if (full === 'all') throw new Refusal('E_BUSY', `${this.#limits.requests} requests are at work`, this.#retryAfter);
    if (full === 'client')
      throw new Refusal(
        'E_BUSY',
        `${this.#limits.requestsPerClient} requests of this client are at work`,
        this.#retryAfter,
      );
  }

  /** @internal */
  takeBytes(client: string, bytes: number): void {
    if (bytes > this.#limits.bytesPerClient || bytes > this.#limits.bytes)
      throw new Refusal('E_TOO_LARGE', `${bytes} bytes are more than one client may have here`);
    const full = this.#bytes.take(client, bytes);
    if (full)
      throw new Refusal(
        'E_BUSY',
        `requests ${full === 'all' ? 'at work' : 'of this client'} fill the memory for them`,
        1,
      );
  }

  /** @internal */
  giveBytes(client: string, bytes: number): void {
    this.#bytes.give(client, bytes);
  }

  /** @internal */
  giveRequest(client: string, seconds: number): void {
    this.requests.give(client);
    this.#seconds = MEMORY_OF_SECONDS * this.#seconds + (1 - MEMORY_OF_SECONDS) * seconds;
  }

  /** When a place is likely to be free: all of them are taken, and requests have lately taken so long. */
  get #retryAfter(): number {
    return Math.min(LONGEST_RETRY_SECONDS, Math.max(1, Math.ceil(this.#seconds / this.#limits.requests)));
  }
}

/** What one request has of the budget. Closing it gives all back, once. */
export class Lease {
  readonly #budget: Budget;
  readonly client: string;
  #bytes = 0;
  #closed = false;

  /** @internal */
  constructor(budget: Budget, client: string) {
    this.#budget = budget;
    this.client = client;
  }

  /** @throws Refusal E_BUSY: others have them; E_TOO_LARGE: nobody could have as many */
  takeBytes(bytes: number): void {
    if (this.#closed) return;
    this.#budget.takeBytes(this.client, bytes);
    this.#bytes += bytes;
  }

  /**
   * A place among the requests at work.
   *
   * @returns gives it back
   * @throws Refusal E_BUSY
   */
  takeRequest(): () => void {
    this.#budget.takeRequest(this.client);
    const began = performance.now();
    return () => this.#budget.giveRequest(this.client, (performance.now() - began) / 1000);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#budget.giveBytes(this.client, this.#bytes);
  }
}
