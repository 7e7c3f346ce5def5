/// <reference lib="esnext.disposable" preserve="true" />
import { dispose } from '../dispose.js';
import { checkFlag, checkFunctions, knownNames } from '../known.js';
import { GuestAnswers } from '../guest/answers.js';
import { Calls } from '../guest/calls.js';
import type { GuestDecoder } from '../guest/decoder.js';
import type { EngineModel, EngineSampler, ModelOpener } from '../guest/engine.js';
import { GuestMemory, type MemorySource } from '../guest/memory.js';
import { GuestModels } from '../guest/models.js';
import { GuestObjects } from '../guest/objects.js';
import { Quota, type GuestLimits } from '../guest/quota.js';
import type { WasmInstance, WasmMemory } from '../guest/webassembly.js';
import { choosingImports } from './choosing.js';
import { computeImports } from './compute.js';
import type { GuestContext, Import } from './context.js';
import { decodingImports } from './decoding.js';
import { storageImports } from './storage.js';
import { textImports } from './text.js';

/** What the host of a guest decides, wherever the models are. */
export interface ImportOptions {
  /** The guest's memory, or a function that finds it. Or call `attach` after instantiating. */
  memory?: MemorySource;
  /** Whether the guest may hand over the bytes of a model itself (`realm_store_model`). Default false. */
  mayStore?: boolean;
  /** How much the guest may use. */
  limits?: GuestLimits;
  /** Text the guest streams, in whole characters. Returning false asks the guest to stop. */
  onToken?: (text: string) => boolean | void;
  /** What a model thinks before it answers a conversation, likewise. */
  onReasoning?: (text: string) => boolean | void;
  /** Every failed call: its name, the code the guest got, and why. An exception of `onToken` arrives here, too. */
  onError?: (name: string, code: number, message: string) => void;
}

/** An import object for one guest, and what belongs to it. */
export interface RealmImports {
  /** The functions of docs/option-2.md. */
  readonly env: Record<string, Import>;
  /** Tells where the guest's memory is: a memory, or an instance that exports one as `memory`. */
  attach(guest: WasmInstance | MemorySource): void;
  /** Why the last failed call failed. */
  readonly lastError: string;
  /** Gives back the guest's models and their caches, for good: calls afterwards find no model, and load none. */
  close(): void;
  [Symbol.dispose](): void;
}

/** At most `most` bytes, cut where a character ends. */
function cut(bytes: Uint8Array, most: number): Uint8Array {
  if (bytes.length <= most) return bytes;
  let end = most;
  while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}

const NAMES = ['memory', 'mayStore', 'limits', 'onToken', 'onReasoning', 'onError', 'models'];

/**
 * The import object of Option 2 over models that come from `opener`.
 *
 * @param shared the quota of a guest that has other imports, too
 */
export function createImports(opener: ModelOpener<EngineModel>, options: ImportOptions, shared?: Quota): RealmImports {
  const given = knownNames('createRealmImports', options, NAMES);
  const { onToken, onReasoning, onError, mayStore = false } = given;
  checkFunctions(given, ['onToken', 'onReasoning', 'onError']);
  checkFlag('mayStore', mayStore);
  const quota = shared ?? new Quota(given.limits);
  const telling = (callback: ImportOptions['onToken']) => (text: string) => {
    quota.text(text);
    return callback?.(text) !== false;
  };
  const samplers = new GuestObjects<EngineSampler>('sampler');
  const decoders = new GuestObjects<GuestDecoder>('decoder');
  const context: GuestContext = {
    memory: new GuestMemory(given.memory),
    models: new GuestModels(opener, quota),
    calls: new Calls(onError, quota),
    quota,
    named: new Map(),
    onText: telling(onToken),
    onReasoning: telling(onReasoning),
    answers: new GuestAnswers(),
  };
  const { memory, calls } = context;
  const close = () => {
    context.named.clear();
    samplers.close();
    decoders.close();
    context.models.close();
  };
  return {
    env: {
      ...storageImports(context, mayStore),
      ...computeImports(context),
      ...textImports(context),
      ...decodingImports(context, decoders),
      ...choosingImports(context, samplers),
      realm_last_error: new Calls().wrap('realm_last_error', (pointer, most) => {
        memory.check('out', pointer, most);
        const bytes = cut(new TextEncoder().encode(calls.lastError), most);
        memory.writeBytes('out', pointer, bytes);
        return bytes.length;
      }),
    },
    attach(guest) {
      const exported = (guest as WasmInstance).exports?.memory as WasmMemory | undefined;
      memory.attach(exported ?? (guest as MemorySource));
    },
    get lastError() {
      return calls.lastError;
    },
    close,
    [dispose]: close,
  };
}
