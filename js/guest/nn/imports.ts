import { Calls } from '../../portable/guest/calls';
import { GuestCode, GuestFault, guestCodeOf } from '../../portable/guest/faults';
import type { GuestGeneration } from '../generate';
import { optionsObject } from '../../engine/check';
import { checkFunctions, knownNames } from '../../portable/known';
import { LocalModels, type AllowedModels, type LocalModel } from '../local';
import { GuestMemory, type MemorySource } from '../../portable/guest/memory';
import { GuestModels } from '../../portable/guest/models';
import { GuestObjects } from '../../portable/guest/objects';
import { Quota, type GuestLimits } from '../../portable/guest/quota';
import type { WasmInstance, WasmMemory } from '../../portable/guest/webassembly';
import { readMetadata, type NnOptions } from './metadata';
import { Pull } from './pull';

/** `nn_errno` of wasi-nn's preview 1 ABI, and what WasmEdge's ggml plug-in adds. */
export const NnErrno = {
  SUCCESS: 0,
  INVALID_ARGUMENT: 1,
  INVALID_ENCODING: 2,
  MISSING_MEMORY: 3,
  BUSY: 4,
  RUNTIME_ERROR: 5,
  UNSUPPORTED_OPERATION: 6,
  TOO_LARGE: 7,
  NOT_FOUND: 8,
  END_OF_SEQUENCE: 100,
  CONTEXT_FULL: 101,
  PROMPT_TOO_LONG: 102,
} as const;

const OF_FAULT: Record<number, number> = {
  [GuestCode.INVALID_ARGUMENT]: NnErrno.INVALID_ARGUMENT,
  [GuestCode.NO_MEMORY]: NnErrno.MISSING_MEMORY,
  [GuestCode.OUT_OF_BOUNDS]: NnErrno.MISSING_MEMORY,
  [GuestCode.MODEL_NOT_FOUND]: NnErrno.NOT_FOUND,
  [GuestCode.NOT_FOUND]: NnErrno.INVALID_ARGUMENT,
  [GuestCode.TOO_SMALL]: NnErrno.TOO_LARGE,
  [GuestCode.BAD_UTF8]: NnErrno.INVALID_ARGUMENT,
  [GuestCode.CONTEXT_FULL]: NnErrno.PROMPT_TOO_LONG,
  [GuestCode.UNSUPPORTED]: NnErrno.UNSUPPORTED_OPERATION,
  [GuestCode.LIMIT]: NnErrno.TOO_LARGE,
};

export interface NnImportOptions {
  memory?: MemorySource;
  /** The graphs the guest may load, by name. */
  models?: AllowedModels;
  /** How much the guest may use; beyond it calls answer `too_large`. */
  limits?: GuestLimits;
  /** Every failed call. */
  onError?: (name: string, errno: number, message: string) => void;
}

export interface NnImports {
  readonly wasi_ephemeral_nn: Record<string, (...args: unknown[]) => number>;
  attach(guest: WasmInstance | MemorySource): void;
  readonly lastError: string;
  close(): void;
}

interface Context {
  graphId: number;
  graph: LocalModel;
  options: NnOptions;
  prompt: string;
  done: GuestGeneration | undefined;
  pull: Pull | undefined;
}

/** Characters of all prompts that are set. */
const MOST_PROMPTS = 1 << 25;

const utf8 = new TextEncoder();
const numbersOf = (done: GuestGeneration | undefined, { info }: LocalModel): string =>
  JSON.stringify({
    // All tokens that end a text; it is END_OF_SEQUENCE that says one came.
    end_token_ids: info.tokenizer?.endIds ?? [],
    input_tokens: done?.promptTokens ?? 0,
    output_tokens: done?.tokens.length ?? 0,
    // LlamaEdge parses both.
    llama_build_number: 0,
    llama_commit: 'realm',
  });

/**
 * The import object `wasi_ephemeral_nn` with the conventions of WasmEdge's ggml plug-in: input 0 is the prompt, input 1
 * options as JSON, output 0 the text, output 1 numbers as JSON; `compute` for the whole, `compute_single` for a piece at
 * a time. Graphs are loaded by name, from those the host allows; each execution context is a sequence of its own.
 */
export function createNnImports(options: NnImportOptions = {}): NnImports {
  return createNn(options, new Quota(optionsObject(options).limits));
}

