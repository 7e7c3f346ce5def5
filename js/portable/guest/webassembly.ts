/** The parts of WebAssembly's JavaScript API that are used, by their shape: Node's own types have none, the DOM's fit these. */
export interface WasmMemory {
  readonly buffer: ArrayBufferLike;
}

export interface WasmInstance {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly exports: Record<string, any>;
}

/** A compiled module. */
export type WasmModule = object;

interface Api {
  Module: (new (bytes: Uint8Array) => WasmModule) & {
    exports(module: WasmModule): { name: string; kind: string }[];
  };
  Instance: new (module: WasmModule, imports: Record<string, Record<string, unknown>>) => WasmInstance;
  compile(bytes: Uint8Array): Promise<WasmModule>;
}

export const webAssembly = (globalThis as unknown as { WebAssembly: Api }).WebAssembly;
