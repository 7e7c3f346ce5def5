import { RealmError } from './error.mjs';

/** An answer, or a piece of one, as it comes from the host. */
export interface WireMessage {
  id?: string | number | null;
  type?: string;
  status?: 'streaming' | 'complete' | 'error' | 'cancelled';
  data?: Record<string, unknown>;
  error?: unknown;
}

export interface Reply {
  data: Record<string, unknown>;
  floats?: Float32Array;
}

/** A way to the host. Both do the same; one is a WebSocket, the other `fetch` and server-sent events. */
export interface Transport {
  readonly kind: 'websocket' | 'fetch';
  /** Settles with the end of the answer; pieces go to `onToken` before. */
  call(
    name: string,
    params: Record<string, unknown>,
    signal: AbortSignal,
    onToken?: (text: string) => void,
    floats?: Float32Array,
  ): Promise<Reply>;
  close(): void;
}

export function parseMessage(text: string): WireMessage {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // falls through: both are the same to the caller
  }
  throw new RealmError('E_PROTOCOL', 'the host sent something that is no JSON object');
}

/** The binary frame: u32 length, JSON of that length, float32 numbers; all little-endian. */
export function parseFrame(bytes: ArrayBuffer): WireMessage & { floats: Float32Array } {
  const length = bytes.byteLength >= 4 ? new DataView(bytes).getUint32(0, true) : Infinity;
  if (4 + length > bytes.byteLength || (bytes.byteLength - length) % 4 !== 0)
    throw new RealmError('E_PROTOCOL', 'the host sent a binary frame that is cut off');
  const message = parseMessage(new TextDecoder().decode(new Uint8Array(bytes, 4, length)));
  return { ...message, floats: new Float32Array(bytes, 4 + length) };
}

/** A binary frame, to be sent or handed on. */
export function frameOf(json: object, floats: Float32Array): ReturnType<typeof Uint8Array.of> {
  const text = new TextEncoder().encode(JSON.stringify(json));
  const length = Math.ceil(text.length / 4) * 4;
  const bytes = new Uint8Array(4 + length + floats.byteLength);
  new DataView(bytes.buffer).setUint32(0, length, true);
  bytes.fill(32, 4 + text.length, 4 + length); // spaces
  bytes.set(text, 4);
  bytes.set(new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength), 4 + length);
  return bytes;
}

/** Without what is not given: JSON would leave it out too, but null is not the same. */
export function given(params: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined));
}