/** The same with the quota of a guest that has other imports, too. */
export function createNn(options: NnImportOptions, quota: Quota): NnImports {
  const given = knownNames('createNnImports', options, ['memory', 'models', 'limits', 'onError']);
  checkFunctions(given, ['onError']);
  const memory = new GuestMemory(given.memory);
  const models = new GuestModels(new LocalModels(given.models), quota);
  const calls = new Calls(given.onError, quota);
  const contexts = new GuestObjects<Context>('execution context');
  const graphOptions = new Map<number, NnOptions>();
  const errno = (error: unknown): number => OF_FAULT[guestCodeOf(error)] ?? NnErrno.RUNTIME_ERROR;
  /** `body` returns nothing, which is success, or an errno. */
  const wrap = (name: string, body: (...args: number[]) => number | void) =>
    calls.wrap(name, (...args) => body(...args) ?? NnErrno.SUCCESS, errno, NnErrno.BUSY);
  const of = (id: number): Context => contexts.get(id);
  const load = (what: [pointer: number, length: number], out: number): void => {
    memory.check('graph', out, 1, 4);
    memory.writeU32('graph', out, models.load(memory.text('name', ...what)));
  };
  const output = (bytes: Uint8Array, pointer: number, most: number, written: number): void => {
    memory.check('written', written, 1, 4);
    memory.check('output', pointer, most);
    memory.writeU32('written', written, bytes.length); // also when it does not fit: how much is needed
    if (bytes.length > most)
      throw new GuestFault('TOO_SMALL', `${bytes.length} bytes are needed, there is room for ${most}`);
    memory.writeBytes('output', pointer, bytes);
  };
  const check = (context: Context): void => {
    if (context.prompt === '') throw new GuestFault('INVALID_ARGUMENT', 'input 0, the prompt, is not set');
  };
  const numbered = (
    index: number,
    text: () => string,
    done: GuestGeneration | undefined,
    graph: LocalModel,
  ): Uint8Array => {
    if (index === 0) return utf8.encode(text());
    if (index === 1) return utf8.encode(numbersOf(done, graph));
    throw new GuestFault('INVALID_ARGUMENT', `there are outputs 0 and 1, not ${index}`);
  };
  const functions = {
    load: wrap('load', () => {
      throw new GuestFault('UNSUPPORTED', 'graphs are loaded by name: a guest does not hold a model');
    }),
    load_by_name: wrap('load_by_name', (name, length, out) => load([name, length], out)),
    load_by_name_with_config: wrap('load_by_name_with_config', (name, length, config, configLength, out) => {
      const defaults = readMetadata(memory.text('config', config, configLength));
      load([name, length], out);
      graphOptions.set(new DataView(memory.bytes('graph', out, 4).slice().buffer).getUint32(0, true), defaults);
    }),
    init_execution_context: wrap('init_execution_context', (graph, out) => {
      memory.check('context', out, 1, 4);
      const model = models.get(graph);
      const options = graphOptions.get(graph) ?? {};
      const made = { graphId: graph, graph: model, options, prompt: '', done: undefined, pull: undefined };
      memory.writeU32(
        'context',
        out,
        contexts.add(() => made),
      );
    }),
    set_input: wrap('set_input', (id, index, tensor) => {
      const context = of(id);
      const fields = memory.ids('tensor', tensor, 5); // dims, dims length, type (of no matter here), data, data length
      const text = memory.text('data', fields[3] as number, fields[4] as number);
      if (index > 1) throw new GuestFault('INVALID_ARGUMENT', `there are inputs 0 and 1, not ${index}`);
      if (index === 1) context.options = { ...context.options, ...readMetadata(text) };
      else {
        let held = text.length;
        for (const [other, { prompt }] of contexts) if (other !== id) held += prompt.length;
        if (held > MOST_PROMPTS)
          throw new GuestFault('LIMIT', `the prompts of a guest have at most ${MOST_PROMPTS} characters together`);
        context.prompt = text;
      }
      context.pull = context.done = undefined;
    }),
    compute: wrap('compute', (id) => {
      const context = of(id);
      check(context);
      const pull = new Pull(context.graph, quota, context.prompt, context.options);
      context.done = pull.all();
    }),
    get_output: wrap('get_output', (id, index, pointer, most, written) => {
      const context = of(id);
      output(
        numbered(index, () => context.done?.text ?? '', context.done, context.graph),
        pointer,
        most,
        written,
      );
    }),
    compute_single: wrap('compute_single', (id) => {
      const context = of(id);
      check(context);
      context.pull ??= new Pull(context.graph, quota, context.prompt, context.options);
      const state = context.pull.next();
      return state === 'more' ? 0 : state === 'full' ? NnErrno.CONTEXT_FULL : NnErrno.END_OF_SEQUENCE;
    }),
    get_output_single: wrap('get_output_single', (id, index, pointer, most, written) => {
      const { pull, graph } = of(id);
      if (!pull) throw new GuestFault('INVALID_ARGUMENT', 'compute_single was not called');
      output(index === 0 ? pull.piece : numbered(index, () => '', pull.state, graph), pointer, most, written);
    }),
    fini_single: wrap('fini_single', (id) => {
      of(id).pull = undefined;
    }),
    unload: wrap('unload', (graph) => {
      models.remove(graph);
      graphOptions.delete(graph);
      for (const [id, context] of contexts) if (context.graphId === graph) contexts.remove(id);
    }),
    finalize_execution_context: wrap('finalize_execution_context', (id) => {
      contexts.remove(id);
    }),
  };
  return {
    wasi_ephemeral_nn: functions,
    attach(guest) {
      const exported = (guest as WasmInstance).exports?.memory as WasmMemory | undefined;
      memory.attach(exported ?? (guest as MemorySource));
    },
    get lastError() {
      return calls.lastError;
    },
    close() {
      contexts.close();
      models.close();
    },
  };
}
