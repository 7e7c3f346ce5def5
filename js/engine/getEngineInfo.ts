import { binding } from './binding';
import { native } from './errors';

export interface EngineInfo {
  /** Version of the engine library. */
  version: string;
  /** The instruction set it was compiled for. */
  isa: string;
  /** Weight formats it computes with: their GGUF type id and name. */
  formats: { id: number; name: string }[];
  /** `general.architecture` of the models it runs. */
  architectures: string[];
  /** `tokenizer.ggml.model` of the vocabularies it reads, and what each is. */
  tokenizers: { name: string; description: string }[];
  /** `tokenizer.ggml.pre` of those with byte-pair encoding. */
  preTokenizers: string[];
  /** What there is of it in this process now: what a test for leaks looks at. */
  live: {
    models: number;
    sessions: number;
    jobs: number;
    /** Pages of the key/value cache, each of 64 tokens, of running generations, sessions and prompt caches. */
    pages: number;
    /** Bytes of these and of recurrent states. */
    bytes: number;
  };
}

/** What this engine is and can run. Loads the engine. */
export function getEngineInfo(): EngineInfo {
  return JSON.parse(native(() => binding.describeEngine())) as EngineInfo;
}
