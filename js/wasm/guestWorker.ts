// Runs one guest in a worker thread; see run.ts.
import { parentPort, workerData } from 'node:worker_threads';
import type { WASI } from 'node:wasi';
import { LocalModels } from '../guest/local';
import { createNn } from '../guest/nn/imports';
import { messageOf } from '../portable/guest/faults';
import { webAssembly, type WasmInstance, type WasmMemory } from '../portable/guest/webassembly';
import { createImports } from '../portable/imports/imports';
import { Quota } from '../portable/guest/quota';
import { READ, STOP, type GuestArgument, type GuestMessage, type GuestOrder, type GuestWasiOptions } from './run';

type Imports = Record<string, Record<string, unknown>>;
/** Pieces of text that may be on their way. */
const MOST_UNREAD = 1024;
/** Bytes of text unless the host says otherwise: it keeps them. */
const MOST_TEXT = 1 << 26;

type Memory = () => WasmMemory | undefined;

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

async function newWasi(options: GuestWasiOptions): Promise<WASI> {
  const { WASI } = await import('node:wasi');
  // Types of Node 18 know no `version`, which later ones ask for.
  const given = { version: 'preview1', returnOnExit: true, ...options };
  return new WASI(given as unknown as ConstructorParameters<typeof WASI>[0]);
}

async function furtherImports(url: string, memory: Memory): Promise<Imports> {
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- a real import(): the compiler would make it a require(), which takes no URL
  const load = new Function('url', 'return import(url)') as (url: string) => Promise<{ default?: unknown }>;
  const { default: make } = await load(url);
  if (typeof make !== 'function')
    throw new Error('the module of further imports has no function as its default export');
  return (await (make as (context: { memory: Memory }) => unknown)({ memory })) as Imports;
}

/** What the function returns, or a program's exit code. */
function run(instance: WasmInstance, { call, args }: GuestOrder, wasi: WASI | undefined): number {
  if (wasi && call === '_start') return wasi.start(instance) ?? 0;
  if (wasi && '_initialize' in instance.exports) wasi.initialize(instance);
  const wanted = instance.exports[call] as (...numbers: number[]) => number | undefined;
  return wanted(...numbers(instance, args)) ?? 0;
}

async function work(order: GuestOrder, send: (message: GuestMessage) => void): Promise<void> {
  const { module, models, mayStore, limits, shared } = order;
  const quota = new Quota({ textBytes: MOST_TEXT, ...limits });
  let told = 0;
  let instance: WasmInstance | undefined;
  const memory: Memory = () => instance?.exports.memory as WasmMemory | undefined;
  const tell = (kind: 'text' | 'reasoning') => (text: string) => {
    // Not faster than the host reads: what it has not read is in its memory.
    for (let read; ((told - (read = Atomics.load(shared, READ))) | 0) >= MOST_UNREAD;) Atomics.wait(shared, READ, read);
    told++;
    send({ kind, text });
    return Atomics.load(shared, STOP) === 0;
  };
  const callbacks = { onToken: tell('text'), onReasoning: tell('reasoning') };
  const realm = createImports(new LocalModels(models), { mayStore, memory, ...callbacks }, quota);
  const nn = order.nn ? createNn({ models, memory }, quota) : undefined;
  try {
    const wasi = order.wasi && (await newWasi(order.wasi));
    const further = order.imports === undefined ? {} : await furtherImports(order.imports, memory);
    instance = new webAssembly.Instance(module, {
      ...(wasi && { wasi_snapshot_preview1: wasi.wasiImport as Record<string, unknown> }),
      ...(nn && { wasi_ephemeral_nn: nn.wasi_ephemeral_nn }),
      ...further,
      env: { ...further.env, ...realm.env },
    });
    const result = run(instance, order, wasi);
    send({
      kind: 'end',
      result,
      lastError: realm.lastError || (nn?.lastError ?? ''),
      memoryBytes: memory()?.buffer.byteLength ?? 0,
    });
  } catch (error) {
    send({ kind: 'failed', message: messageOf(error) });
  } finally {
    realm.close();
    nn?.close();
  }
}

const port = parentPort;
if (port) void work(workerData as GuestOrder, (message) => port.postMessage(message));
