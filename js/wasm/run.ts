import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { types } from 'node:util';
import { Worker } from 'node:worker_threads';
import { whenAborted } from '../engine/abort';
import { abortSignal, invalid, show } from '../engine/check';
import { filePath, isUrl } from '../engine/source';
import { knownOptions } from '../options/table';
import { RealmError } from '../portable/errors';
import { checkModels, type AllowedModels } from '../guest/local';
import { messageOf } from '../portable/guest/faults';
import { checkFlag, checkFunctions } from '../portable/known';
import { Quota, type GuestLimits } from '../portable/guest/quota';
import { webAssembly, type WasmModule } from '../portable/guest/webassembly';

/** An argument of a guest's function: a text becomes two, pointer and length of its UTF-8 bytes, in memory of the guest's export `alloc`. */
export type GuestArgument = number | string;

export interface GuestRunOptions {
  /** The models the guest may load. Open models stay in their thread: give a path, bytes or an id of `storeModel`. */
  models?: AllowedModels;
  /** The function to call. Default `run`. */
  call?: string;
  args?: readonly GuestArgument[];
  /** Whether the guest may hand over the bytes of a model itself. Default false. */
  mayStore?: boolean;
  /** How much the guest may use. `milliseconds` are those of the whole run here: then it is ended, with E_TIMEOUT. */
  limits?: GuestLimits;
  /** For programs of WASI preview 1: Node's own `node:wasi`, with what the program may see. `call` is then `_start` unless given. */
  wasi?: boolean | GuestWasiOptions;
  /** Adds `wasi_ephemeral_nn` (see `@realm/realm-node/wasi-nn`), with the same models. Default false. */
  nn?: boolean;
  /**
   * Further imports: a module whose default export (or `module.exports`) is a function that makes them, in the guest's thread. It gets
   * `{ memory }`, which returns the guest's memory once it runs.
   */
  imports?: string | URL;
  onToken?: (text: string) => void;
  /** What a model thinks before it answers a conversation. */
  onReasoning?: (text: string) => void;
  /** Asks the guest to stop at its next `realm_stream_token`; one that does not within a second is ended. */
  signal?: AbortSignal;
}

/** What a WASI program is given; see `node:wasi`. Without `preopens` it sees no file. */
export interface GuestWasiOptions {
  args?: readonly string[];
  env?: Readonly<Record<string, string>>;
  preopens?: Readonly<Record<string, string>>;
  /** File descriptors. Default: those of this process. */
  stdin?: number;
  stdout?: number;
  stderr?: number;
}

export interface GuestRun {
  /** What the function returned; of a program's `_start`, its exit code. */
  result: number;
  /** All text that the guest streamed. */
  text: string;
  /** Why the last failed call failed; empty if none did. */
  lastError: string;
  /** Bytes of the guest's memory at its end. */
  memoryBytes: number;
}

/** What a guest's function can be given. */
function checkArguments(args: readonly GuestArgument[], takesTexts: boolean): void {
  if (!Array.isArray(args)) throw invalid(`args must be an array of numbers and texts, got ${show(args)}`);
  for (const [i, each] of args.entries()) {
    if (typeof each !== 'number' && typeof each !== 'string')
      throw invalid(`args[${i}] must be a number or a text, got ${show(each)}`);
    if (typeof each === 'string' && !takesTexts)
      throw invalid(`args[${i}] is a text, which needs the guest's export alloc(bytes): it has none`);
  }
}

/** What the worker sends. */
export type GuestMessage =
  | { kind: 'text' | 'reasoning'; text: string }
  | { kind: 'end'; result: number; lastError: string; memoryBytes: number }
  | { kind: 'failed'; message: string };

/** What the worker is given. */
export interface GuestOrder {
  module: WasmModule;
  models: AllowedModels;
  call: string;
  args: readonly GuestArgument[];
  mayStore: boolean;
  limits: GuestLimits;
  wasi: GuestWasiOptions | undefined;
  nn: boolean;
  /** A `file:` URL. */
  imports: string | undefined;
  /** Two numbers: see STOP and READ. */
  shared: Int32Array;
}

/** Not 0 once the guest shall stop. */
export const STOP = 0;
/** Pieces of text that this thread has read. */
export const READ = 1;

const NAMES = [
  'models',
  'call',
  'args',
  'mayStore',
  'limits',
  'wasi',
  'nn',
  'imports',
  'onToken',
  'onReasoning',
  'signal',
];
const WASI_NAMES = ['args', 'env', 'preopens', 'stdin', 'stdout', 'stderr'];
const PATIENCE = 1000;
const LONGEST_TIMER = 0x7fffffff;

