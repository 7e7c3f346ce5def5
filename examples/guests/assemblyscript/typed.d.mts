/** Exported memory */
export declare const memory: WebAssembly.Memory;
// Exported runtime interface
export declare function __new(size: number, id: number): number;
export declare function __pin(ptr: number): number;
export declare function __unpin(ptr: number): void;
export declare function __collect(): void;
export declare const __rtti_base: number;
/**
 * examples/guests/assemblyscript/typed/idsNow
 * @returns `~lib/typedarray/Uint32Array`
 */
export declare function idsNow(): Uint32Array;
/**
 * examples/guests/assemblyscript/typed/logitsNow
 * @returns `~lib/typedarray/Float32Array`
 */
export declare function logitsNow(): Float32Array;
/**
 * examples/guests/assemblyscript/typed/run
 * @param name `~lib/string/String`
 * @param prompt `~lib/string/String`
 * @param most `i32`
 * @returns `i32`
 */
export declare function run(name: string, prompt: string, most: number): number;
