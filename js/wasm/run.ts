import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { types } from 'node:util';
import { Worker } from 'node:worker_threads';
import { whenAborted } from '../engine/abort';
import { abortSignal, invalid, show } from '../engine/check';
import { isUrl } from '../engine/source';
import { RealmError } from '../portable/errors';
import type { AllowedModels } from '../guest/local';
import { webAssembly, type WasmModule } from '../portable/guest/webassembly';

/** An argument of a guest's function: a text becomes two, pointer and length of its UTF-8 bytes, in memory of the guest's export `alloc`. */
export type GuestArgument = number | string;

export interface GuestRunOptions {
  /** The models the guest may load. Open models stay in their thread: give a path, bytes or an id of `storeModel`. */
  models?: AllowedModels;
  /** The function to call. Default `run`. */
  call?: string;
  args?: readonly GuestArgument[];
  mayStore?: boolean;
  onToken?: (text: string) => void;
  /** Asks the guest to stop at its next `realm_stream_token`; one that does not within a second is ended. */
  signal?: AbortSignal;
}

export interface GuestRun {
  /** What the function returned. */
  result: number;
  /** All text that the guest streamed. */
  text: string;
  /** Why the last failed call failed; empty if none did. */
  lastError: string;
  /** Bytes of the guest's memory at its end. */
  memoryBytes: number;
}

/** What the worker sends. */
export type GuestMessage =
  | { kind: 'text'; text: string }
  | { kind: 'end'; result: number; lastError: string; memoryBytes: number }
  | { kind: 'failed'; message: string };

/** What the worker is given. */
export interface GuestOrder {
  module: WasmModule;
  models: AllowedModels;
  call: string;
  args: readonly GuestArgument[];
  mayStore: boolean;
  /** One number: not 0 once the guest shall stop. */
  stop: Int32Array;
}

const PATIENCE = 1000;

async function compile(guest: string | URL | Uint8Array | WasmModule): Promise<WasmModule> {
  if (typeof guest === 'string' || isUrl(guest)) return webAssembly.compile(await readFile(guest));
  return types.isUint8Array(guest) ? webAssembly.compile(guest) : guest;
}

/**
 * Runs a guest in a worker thread: its calls block, so that this thread stays free.
 *
 * @param guest path or URL of a .wasm file, its bytes, or a compiled module
 * @throws RealmError E_INVALID_ARGUMENT: no such export; E_INTERNAL: the guest trapped. The signal's reason, if it fired.
 */
export async function runGuest(
  guest: string | URL | Uint8Array | WasmModule,
  options: GuestRunOptions = {},
): Promise<GuestRun> {
  const signal = abortSignal(options.signal);
  signal?.throwIfAborted();
  const module = await compile(guest);
  const call = options.call ?? 'run';
  if (!webAssembly.Module.exports(module).some(({ name, kind }) => name === call && kind === 'function')) {
    throw invalid(`the guest exports no function ${show(call)}`);
  }
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const { models = {}, args = [], mayStore = true, onToken } = options;
  const order: GuestOrder = { module, models, call, args, mayStore, stop };
  const worker = new Worker(join(__dirname, 'guestWorker.js'), { workerData: order });
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    Atomics.store(stop, 0, 1);
    timer = setTimeout(() => void worker.terminate(), PATIENCE);
  };
  const ignore = whenAborted(signal, onAbort);
  try {
    return await new Promise<GuestRun>((resolve, reject) => {
      let text = '';
      worker.on('message', (message: GuestMessage) => {
        if (message.kind === 'text') {
          text += message.text;
          try {
            onToken?.(message.text);
          } catch (error) {
            reject(error);
          }
        } else if (message.kind === 'end') {
          const { result, lastError, memoryBytes } = message;
          resolve({ result, text, lastError, memoryBytes });
        } else reject(new RealmError('E_INTERNAL', `the guest failed: ${message.message}`));
      });
      worker.on('error', reject);
      worker.on('exit', () => reject(new RealmError('E_CANCELLED', 'the guest was ended')));
    });
  } finally {
    clearTimeout(timer);
    ignore();
    await worker.terminate();
    signal?.throwIfAborted();
  }
}
