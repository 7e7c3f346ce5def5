import { types } from 'node:util';
import { RealmError } from '../portable/errors';

/** The content of a file: all kinds of byte arrays. */
export type Bytes = Uint8Array | ArrayBuffer | SharedArrayBuffer;

/** Token ids: unsigned 32-bit, or bytes of them (little-endian) in a Buffer or an ArrayBuffer. */
export type TokenIds = Uint32Array | Int32Array | Buffer | ArrayBuffer | SharedArrayBuffer | readonly number[];

/** float32 numbers, or bytes of them (little-endian) in a Buffer or an ArrayBuffer. */
export type Floats = Float32Array | Buffer | ArrayBuffer | SharedArrayBuffer | readonly number[];

/** A value as it stands in a message: short, and never the value's own toString. */
export function show(value: unknown): string {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'number':
    case 'boolean':
    case 'undefined':
      return String(value);
    case 'bigint':
      return `${value}n`;
    case 'string':
      return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
    case 'object':
      return showObject(value);
    default:
      return `a ${typeof value}`;
  }
}

/** What a proxy or a getter throws here is no part of what was wrong. */
function showObject(value: object): string {
  try {
    return Array.isArray(value) ? 'an array' : `an object (${Object.prototype.toString.call(value).slice(8, -1)})`;
  } catch {
    return 'an object';
  }
}

export function invalid(message: string, options?: { cause?: unknown }): RealmError {
  return new RealmError('E_INVALID_ARGUMENT', message, options);
}

/** Objects that hold something else than members: who gives one means what is in it, of which nothing would be read. */
const HOLDERS = [
  ...[types.isMap, types.isSet, types.isWeakMap, types.isWeakSet, types.isPromise, types.isDate, types.isRegExp],
  ...[types.isAnyArrayBuffer, types.isBoxedPrimitive],
];

/** Whether a value is an object whose members can be read. */
export const hasMembers = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !ArrayBuffer.isView(value) &&
  !HOLDERS.some((is) => is(value));

/** The options of a call: an object, or nothing. */
export function optionsObject<T extends object>(options: T | undefined, name = 'options'): Partial<T> {
  if (options === undefined || options === null) return {};
  if (!hasMembers(options)) throw invalid(`${name} must be an object, got ${show(options)}`);
  return options;
}

export function text(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw invalid(`${name} must be a string, got ${show(value)}`);
}

export function flag(name: string, value: unknown, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value === 'boolean') return value;
  throw invalid(`${name} must be a boolean, got ${show(value)}`);
}

export function positiveInteger(name: string, value: unknown, fallback: number, most = 0xffffffff): number {
  if (value === undefined) return fallback;
  if (value === Infinity) return most;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1) {
    if (value <= most) return value;
    throw invalid(`${name} must be at most ${most}, got ${show(value)}`);
  }
  throw invalid(`${name} must be a positive integer, got ${show(value)}`);
}

export function wholeNumber(name: string, value: unknown, fallback: number, most: number): number {
  if (value === undefined) return fallback;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw invalid(`${name} must be an integer from 0 to ${most}, got ${show(value)}`);
}

export function numberBetween(name: string, value: unknown, fallback: number, least: number, most: number): number {
  if (value === undefined) return fallback;
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw invalid(
    most === Infinity
      ? `${name} must be a number of at least ${least}, got ${show(value)}`
      : `${name} must be a number from ${least} to ${most}, got ${show(value)}`,
  );
}

export function oneOf<T extends string>(name: string, value: unknown, choices: readonly T[], fallback: T): T {
  if (value === undefined) return fallback;
  if (choices.includes(value as T)) return value as T;
  throw invalid(`${name} must be ${choices.map((c) => `'${c}'`).join(' or ')}, got ${show(value)}`);
}

