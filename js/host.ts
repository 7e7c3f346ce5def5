import { binding } from './engine/binding';
import {
  floats,
  floatsOut,
  invalid,
  positiveInteger,
  text as checkText,
  tokenIds,
  type Floats,
  type TokenIds,
} from './engine/check';
import { native } from './engine/errors';
import { RealmError, type RealmErrorCode } from './portable/errors';
import { GuestCode, GuestFault } from './portable/guest/faults';
import { LocalModels, type AllowedModels, type LocalModel } from './guest/local';
import { GuestModels } from './portable/guest/models';
import type { StoredModelInfo } from './layers/getModelInfo';
import { metadataOf } from './portable/imports/storage';

export type { AllowedModels, ModelSource } from './guest/local';

export interface HostOptions {
  /** The models that guests may load, by the names they use. */
  models?: AllowedModels;
  /** Text that guests stream. Returning false asks the guest to stop. */
  onToken?: (text: string) => boolean | void;
}

/**
 * What guests of Option 1 import: functions over typed arrays, texts and numbers, without a pointer in sight. Every id has a
 * key/value cache of its own. Failures are thrown, as `RealmError`.
 */
export interface Host {
  /** A model that the host allows, by name. Each call gives an id, and a cache, of its own. */
  loadModelByName(name: string): number;
  /** Keeps a model that the guest has the bytes of. */
  storeModel(bytes: Uint8Array, modelId?: number): number;
  removeModel(modelId: number): void;
  getModelInfo(modelId: number): StoredModelInfo;
  /** JSON, with upstream's fields: {"config": {"vocab_size", "hidden_size", "num_layers", ...}, "has_tokenizer", ...}. */
  getModelMetadata(modelId: number): string;
  hiddenSize(modelId: number): number;
  vocabSize(modelId: number): number;
  layerCount(modelId: number): number;
  contextLength(modelId: number): number;
  getTensor(modelId: number, tensorName: string): Float32Array;
  /** float32 (tokens, hidden size) */
  embedTokens(modelId: number, tokenIds: TokenIds): Float32Array;
  /** Writes into `out`, which may be a view of the guest's memory; returns how many numbers. */
  embedTokensInto(modelId: number, tokenIds: TokenIds, out: Float32Array): number;
  /** float32 (rows, hidden size); the cache is cut to `position`, which is the first row's, and grows by the rows */
  forwardLayer(modelId: number, layerIdx: number, hiddenStates: Floats, position: number): Float32Array;
  forwardLayerInto(
    modelId: number,
    layerIdx: number,
    hiddenStates: Floats,
    position: number,
    out: Float32Array,
  ): number;
  /** `layerCount` layers from `firstLayer` on, as that many calls of `forwardLayer`. */
  forwardLayers(
    modelId: number,
    firstLayer: number,
    layerCount: number,
    hiddenStates: Floats,
    position: number,
  ): Float32Array;
  /** float32 (vocabulary size) */
  computeLogits(modelId: number, hiddenState: Floats): Float32Array;
  computeLogitsInto(modelId: number, hiddenState: Floats, out: Float32Array): number;
  /** Begin token as the file asks for it, special tokens recognised. */
  tokenize(modelId: number, text: string): Uint32Array;
  /** Without special tokens. */
  detokenize(modelId: number, tokenIds: TokenIds): string;
  /** Hands text to the host. 1: it asks the guest to stop. */
  streamToken(text: string): number;
  /** Waits for the whole text; it also goes to the host as it comes. `temperature` 0: greedy. */
  generate(modelId: number, prompt: string, maxTokens?: number, temperature?: number, seed?: number | bigint): string;
  /** Forgets all positions of the model's cache. */
  resetSession(modelId: number): void;
}

const AS_ERROR: Record<number, RealmErrorCode> = {
  [GuestCode.MODEL_NOT_FOUND]: 'E_MODEL_NOT_FOUND',
  [GuestCode.CANCELLED]: 'E_CANCELLED',
};

/** Faults are for guests that take numbers; these guests take errors. */
function throwing<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof GuestFault)) throw error;
    throw new RealmError(AS_ERROR[error.guestCode] ?? 'E_INVALID_ARGUMENT', error.message);
  }
}

