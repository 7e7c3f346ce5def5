import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { flag, invalid, optionsObject, positiveInteger, show, text, wholeNumber } from '../engine/check';
import type { LoadOptions } from '../model/loadModel';
import { knownOptions } from '../options/table';
import { Model } from '../model/model';
import { nearest } from '../portable/nearest';

/** A model that clients may ask for: a path that is opened on first use (and closed by the host), or an open model of yours. */
export type ServedModel = string | Model | ({ path: string } & Omit<LoadOptions, 'signal'>);

/** Bytes, counts and milliseconds; each has a default. */
export interface ServeLimits {
  /** WebSocket connections at a time. Default 64. */
  connections?: number;
  /** Requests at work at a time, of all clients. Default 32. */
  requests?: number;
  /** WebSocket connections of one client, which is one address. Default three quarters of `connections`. */
  connectionsPerClient?: number;
  /** Requests of one client at work at a time, over HTTP and WebSockets together. Default three quarters of `requests`. */
  requestsPerClient?: number;
  /** Requests at work at a time on one connection, WebSocket or HTTP. Default 8. */
  requestsPerConnection?: number;
  /** How long a request may take, from its arrival to its end. Default 600 000. */
  requestMilliseconds?: number;
  /** Bytes of all messages and answers that are in memory at a time. Default 256 MiB. */
  bytes?: number;
  /** Of one client. Default three quarters of `bytes`. */
  bytesPerClient?: number;
  /** Bytes of a frame or a body from a client. Default 1 MiB. */
  messageBytes?: number;
  /** Bytes of numbers in one answer. Default 64 MiB. */
  answerBytes?: number;
  /** Tokens of one answer; a request for more is cut to it. Default 4096. */
  tokens?: number;
  /** Key/value caches of guests at a time, of all clients. Default 16. */
  sessions?: number;
  /** Of one client. Default three quarters of `sessions`. */
  sessionsPerClient?: number;
  /** A session that was opened by HTTP ends when nothing is asked of it for so long. Default 60 000. */
  sessionMilliseconds?: number;
  /** Bytes that may wait for a client to read them, before its answers pause. Default 1 MiB. */
  waitingBytes?: number;
  /** A client that reads less than `waitingBytes` in this time, while answers wait, is cut off. Default 10 000. */
  stallMilliseconds?: number;
  /** How long a WebSocket may take to show its token. Default 5 000. */
  authMilliseconds?: number;
  /** How often a WebSocket is asked whether it is alive; the second question without an answer cuts it off. Default 30 000. */
  heartbeatMilliseconds?: number;
}

export interface ServeOptions {
  /** The models that clients may use, by the names they use. Nothing else can be loaded. The first is the default. */
  models: Readonly<Record<string, ServedModel>>;
  /** Address to listen on. Default `127.0.0.1`: only programs of this machine. */
  host?: string;
  /** Default 8080, as upstream's; 0: a free one. */
  port?: number;
  /** What clients must show: at least 16 letters, digits or `-._~+/=`. Default: a new random one, to be read from the host. `false`: none, only on loopback. */
  token?: string | false;
  /** Origins of pages that may connect, such as `https://example.org`, besides the host's own. */
  origins?: readonly string[];
  limits?: ServeLimits;
  /** Whether the answers of `onRequest` isolate your pages from other origins (COOP, COEP, CORP): then their workers have shared memory, and guests a WebSocket. Default false. */
  isolate?: boolean;
  /** Answers HTTP requests for paths that are not the host's: a page, say. Their Host header and origin have been checked, their token has not. */
  onRequest?: (request: IncomingMessage, response: ServerResponse) => void;
}

export interface CheckedOptions {
  models: Map<string, ServedModel>;
  host: string;
  port: number;
  token: string | null;
  origins: readonly string[];
  limits: Required<ServeLimits>;
  isolate: boolean;
  onRequest: ServeOptions['onRequest'];
}

