// Runs one guest in a worker thread; see run.ts.
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../portable/guest/faults';
import { webAssembly, type WasmInstance, type WasmMemory } from '../portable/guest/webassembly';
import { createRealmImports } from './index';
import type { GuestArgument, GuestMessage, GuestOrder } from './run';

function numbers(instance: WasmInstance, args: readonly GuestArgument[]): number[] {
  const { alloc, memory } = instance.exports as { alloc?: (length: number) => number; memory?: WasmMemory };
  return args.flatMap((argument) => {
    if (typeof argument === 'number') return [argument];
    const bytes = new TextEncoder().encode(argument);
    if (!alloc || !memory) throw new Error('a text is passed, but the guest exports no `alloc` and `memory`');
    const pointer = alloc(bytes.length) >>> 0;
    new Uint8Array(memory.buffer, pointer, bytes.length).set(bytes);
    return [pointer, bytes.length];
  });
}

function work({ module, models, call, args, mayStore, stop }: GuestOrder, send: (message: GuestMessage) => void): void {
  const realm = createRealmImports({
    models,
    mayStore,
    onToken(text) {
      send({ kind: 'text', text });
      return Atomics.load(stop, 0) === 0;
    },
  });
  try {
    const instance = new webAssembly.Instance(module, { env: realm.env });
    realm.attach(instance);
    const run = instance.exports[call] as (...numbers: number[]) => number | undefined;
    const result = run(...numbers(instance, args)) ?? 0;
    const memoryBytes = (instance.exports.memory as WasmMemory | undefined)?.buffer.byteLength ?? 0;
    send({ kind: 'end', result, lastError: realm.lastError, memoryBytes });
  } catch (error) {
    send({ kind: 'failed', message: messageOf(error) });
  } finally {
    realm.close();
  }
}

const port = parentPort;
if (port) work(workerData as GuestOrder, (message) => port.postMessage(message));
