// @realm/realm-node/host as AssemblyScript sees it: docs/option-1.md. Failures are thrown, as RealmError: they end the guest's call.
@external("@realm/realm-node/host", "loadModelByName") export declare function loadModelByName(name: string): u32;
@external("@realm/realm-node/host", "storeModel") export declare function storeModel(bytes: Uint8Array, modelId: u32): u32;
@external("@realm/realm-node/host", "removeModel") export declare function removeModel(modelId: u32): void;
@external("@realm/realm-node/host", "getModelMetadata") export declare function getModelMetadata(modelId: u32): string;
@external("@realm/realm-node/host", "hiddenSize") export declare function hiddenSize(modelId: u32): u32;
@external("@realm/realm-node/host", "vocabSize") export declare function vocabSize(modelId: u32): u32;
@external("@realm/realm-node/host", "layerCount") export declare function layerCount(modelId: u32): u32;
@external("@realm/realm-node/host", "contextLength") export declare function contextLength(modelId: u32): u32;
@external("@realm/realm-node/host", "getTensor") export declare function getTensor(modelId: u32, tensorName: string): Float32Array;
@external("@realm/realm-node/host", "embedTokens") export declare function embedTokens(modelId: u32, tokenIds: Uint32Array): Float32Array;
@external("@realm/realm-node/host", "forwardLayer") export declare function forwardLayer(modelId: u32, layerIdx: u32, hiddenStates: Float32Array, position: u32): Float32Array;
@external("@realm/realm-node/host", "forwardLayers") export declare function forwardLayers(modelId: u32, firstLayer: u32, layerCount: u32, hiddenStates: Float32Array, position: u32): Float32Array;
@external("@realm/realm-node/host", "computeLogits") export declare function computeLogits(modelId: u32, hiddenState: Float32Array): Float32Array;
@external("@realm/realm-node/host", "tokenize") export declare function tokenize(modelId: u32, text: string): Uint32Array;
@external("@realm/realm-node/host", "detokenize") export declare function detokenize(modelId: u32, tokenIds: Uint32Array): string;
@external("@realm/realm-node/host", "detokenizeBytes") export declare function detokenizeBytes(modelId: u32, tokenIds: Uint32Array): Uint8Array;
@external("@realm/realm-node/host", "isEndToken") export declare function isEndToken(modelId: u32, tokenId: u32): bool;
@external("@realm/realm-node/host", "endTokens") export declare function endTokens(modelId: u32): Uint32Array;
@external("@realm/realm-node/host", "createDecoder") export declare function createDecoder(modelId: u32, after: Uint32Array, options: string): u32;
@external("@realm/realm-node/host", "decodeNext") export declare function decodeNext(decoderId: u32, tokenIds: Uint32Array): string;
@external("@realm/realm-node/host", "decodeEnd") export declare function decodeEnd(decoderId: u32): string;
@external("@realm/realm-node/host", "decoderStopped") export declare function decoderStopped(decoderId: u32): bool;
@external("@realm/realm-node/host", "removeDecoder") export declare function removeDecoder(decoderId: u32): void;
@external("@realm/realm-node/host", "argmax") export declare function argmax(logits: Float32Array): u32;
@external("@realm/realm-node/host", "createSampler") export declare function createSampler(modelId: u32, options: string): u32;
@external("@realm/realm-node/host", "acceptTokens") export declare function acceptTokens(samplerId: u32, tokenIds: Uint32Array): void;
@external("@realm/realm-node/host", "chooseToken") export declare function chooseToken(samplerId: u32, logits: Float32Array): u32;
@external("@realm/realm-node/host", "removeSampler") export declare function removeSampler(samplerId: u32): void;
@external("@realm/realm-node/host", "applyChatTemplate") export declare function applyChatTemplate(modelId: u32, messages: string): string;
@external("@realm/realm-node/host", "encodeChat") export declare function encodeChat(modelId: u32, messages: string): Uint32Array;
@external("@realm/realm-node/host", "streamToken") export declare function streamToken(text: string): u32;
@external("@realm/realm-node/host", "generate") export declare function generate(modelId: u32, prompt: string, maxTokens: u32, temperature: f32, seed: u64): string;
@external("@realm/realm-node/host", "generateWith") export declare function generateWith(modelId: u32, prompt: string, options: string): string;
@external("@realm/realm-node/host", "chat") export declare function chat(modelId: u32, messages: string, options: string): string;
@external("@realm/realm-node/host", "chatAnswer") export declare function chatAnswer(modelId: u32, part: string): string;
@external("@realm/realm-node/host", "resetSession") export declare function resetSession(modelId: u32): void;

/** A text as a JSON string, quotes and all, for messages made of what somebody said. */
export function jsonString(text: string): string {
  let out = '"';
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 0x20) out += "\\u00" + (c < 0x10 ? "0" : "") + c.toString(16);
    else out += (c == 0x22 || c == 0x5c ? "\\" : "") + text.charAt(i);
  }
  return out + '"';
}