/** What an Authorization header can carry (RFC 6750). */
const TOKEN = /^[\w.~+/=-]{16,}$/;
/** The part of a limit that one client may have, unless told otherwise: the others are to find something. */
const SHARE = 0.75;
const SHARED = {
  connectionsPerClient: 'connections',
  requestsPerClient: 'requests',
  bytesPerClient: 'bytes',
  sessionsPerClient: 'sessions',
} as const;
const DEFAULTS: Omit<Required<ServeLimits>, keyof typeof SHARED> = {
  connections: 64,
  requests: 32,
  requestsPerConnection: 8,
  requestMilliseconds: 600_000,
  bytes: 256 << 20,
  messageBytes: 1 << 20,
  answerBytes: 64 << 20,
  tokens: 4096,
  sessions: 16,
  sessionMilliseconds: 60_000,
  waitingBytes: 1 << 20,
  stallMilliseconds: 10_000,
  authMilliseconds: 5_000,
  heartbeatMilliseconds: 30_000,
};

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);

function modelsOf(value: unknown): Map<string, ServedModel> {
  if (typeof value !== 'object' || value === null) throw invalid(`models must be an object, got ${show(value)}`);
  const models = new Map<string, ServedModel>();
  for (const [name, model] of Object.entries(value as Record<string, unknown>)) {
    const path = model instanceof Model ? '' : typeof model === 'string' ? model : (model as { path?: unknown })?.path;
    if (typeof path !== 'string') throw invalid(`models[${show(name)}] must be a path, { path } or a Model`);
    models.set(name, model as ServedModel);
  }
  if (models.size === 0) throw invalid('models must name at least one model');
  return models;
}

function tokenOf(value: unknown, host: string): string | null {
  if (value === undefined) return randomBytes(24).toString('base64url');
  if (value === false) {
    if (!isLoopback(host)) throw invalid(`without a token the host listens on loopback only, not on ${show(host)}`);
    return null;
  }
  if (typeof value === 'string' && TOKEN.test(value)) return value;
  throw invalid('token must be at least 16 letters, digits or -._~+/=, or false');
}

/** As browsers send it: scheme, host, port where it is not the scheme's own, no path. */
function isOrigin(value: unknown): value is string {
  try {
    return typeof value === 'string' && new URL(value).origin === value;
  } catch {
    return false;
  }
}

function originsOf(value: unknown): readonly string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw invalid(`origins must be an array of strings, got ${show(value)}`);
  return value.map((origin: unknown) => {
    if (isOrigin(origin)) return origin;
    throw invalid(`origins: ${show(origin)} is no origin such as 'https://example.org'`);
  });
}

function limitsOf(value: ServeLimits | undefined): Required<ServeLimits> {
  const given = optionsObject(value) as Record<string, unknown>;
  const names = [...Object.keys(DEFAULTS), ...Object.keys(SHARED)];
  for (const name of Object.keys(given))
    if (!names.includes(name))
      throw invalid(`there is no limit ${show(name)}; did you mean ${show(nearest(name, names))}?`);
  const limit = (name: string, fallback: number) =>
    positiveInteger(`limits.${name}`, given[name], fallback, 0x7fffffff);
  const limits: Record<string, number> = {};
  for (const [name, fallback] of Object.entries(DEFAULTS)) limits[name] = limit(name, fallback);
  for (const [name, whole] of Object.entries(SHARED))
    limits[name] = limit(name, Math.ceil(SHARE * (limits[whole] as number)));
  return limits as unknown as Required<ServeLimits>;
}

const NAMES = ['models', 'host', 'port', 'token', 'origins', 'limits', 'isolate', 'onRequest'];

export function checkOptions(options: ServeOptions): CheckedOptions {
  const given = knownOptions('serve', options, NAMES) as Partial<ServeOptions>;
  const { models, host = '127.0.0.1', port, token, origins, limits, isolate, onRequest } = given;
  text('host', host);
  if (onRequest !== undefined && typeof onRequest !== 'function') throw invalid('onRequest must be a function');
  return {
    models: modelsOf(models),
    host,
    port: wholeNumber('port', port, 8080, 65535),
    token: tokenOf(token, host),
    origins: originsOf(origins),
    limits: limitsOf(limits),
    isolate: flag('isolate', isolate, false),
    onRequest,
  };
}