/** A host of one's own: for `instantiate(module, { '@realm/realm-node/host': createHost(...) })`, and for tests. */
export function createHost(options: HostOptions = {}): Host & { configure(options: HostOptions): void; close(): void } {
  const allowed = new LocalModels(options.models);
  const models = new GuestModels(allowed);
  let { onToken } = options;
  const of = (modelId: number): LocalModel => throwing(() => models.get(modelId));
  const onText = (text: string): boolean => onToken?.(text) !== false;
  return {
    configure(more) {
      if (more.models) allowed.allow(more.models);
      if (more.onToken) ({ onToken } = more);
    },
    close: () => models.close(),
    loadModelByName: (name) => throwing(() => models.load(checkText('name', name))),
    storeModel: (bytes, modelId) => throwing(() => models.store(bytes, modelId ?? 0)),
    removeModel: (modelId) => throwing(() => models.remove(modelId)),
    getModelInfo: (modelId) => of(modelId).storedInfo(),
    getModelMetadata: (modelId) => JSON.stringify(metadataOf(of(modelId).info)),
    hiddenSize: (modelId) => of(modelId).info.hiddenSize,
    vocabSize: (modelId) => of(modelId).info.vocabSize,
    layerCount: (modelId) => of(modelId).info.layers,
    contextLength: (modelId) => of(modelId).info.contextLength,
    getTensor: (modelId, name) => of(modelId).tensor(name),
    embedTokens(modelId, ids) {
      const checked = tokenIds(ids);
      return new Float32Array(native(() => binding.embedTokens(of(modelId).stored, checked)));
    },
    embedTokensInto(modelId, ids, out) {
      const [checked, room] = [tokenIds(ids), floatsOut(out)];
      const model = of(modelId);
      native(() => binding.embedTokensInto(model.stored, checked, room));
      return (checked.byteLength >> 2) * model.info.hiddenSize;
    },
    forwardLayer(modelId, layer, hidden, position) {
      const checked = floats(hidden, 'hiddenStates');
      return new Float32Array(native(() => binding.forwardLayer(of(modelId).stored, layer, checked, position)));
    },
    forwardLayerInto(modelId, layer, hidden, position, out) {
      const [checked, room] = [floats(hidden, 'hiddenStates'), floatsOut(out)];
      native(() => binding.forwardLayerInto(of(modelId).stored, layer, checked, position, room));
      return checked.byteLength >> 2;
    },
    forwardLayers(modelId, first, count, hidden, position) {
      const model = of(modelId);
      const { layers } = model.info;
      const wanted = positiveInteger('layerCount', count, 1);
      if (first + wanted > layers) throw invalid(`${wanted} layers from ${first} on asked, the model has ${layers}`);
      const checked = floats(hidden, 'hiddenStates');
      const out = new Float32Array(native(() => binding.forwardLayer(model.stored, first, checked, position)));
      if (wanted > 1) model.forwardInto(first + 1, wanted - 1, out, position, out);
      return out;
    },
    computeLogits(modelId, hidden) {
      const checked = floats(hidden, 'hiddenState');
      return new Float32Array(native(() => binding.computeLogits(of(modelId).stored, checked)));
    },
    computeLogitsInto(modelId, hidden, out) {
      const [checked, room] = [floats(hidden, 'hiddenState'), floatsOut(out)];
      const model = of(modelId);
      native(() => binding.computeLogitsInto(model.stored, checked, room));
      return model.info.vocabSize;
    },
    tokenize: (modelId, text) => of(modelId).encode(checkText('text', text)),
    detokenize(modelId, ids) {
      const checked = tokenIds(ids);
      return native(() => binding.detokenize(of(modelId).handle, checked, 1));
    },
    streamToken: (text) => (onText(checkText('text', text)) ? 0 : 1),
    generate(modelId, prompt, maxTokens, temperature, seed) {
      const options = { maxTokens: maxTokens ?? 512, temperature: temperature ?? 0, seed: seed ?? 0 };
      return throwing(() => of(modelId).generate(checkText('prompt', prompt), options, onText).text);
    },
    resetSession: (modelId) => of(modelId).reset(),
  };
}

/* eslint-disable @typescript-eslint/unbound-method -- createHost's functions know no `this` */

/** What `import ... from '@realm/realm-node/host'` gives: one host for all guests of this thread. */
const host = createHost();

/** Which models guests may load, and where their text goes. Models are added to those allowed before. */
export const configureHost = host.configure;
export const loadModelByName = host.loadModelByName;
export const storeModel = host.storeModel;
export const removeModel = host.removeModel;
export const getModelInfo = host.getModelInfo;
export const getModelMetadata = host.getModelMetadata;
export const hiddenSize = host.hiddenSize;
export const vocabSize = host.vocabSize;
export const layerCount = host.layerCount;
export const contextLength = host.contextLength;
export const getTensor = host.getTensor;
export const embedTokens = host.embedTokens;
export const embedTokensInto = host.embedTokensInto;
export const forwardLayer = host.forwardLayer;
export const forwardLayerInto = host.forwardLayerInto;
export const forwardLayers = host.forwardLayers;
export const computeLogits = host.computeLogits;
export const computeLogitsInto = host.computeLogitsInto;
export const tokenize = host.tokenize;
export const detokenize = host.detokenize;
export const streamToken = host.streamToken;
export const generate = host.generate;
export const resetSession = host.resetSession;
