import { binding } from '../engine/binding';
import { abortSignal, invalid, positiveInteger, show } from '../engine/check';
import { native } from '../engine/errors';
import { startJob } from '../engine/job';
import { filePath, isUrl } from '../engine/source';
import { HELD, type CacheType, type LoraAdapter } from '../options/load';
import { readOptions, refuseCallbacks, type Table } from '../options/table';
import type { RealmErrorCode } from '../portable/errors';
import type { PoolingType } from './embed';

export interface InspectOptions {
  /** Positions that a text may have: what `memory` is told for. Default: as many as the model's context holds. */
  contextLength?: number;
  /** As for `loadModel`. */
  weights?: 'packed' | 'mapped';
  /** As for `loadModel`. */
  cacheType?: CacheType;
  /** Adapters to be tried: see `adapters` of the result. */
  lora?: readonly LoraAdapter[];
  /** Stops the inspection. Only for `inspectModel`. */
  signal?: AbortSignal;
}

/** What a file is, and whether this engine runs it. `null` is what the file does not say. */
export interface ModelInspection {
  /** Whether `loadModel` would give a model that computes: there are no `problems`. */
  runs: boolean;
  /** What keeps it from running: each names what was found, what is supported, and the nearest. */
  problems: { code: RealmErrorCode; message: string }[];
  architecture: string | null;
  name: string | null;
  /** Numbers in all tensors. */
  parameters: number;
  /** Bytes of all tensors as they are in the file. */
  bytes: number;
  tensorCount: number;
  fileType: number | null;
  quantization: string | null;
  /** What tensors are stored in, the format of most bytes first. */
  formats: { name: string; supported: boolean; tensors: number; parameters: number; bytes: number }[];
  layers: number | null;
  hiddenSize: number | null;
  vocabSize: number | null;
  contextLength: number | null;
  /** Whether it continues texts; null: not known, since it does not run. */
  generates: boolean | null;
  pooling: PoolingType | null;
  tokenizer: { model: string; pre: string | null; vocabSize: number | null } | null;
  chatTemplate: string | null;
  /** Templates that have a name. */
  chatTemplates: Record<string, string>;
  /** The file is an adapter (LoRA), no model. */
  adapter: { type: string | null; alpha: number | null; rank: number | null; changes: number } | null;
  /** The adapters asked for; why one does not fit is among the `problems`. */
  adapters: { path: string; fits: boolean }[];
  /** Bytes that the weights and a text of `contextLength` positions take; the buffers of a pass, some megabytes, come on top. */
  memory: { contextLength: number; weights: number; cache: number; total: number } | null;
}

const LONGEST = 2 ** 31 - 1;

/** `managed/Abi/InspectionOptions.cs` has the same rows. */
const ENGINE = {
  contextLength: (name, value) => positiveInteger(name, value, 0, LONGEST),
  ...HELD,
} satisfies Table;

const HERE = { signal: (_, value) => abortSignal(value) } satisfies Table;

function check(path: unknown, options: InspectOptions | undefined, call = 'inspectModel') {
  if (typeof path !== 'string' && !isUrl(path)) throw invalid(`path must be a path or a file: URL, got ${show(path)}`);
  const { json, here } = readOptions(call, ENGINE, HERE, options);
  return { from: filePath(path), json, signal: here.signal };
}

/**
 * Tells what a GGUF file is, and whether and in how much memory it runs, from its metadata and the directory of its tensors: no weights are
 * loaded. A file that can be read and does not run is no error: `problems` says why.
 *
 * @throws RealmError the file cannot be read, or is no GGUF
 */
export async function inspectModel(path: string | URL, options?: InspectOptions): Promise<ModelInspection> {
  const { from, json, signal } = check(path, options);
  let text = '';
  await startJob(
    { kind: 'load' },
    (event) => binding.inspectModelStart(from, json, event),
    signal,
    (event) => (text += event.text),
  ).end;
  return JSON.parse(text) as ModelInspection;
}

/** The same at once; the event loop waits. */
export function inspectModelSync(path: string | URL, options?: Omit<InspectOptions, 'signal'>): ModelInspection {
  refuseCallbacks('inspectModelSync', options, ['signal']);
  const { from, json } = check(path, options, 'inspectModelSync');
  return JSON.parse(native(() => binding.inspectModel(from, json))) as ModelInspection;
}