/** @throws RealmError E_IO, E_INVALID_ARGUMENT */
async function compile(guest: unknown): Promise<WasmModule> {
  if (Object.prototype.toString.call(guest) === '[object WebAssembly.Module]') return guest as WasmModule;
  let bytes: unknown = guest;
  if (typeof guest === 'string' || isUrl(guest)) {
    const path = filePath(guest);
    try {
      bytes = await readFile(path);
    } catch (cause) {
      throw new RealmError('E_IO', `the guest ${show(path)} cannot be read: ${messageOf(cause)}`, { cause });
    }
  }
  if (!types.isUint8Array(bytes))
    throw invalid(`a guest must be a path, a URL, bytes or a WebAssembly.Module, got ${show(guest)}`);
  try {
    return await webAssembly.compile(bytes);
  } catch (cause) {
    throw invalid(`the guest is no WebAssembly: ${messageOf(cause)}`, { cause });
  }
}

/**
 * Runs a guest in a worker thread: its calls block, so that this thread stays free.
 *
 * @param guest path or URL of a .wasm file, its bytes, or a compiled module
 * @throws RealmError E_IO: no such file; E_INVALID_ARGUMENT: no WebAssembly, no such export; E_INTERNAL: the guest trapped; E_TIMEOUT: it took too long. The signal's reason, if
 * it fired.
 */
export async function runGuest(
  guest: string | URL | Uint8Array | WasmModule,
  options: GuestRunOptions = {},
): Promise<GuestRun> {
  const given = knownOptions('runGuest', options, NAMES) as GuestRunOptions;
  checkFunctions(given, ['onToken', 'onReasoning']);
  checkFlag('mayStore', given.mayStore);
  checkFlag('nn', given.nn);
  const signal = abortSignal(given.signal);
  signal?.throwIfAborted();
  const module = await compile(guest);
  const models = checkModels(given.models, true);
  const { args = [], mayStore = false, limits = {}, nn = false, onToken, onReasoning } = given;
  const wasi = given.wasi === true ? {} : given.wasi ? knownOptions('wasi', given.wasi, WASI_NAMES) : undefined;
  const call = given.call ?? (wasi ? '_start' : 'run');
  const hasFunction = (wanted: string) =>
    webAssembly.Module.exports(module).some(({ name, kind }) => name === wanted && kind === 'function');
  if (!hasFunction(call)) throw invalid(`the guest exports no function ${show(call)}`);
  checkArguments(args, hasFunction('alloc'));
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const imports = given.imports === undefined ? undefined : pathToFileURL(resolve(filePath(given.imports))).href;
  const order: GuestOrder = { module, models, call, args, mayStore, limits, wasi, nn, imports, shared };
  new Quota(limits); // wrong ones are this thread's to throw
  const worker = new Worker(join(__dirname, 'guestWorker.js'), {
    workerData: order,
    // node:wasi announces on every use that it is experimental.
    ...(wasi && { execArgv: [...process.execArgv, '--no-warnings'] }),
  });
  let timer: NodeJS.Timeout | undefined;
  const { milliseconds = Infinity } = limits;
  let late: NodeJS.Timeout | undefined;
  const onAbort = () => {
    Atomics.store(shared, STOP, 1);
    timer = setTimeout(() => void worker.terminate(), PATIENCE);
  };
  const ignore = whenAborted(signal, onAbort);
  try {
    return await new Promise<GuestRun>((resolve, reject) => {
      let text = '';
      worker.on('message', (message: GuestMessage) => {
        if (message.kind === 'end') {
          const { result, lastError, memoryBytes } = message;
          resolve({ result, text, lastError, memoryBytes });
        } else if (message.kind === 'failed') {
          reject(new RealmError('E_INTERNAL', `the guest failed: ${message.message}`));
        } else {
          Atomics.add(shared, READ, 1);
          Atomics.notify(shared, READ);
          try {
            if (message.kind === 'text') text += message.text;
            (message.kind === 'text' ? onToken : onReasoning)?.(message.text);
          } catch (error) {
            reject(error);
          }
        }
      });
      if (milliseconds <= LONGEST_TIMER)
        late = setTimeout(
          () => reject(new RealmError('E_TIMEOUT', `the guest took more than ${milliseconds} milliseconds`)),
          milliseconds,
        );
      worker.on('error', (cause: Error & { code?: unknown }) => {
        const code = cause.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'E_OUT_OF_MEMORY' : 'E_INTERNAL';
        reject(new RealmError(code, `the guest's thread failed: ${messageOf(cause)}`, { cause }));
      });
      worker.on('exit', () => reject(new RealmError('E_CANCELLED', 'the guest was ended')));
    });
  } finally {
    clearTimeout(timer);
    clearTimeout(late);
    ignore();
    await worker.terminate();
    signal?.throwIfAborted();
  }
}