/** The part of AbortSignal that is used: Node's own, or a polyfill's. */
export function abortSignal(value: unknown): AbortSignal | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'object' && value !== null && 'aborted' in value) {
    const signal = value as AbortSignal;
    if (typeof signal.addEventListener === 'function' && typeof signal.removeEventListener === 'function')
      return signal;
  }
  throw invalid(`signal must be an AbortSignal, got ${show(value)}`);
}

/** Token ids as the addon takes them. The text of the error for other types is upstream's. */
export function tokenIds(value: unknown, name = 'tokenIds'): Uint32Array | Buffer | ArrayBuffer {
  if (types.isUint32Array(value) || Buffer.isBuffer(value) || types.isArrayBuffer(value)) return value;
  if (types.isSharedArrayBuffer(value)) return Buffer.from(value);
  if (!types.isInt32Array(value) && !Array.isArray(value)) throw invalid(`${name} must be Uint32Array or Buffer`);
  const ids = new Uint32Array(value.length);
  for (let i = 0; i < ids.length; i++) {
    const id: unknown = value[i];
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id > 0xffffffff) {
      throw invalid(`${name}[${i}] must be an integer from 0 to 4294967295, got ${show(id)}`);
    }
    ids[i] = id;
  }
  return ids;
}

/** Token ids that a model is given: whole ones, where they come as bytes. */
export function modelIds(value: unknown, name: string): Uint32Array | Buffer | ArrayBuffer {
  const isBytes = Buffer.isBuffer(value) || types.isAnyArrayBuffer(value);
  if (!isBytes && !types.isUint32Array(value) && !types.isInt32Array(value) && !Array.isArray(value))
    throw invalid(`${name} must be token ids (an array, a Uint32Array, or bytes in a Buffer), got ${show(value)}`);
  const { byteLength } = value as { byteLength: number };
  if (isBytes && byteLength % 4 !== 0) throw invalid(`${name} has ${byteLength} bytes, which are not whole ids of 4`);
  return tokenIds(value, name);
}

/** A copy of token ids, which nobody can change. */
export function ownTokenIds(value: unknown, name: string): Uint32Array {
  const ids = modelIds(value, name);
  // Of what is detached nothing can be taken, not even nothing.
  if (ids.byteLength === 0) return new Uint32Array(0);
  if (types.isUint32Array(ids)) return Uint32Array.from(ids);
  return new Uint32Array((Buffer.isBuffer(ids) ? Uint8Array.from(ids) : new Uint8Array(ids.slice(0))).buffer);
}

/** float32 numbers as the addon takes them. The text of the error for other types is upstream's. */
export function floats(value: unknown, name: string): Float32Array | Buffer | ArrayBuffer {
  if (types.isFloat32Array(value) || Buffer.isBuffer(value) || types.isArrayBuffer(value)) return value;
  if (types.isSharedArrayBuffer(value)) return Buffer.from(value);
  if (!Array.isArray(value)) throw invalid(`${name} must be Float32Array or Buffer`);
  const numbers = new Float32Array(value.length);
  for (let i = 0; i < numbers.length; i++) {
    const number: unknown = value[i];
    if (typeof number !== 'number') throw invalid(`${name}[${i}] must be a number, got ${show(number)}`);
    numbers[i] = number;
  }
  return numbers;
}

/** A layer or a position. What is no number at all gets the addon's error, in upstream's words. */
export function uint32(name: string, value: number): number {
  if (typeof value !== 'number' || (Number.isInteger(value) && value >= 0 && value <= 0xffffffff)) return value;
  throw invalid(`${name} must be an integer from 0 to 4294967295, got ${show(value)}`);
}

/** The id of a stored model. One that no model can have is not found, as upstream says; a fraction would be cut to another model's. */
export function storedId(value: number): number {
  if (typeof value !== 'number' || Number.isInteger(value) || !Number.isFinite(value)) return value;
  throw invalid(`modelId must be an integer, got ${show(value)}`);
}

/** An array that results are written into. */
export function floatsOut(value: unknown): Float32Array {
  if (types.isFloat32Array(value)) return value;
  throw invalid(`out must be a Float32Array, got ${show(value)}`);
}
