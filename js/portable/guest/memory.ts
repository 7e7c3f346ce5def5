import { asText } from '../asText.js';
import { RealmError } from '../errors.js';
import { GuestFault } from './faults.js';
import type { WasmMemory } from './webassembly.js';

/** The guest's memory, or where to find it: it exists only once the guest has been instantiated. */
export type MemorySource = WasmMemory | (() => WasmMemory | undefined);

/**
 * A guest's linear memory, checked. Pointers and lengths are unsigned 32-bit numbers; every view is made for one use,
 * since growing detaches all of them. Where the memory is shared with other threads, the engine works on copies.
 */
export class GuestMemory {
  #source: MemorySource | undefined;
  /** The buffer last seen, and whether it is shared. */
  #known: ArrayBufferLike | undefined;
  #shared = false;

  /** @throws RealmError E_INVALID_ARGUMENT: neither a memory nor a function */
  constructor(source?: MemorySource) {
    if (source !== undefined && typeof source !== 'function' && (typeof source !== 'object' || source === null))
      throw new RealmError(
        'E_INVALID_ARGUMENT',
        `memory must be a WebAssembly.Memory or a function, got ${asText(source)}`,
      );
    this.#source = source;
  }

  attach(source: MemorySource): void {
    this.#source = source;
  }

  get #buffer(): ArrayBufferLike {
    const memory = typeof this.#source === 'function' ? this.#source() : this.#source;
    const buffer: unknown = memory?.buffer;
    if (typeof buffer !== 'object' || buffer === null)
      throw new GuestFault('NO_MEMORY', 'the guest has no memory attached');
    return buffer as ArrayBufferLike;
  }

  /** By its name: it may be of another realm. */
  #isShared(buffer: ArrayBufferLike): boolean {
    if (buffer !== this.#known) {
      this.#known = buffer;
      this.#shared = Object.prototype.toString.call(buffer) === '[object SharedArrayBuffer]';
    }
    return this.#shared;
  }

  /** @throws GuestFault OUT_OF_BOUNDS, or INVALID_ARGUMENT where the pointer is not aligned to `unit` bytes */
  check(what: string, pointer: number, count: number, unit = 1): void {
    const size = this.#buffer.byteLength;
    if (pointer % unit !== 0)
      throw new GuestFault('INVALID_ARGUMENT', `${what}: pointer ${pointer} is not aligned to ${unit} bytes`);
    if (pointer + count * unit > size) {
      throw new GuestFault(
        'OUT_OF_BOUNDS',
        `${what}: ${count * unit} bytes at ${pointer} reach beyond the memory of ${size} bytes`,
      );
    }
  }

  /** The bytes themselves; a copy where the memory is shared. */
  bytes(what: string, pointer: number, length: number): Uint8Array {
    this.check(what, pointer, length);
    const view = new Uint8Array(this.#buffer, pointer, length);
    return this.#isShared(view.buffer) ? new Uint8Array(view) : view;
  }

  ids(what: string, pointer: number, count: number): Uint32Array {
    this.check(what, pointer, count, 4);
    const view = new Uint32Array(this.#buffer, pointer, count);
    return this.#isShared(view.buffer) ? new Uint32Array(view) : view;
  }

  floats(what: string, pointer: number, count: number): Float32Array {
    this.check(what, pointer, count, 4);
    const view = new Float32Array(this.#buffer, pointer, count);
    return this.#isShared(view.buffer) ? new Float32Array(view) : view;
  }

  /** @throws GuestFault BAD_UTF8 */
  text(what: string, pointer: number, length: number): string {
    // A copy in any case: decoders refuse shared memory, and a name may be used after the memory has grown.
    const bytes = this.bytes(what, pointer, length).slice();
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw new GuestFault('BAD_UTF8', `${what}: ${length} bytes at ${pointer} are not valid UTF-8`);
    }
  }

  /** After something was written into what `floats` gave for this place: where that was a copy, the memory gets it. */
  wrote(pointer: number, out: Float32Array): void {
    const buffer = this.#buffer;
    if (this.#isShared(buffer)) new Float32Array(buffer, pointer, out.length).set(out);
  }

  writeBytes(what: string, pointer: number, bytes: Uint8Array): void {
    this.check(what, pointer, bytes.length);
    new Uint8Array(this.#buffer, pointer, bytes.length).set(bytes);
  }

  /** Bytes at `pointer` if they fit; how many. */
  answer(what: string, pointer: number, most: number, bytes: Uint8Array): number {
    if (bytes.length > most)
      throw new GuestFault('TOO_SMALL', `${what}: ${bytes.length} bytes are needed, there is room for ${most}`);
    this.writeBytes(what, pointer, bytes);
    return bytes.length;
  }

  writeU32(what: string, pointer: number, value: number): void {
    this.check(what, pointer, 1, 4);
    new DataView(this.#buffer).setUint32(pointer, value, true);
  }

  writeU64(what: string, pointer: number, value: bigint): void {
    this.check(what, pointer, 1, 8);
    new DataView(this.#buffer).setBigUint64(pointer, value, true);
  }
}
