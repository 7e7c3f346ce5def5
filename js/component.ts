import { createHost } from './guest/typed/createHost';
import type { Host, HostOptions } from './guest/typed/functions';
import { RealmError } from './portable/errors';

export type { HostOptions } from './guest/typed/functions';
export type { AllowedModels, ModelSource } from './guest/local';
export type { GuestLimits } from './portable/guest/quota';

/** `result<_, string>` of realm.wit: what jco takes for the error is `payload`, and the error's code comes first in it. */
export class ComponentFailure extends Error {
  readonly payload: string;

  constructor(error: RealmError | TypeError) {
    super(error.message, { cause: error });
    this.payload = `${error instanceof RealmError ? error.code : 'E_INVALID_ARGUMENT'}: ${error.message}`;
  }
}

type Functions = Omit<Host, 'getModelInfo' | `${string}Into`>;

/** The interface `host` of realm.wit as jco wants it: camelCase, u64 as bigint, failures with a payload. */
export interface ComponentHost extends Functions {
  getModelInfo(modelId: number): { tensorCount: number; totalSize: bigint };
}

/** An import object for one component, and what belongs to it. */
export interface ComponentImports {
  readonly 'realm:host/host': ComponentHost;
  /** Which models the component may load, and where its text goes. */
  configure(options: HostOptions): void;
  /** Gives back the component's models and their caches, for good. */
  close(): void;
}

function failing<T extends unknown[], R>(call: (...args: T) => R): (...args: T) => R {
  return (...args) => {
    try {
      return call(...args);
    } catch (error) {
      if (error instanceof RealmError || error instanceof TypeError) throw new ComponentFailure(error);
      throw error;
    }
  };
}

/**
 * What a component of realm.wit's world imports: for `instantiate(getCoreModule, { ...imports, ... })` of what
 * `jco transpile --instantiation` writes.
 */
export function createComponentImports(options: HostOptions = {}): ComponentImports {
  const { configure, close, ...functions } = createHost(options); // eslint-disable-line @typescript-eslint/unbound-method -- they know no `this`
  const wanted: ComponentHost = {
    ...functions,
    getModelInfo(modelId) {
      const { tensor_count, total_size } = functions.getModelInfo(modelId);
      return { tensorCount: tensor_count, totalSize: BigInt(total_size) };
    },
  };
  const entries = Object.entries(wanted as unknown as Record<string, (...args: unknown[]) => unknown>)
    .filter(([name]) => !name.endsWith('Into')) // a list in WIT is a copy: there is nothing to write into
    .map(([name, call]) => [name, failing(call)]);
  return { 'realm:host/host': Object.fromEntries(entries) as ComponentHost, configure, close };
}

/* eslint-disable @typescript-eslint/unbound-method -- as above */

const component = createComponentImports();
const host = component['realm:host/host'];

/** Which models components may load that were transpiled with `--map 'realm:host/host=@realm/realm-node/component'`. */
export const configureHost = component.configure;
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
export const forwardLayer = host.forwardLayer;
export const forwardLayers = host.forwardLayers;
export const computeLogits = host.computeLogits;
export const tokenize = host.tokenize;
export const detokenize = host.detokenize;
export const detokenizeBytes = host.detokenizeBytes;
export const isEndToken = host.isEndToken;
export const endTokens = host.endTokens;
export const createDecoder = host.createDecoder;
export const decodeNext = host.decodeNext;
export const decodeEnd = host.decodeEnd;
export const decoderStopped = host.decoderStopped;
export const removeDecoder = host.removeDecoder;
export const argmax = host.argmax;
export const createSampler = host.createSampler;
export const acceptTokens = host.acceptTokens;
export const chooseToken = host.chooseToken;
export const removeSampler = host.removeSampler;
export const applyChatTemplate = host.applyChatTemplate;
export const encodeChat = host.encodeChat;
export const streamToken = host.streamToken;
export const generate = host.generate;
export const generateWith = host.generateWith;
export const chat = host.chat;
export const chatAnswer = host.chatAnswer;
export const resetSession = host.resetSession;
