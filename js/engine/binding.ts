import { isMainThread } from 'node:worker_threads';
import { RealmError } from '../portable/errors';

type View = Uint8Array | Uint32Array | Float32Array | ArrayBuffer;

/** What a job tells the JavaScript thread; see addon/job.h. */
export interface JobEvent {
  /** What came since the last event: whole characters. */
  text: string;
  /** The tokens chosen meanwhile: `realm_token`s. */
  tokens?: ArrayBuffer;
  /** The likeliest tokens of their places, one after the other: `realm_top`s. */
  tops?: ArrayBuffer;
  /** So many logits wait to be taken, changed and answered (`logitsProcessor`). */
  logits?: number;
  /** Only of the last event: the JSON of `realm_job_end`; empty when the job failed. */
  end?: string;
  /** Why the job failed. */
  error?: Error;
  /** A finished load's model. */
  model?: bigint;
  /** What the job has written to. */
  memory?: ArrayBuffer;
}

export type OnEvent = (event: JobEvent) => void;
export type WaitedEvent = (event: JobEvent) => boolean;

/** index.node: what addon/module.cc exports, name by name (`npm run lint` compares the two). Nothing is checked there but types. */
export interface Native {
  storeModel(bytes: View, modelId?: number | null): number;
  getTensor(modelId: number, tensorName: string): ArrayBuffer;
  getModelInfo(modelId: number): { tensor_count: number; total_size: number };
  removeModel(modelId: number): void;
  embedTokens(modelId: number, tokenIds: View): ArrayBuffer;
  forwardLayer(modelId: number, layerIdx: number, hiddenStates: View, position: number): ArrayBuffer;
  computeLogits(modelId: number, hiddenState: View): ArrayBuffer;

  storeModelPath(path: string, modelId?: number | null): number;
  embedTokensInto(modelId: number, tokenIds: View, out: View): void;
  forwardLayerInto(modelId: number, layerIdx: number, hiddenStates: View, position: number, out: View): void;
  computeLogitsInto(modelId: number, hiddenState: View, out: View): void;
  /** How many numbers getTensor would give. */
  tensorElements(modelId: number, tensorName: string): number;

  /** `options` here and below: JSON, which the engine reads. */
  inspectModel(path: string, options: string): string;
  inspectModelStart(path: string, options: string, event: OnEvent): bigint;
  openModel(source: string | View, options: string): bigint;
  openModelStart(source: string | View, options: string, event: OnEvent): bigint;
  closeModel(model: bigint): void;
  describeModel(model: bigint): string;
  describeMemory(model: bigint): string;
  /** Doubles: see `realm_model_passes`. */
  passes(model: bigint, after: bigint): ArrayBuffer;
  /** `addSpecial`: 0, 1, or 2 for the text of a prompt. */
  tokenize(model: bigint, text: string, addSpecial: number, parseSpecial: boolean): ArrayBuffer;
  /** `lengths`: UTF-8 bytes of the template's own text and of others' text, by turns, the template's first. */
  tokenizeSegments(model: bigint, text: string, lengths: Uint32Array, addSpecial: boolean): ArrayBuffer;
  /** `how`: 1: without special tokens; 2: spaces tidied as llama.cpp does; 3: both. */
  detokenize(model: bigint, ids: View, how: number): string;
  /** `state`: one number, 0 at a text's beginning, 3 within it; then as the call before left it. */
  detokenizeNext(model: bigint, ids: View, skipSpecial: boolean, state: Uint32Array): ArrayBuffer;
  /** `format` here and below: JSON. The result is JSON: what is known of the compiled format. */
  compileFormat(model: bigint, format: string): string;
  compileFormatStart(model: bigint, format: string, event: OnEvent): bigint;
  testText(model: bigint, format: string, text: string): boolean;
  logitsStart(model: bigint, ids: View, options: string, elements: bigint, event: OnEvent): bigint;
  /** What ends in `Wait` here and below waits in the call, which ends after the last event. `event` returning false cancels. */
  logitsWait(model: bigint, ids: View, options: string, elements: bigint, event: WaitedEvent): void;
  scoreStart(model: bigint, ids: View, options: string, elements: bigint, event: OnEvent): bigint;
  scoreWait(model: bigint, ids: View, options: string, elements: bigint, event: WaitedEvent): void;
  /** `ids`: of all texts, one after the other. */
  embedStart(model: bigint, ids: View, lengths: View, options: string, elements: bigint, event: OnEvent): bigint;
  embedWait(model: bigint, ids: View, lengths: View, options: string, elements: bigint, event: WaitedEvent): void;
  verifyStart(model: bigint, event: OnEvent): bigint;
  generateStart(model: bigint, prompt: string | View, options: string, event: OnEvent): bigint;
  generateWait(model: bigint, prompt: string | View, options: string, event: WaitedEvent): void;
  cancelJob(job: bigint): void;
  takeLogits(job: bigint, out: Float32Array): void;
  answerLogits(job: bigint, logits: Float32Array): void;

  openSession(model: bigint, options: string): bigint;
  forkSession(session: bigint): bigint;
  rewindSession(session: bigint, length: number): void;
  sessionLength(session: bigint): number;
  sessionTokens(session: bigint): ArrayBuffer;
  /** `whole`: the ids are all of the text; what the session holds of it is used. */
  sessionGenerateStart(session: bigint, whole: boolean, prompt: string | View, options: string, event: OnEvent): bigint;
  /** `save`: write; else read. */
  sessionFileStart(session: bigint, path: string, save: boolean, event: OnEvent): bigint;
  closeSession(session: bigint): void;

  storeOwn(model: bigint): number;
  openStored(modelId: number, vocabOnly: number): bigint;
  detokenizeBytes(model: bigint, ids: View, how: number): ArrayBuffer;
  /** Chooses from logits that JavaScript has; ends with its model. */
  openSampler(model: bigint, options: string): bigint;
  acceptTokens(model: bigint, sampler: bigint, ids: View): void;
  chooseToken(model: bigint, sampler: bigint, logits: View): number;
  closeSampler(model: bigint, sampler: bigint): void;

  describeEngine(): string;
  shutdownEngine(deadlineMilliseconds: number): void;
  claimExit(): boolean;
}

function libc(): string {
  if (process.platform !== 'linux') return '';
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined;
  const glibc = report?.header?.glibcVersionRuntime;
  return glibc ? `, glibc ${glibc}` : ', musl or another C library than glibc';
}

function load(): Native {
  try {
    // A literal path, so that bundlers and file tracers see the file. From dist/engine, the package's root is two levels up.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    return require('../../index.node') as Native;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    const here = `${process.platform}-${process.arch}${libc()}, Node ${process.version}`;
    throw new RealmError(
      'E_ENGINE',
      `@realm/realm-node could not load its native addon on ${here}: ${why}\n` +
        'In an installed package: reinstall it on this machine (npm install @realm/realm-node). It runs on the platform it was built ' +
        'for, linux-x64 or linux-arm64, with a glibc no older than the one it was built with, in Node 18 or newer.\n' +
        'In a clone of the repository: run `npm run build` (macOS builds too, but is not tested).\n' +
        'With a bundler: mark @realm/realm-node as external.',
      { cause },
    );
  }
}

/** The native addon. It is small; the engine behind it is opened by the first call that needs it. */
export const binding: Native = load();

// process.exit() runs no cleanup hook of the addon, only JavaScript's 'exit' event: all running work is stopped there.
// Once a process (the addon knows), and not where a worker ends: that closes the worker's own jobs only.
if (isMainThread && binding.claimExit()) process.on('exit', () => binding.shutdownEngine(200));
