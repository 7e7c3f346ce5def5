// Computes for the sessions of a host in a thread of its own; see sessions.ts.
import { parentPort } from 'node:worker_threads';
import { binding } from '../engine/binding';
import { fromNative } from '../engine/errors';
import { RealmError } from '../portable/errors';
import type { OwnFloats } from './wire';

/** What a client can ask of a session; `floats` are its own. */
export type SessionWork =
  | { kind: 'embed'; ids: Uint32Array; width: number }
  | { kind: 'forward'; layer: number; count: number; floats: Float32Array; position: number }
  | { kind: 'logits'; floats: Float32Array; width: number }
  | { kind: 'tensor' | 'tensorSize'; name: string }
  | { kind: 'reset' };

/** What the thread is sent. */
export type SessionOrder =
  | { call: number; kind: 'open'; handle: bigint }
  | { call: number; kind: 'close'; session: number }
  | (SessionWork & { call: number; session: number; cancel: Int32Array });

/** What it sends back: under the same number a result, or why there is none. */
export interface SessionAnswer {
  call: number;
  value: number;
  floats?: OwnFloats;
  error?: { code: string; message: string };
}

/** By session: the model, and the sequence that stands for the session now. */
const sessions = new Map<number, { handle: bigint; stored: number }>();
let last = 0;

function work(order: SessionOrder): { value: number; floats?: OwnFloats } {
  if (order.kind === 'open') {
    sessions.set(++last, { handle: order.handle, stored: binding.storeOwn(order.handle) });
    return { value: last };
  }
  const session = sessions.get(order.session);
  if (!session) throw new RealmError('E_MODEL_NOT_FOUND', 'the session was closed');
  const { stored } = session;
  if (order.kind === 'close') {
    sessions.delete(order.session);
    binding.removeModel(stored);
    return { value: 0 };
  }
  // Its client is gone, or has changed its mind: the reason is known where this was asked.
  if (Atomics.load(order.cancel, 0) !== 0) throw new RealmError('E_CANCELLED', 'cancelled');
  switch (order.kind) {
    case 'embed': {
      const out = new Float32Array(order.ids.length * order.width);
      binding.embedTokensInto(stored, order.ids, out);
      return { value: 0, floats: out };
    }
    case 'forward':
      for (let layer = order.layer; layer < order.layer + order.count; layer++)
        binding.forwardLayerInto(stored, layer, order.floats, order.position, order.floats);
      return { value: 0, floats: order.floats as OwnFloats };
    case 'logits': {
      const out = new Float32Array(order.width);
      binding.computeLogitsInto(stored, order.floats, out);
      return { value: 0, floats: out };
    }
    case 'tensor':
      return { value: 0, floats: new Float32Array(binding.getTensor(stored, order.name)) };
    case 'tensorSize':
      return { value: binding.tensorElements(stored, order.name) };
    case 'reset':
      session.stored = binding.storeOwn(session.handle);
      binding.removeModel(stored);
      return { value: 0 };
  }
}

const port = parentPort;
port?.on('message', (order: SessionOrder) => {
  const { call } = order;
  try {
    const { value, floats } = work(order);
    const answer: SessionAnswer = floats ? { call, value, floats } : { call, value };
    port.postMessage(answer, floats ? [floats.buffer] : []);
  } catch (error) {
    const known = fromNative(error);
    const { code, message } = known instanceof RealmError ? known : { code: 'E_INTERNAL', message: 'the host failed' };
    port.postMessage({ call, value: 0, error: { code, message } } satisfies SessionAnswer);
  }
});
