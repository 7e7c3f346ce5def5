import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Refusal } from './errors';
import { isLoopback } from './options';

/** Who may talk to the host: which pages, under which name, with which token. */
export class Access {
  #digest: Buffer | null;
  #origins: Set<string>;
  #names: Set<string>;
  #checkName: boolean;

  /** `origins` besides the host's own; `host` and `port` as they are listened on. */
  constructor(token: string | null, origins: readonly string[], host: string, port: number) {
    this.#digest = token === null ? null : digest(token);
    const own = ['localhost', '127.0.0.1', '[::1]', host.includes(':') ? `[${host}]` : host];
    this.#origins = new Set([...origins, ...own.flatMap((name) => originsAt(name, port))]);
    this.#names = new Set([...own, ...origins.map((origin) => new URL(origin).hostname)]);
    this.#checkName = isLoopback(host);
  }

  /** Compares in constant time: digests, so that lengths do not show either. */
  tokenFits(token: unknown): boolean {
    if (this.#digest === null) return true;
    return typeof token === 'string' && timingSafeEqual(digest(token), this.#digest);
  }

  get open(): boolean {
    return this.#digest === null;
  }

  /** The origin of the page that asks, if a page asks. */
  checkOrigin(request: IncomingMessage): string | undefined {
    const { origin, host } = request.headers;
    // Of several, a proxy in front may have looked at another one than Node did.
    if (request.rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host').length > 1)
      throw new Refusal('E_PROTOCOL', 'there is more than one Host header');
    // A page whose own domain resolves to this machine (DNS rebinding) is of the same origin for its browser: on loopback,
    // the name by which the host is called is checked too.
    if (this.#checkName && !this.#names.has(nameOf(host)))
      throw new Refusal('E_ORIGIN', 'the Host header names another host');
    if (origin !== undefined && !this.#origins.has(origin))
      throw new Refusal('E_ORIGIN', 'pages of this origin may not connect');
    return origin;
  }

  /** The token of a request's headers: `Authorization: Bearer`, or `x-api-key` as some clients have it. */
  carriesToken({ headers }: IncomingMessage): boolean {
    const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
    return this.tokenFits(bearer ?? headers['x-api-key']);
  }

  checkBearer(request: IncomingMessage): void {
    if (!this.carriesToken(request)) throw new Refusal('E_UNAUTHORIZED', 'the token is missing or wrong');
  }
}

const digest = (token: string): Buffer => createHash('sha256').update(token).digest();

const originsAt = (name: string, port: number): string[] => [
  ...(port === 80 ? [`http://${name}`] : []),
  ...(port === 443 ? [`https://${name}`] : []),
  `http://${name}:${port}`,
];

/** `[::1]:8080` -> `[::1]`. */
const nameOf = (host: string | undefined): string => (host ?? '').toLowerCase().replace(/:\d+$/, '');
