// @realm/realm-node/host as AssemblyScript sees it: docs/option-1.md.
@external("@realm/realm-node/host", "loadModelByName") export declare function loadModelByName(name: string): u32;
@external("@realm/realm-node/host", "hiddenSize") export declare function hiddenSize(model: u32): i32;
@external("@realm/realm-node/host", "layerCount") export declare function layerCount(model: u32): i32;
@external("@realm/realm-node/host", "contextLength") export declare function contextLength(model: u32): i32;
@external("@realm/realm-node/host", "embedTokens") export declare function embedTokens(model: u32, ids: Uint32Array): Float32Array;
@external("@realm/realm-node/host", "forwardLayer") export declare function forwardLayer(model: u32, layer: u32, hidden: Float32Array, position: u32): Float32Array;
@external("@realm/realm-node/host", "computeLogits") export declare function computeLogits(model: u32, hidden: Float32Array): Float32Array;
@external("@realm/realm-node/host", "tokenize") export declare function tokenize(model: u32, text: string): Uint32Array;
@external("@realm/realm-node/host", "detokenize") export declare function detokenize(model: u32, ids: Uint32Array): string;
@external("@realm/realm-node/host", "streamToken") export declare function streamToken(text: string): i32;
@external("@realm/realm-node/host", "removeModel") export declare function removeModel(model: u32): void;
