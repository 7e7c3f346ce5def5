import { createHost } from './guest/typed/createHost';

export { createHost } from './guest/typed/createHost';
export type { Host, HostOptions } from './guest/typed/functions';
export type { AllowedModels, ModelSource } from './guest/local';
export type { GuestLimits } from './portable/guest/quota';

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
