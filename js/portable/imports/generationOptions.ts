import type { GuestGenerateOptions } from '../guest/engine.js';
import { GuestFault } from '../guest/faults.js';
import type { GuestMemory } from '../guest/memory.js';

const SIZE = 32;
const MOST_TOP_K = 0x7fffffff;

/** What a null pointer means: upstream's defaults. */
const DEFAULTS: GuestGenerateOptions = {
  maxTokens: 512,
  temperature: 0.7,
  topP: 0.9,
  topK: 40,
  repeatPenalty: 1.1,
  minP: 0,
  seed: 0n,
  stop: [],
  ignoreEos: false,
};

function within(name: string, value: number, least: number, most: number): number {
  if (value >= least && value <= most) return value;
  throw new GuestFault('INVALID_ARGUMENT', `options: ${name} must be from ${least} to ${most}, got ${value}`);
}

/** `GenOptions`, 32 bytes: max_tokens u32, temperature f32, top_p f32, top_k u32, repetition_penalty f32, seed u32, stop_token_count u8, stop_tokens u32*. */
export function readGenerationOptions(memory: GuestMemory, pointer: number): GuestGenerateOptions {
  if (pointer === 0) return DEFAULTS;
  memory.check('options', pointer, SIZE / 4, 4);
  const bytes = memory.bytes('options', pointer, SIZE);
  const view = new DataView(bytes.buffer, bytes.byteOffset, SIZE);
  const stopTokens = Array.from(memory.ids('stop tokens', view.getUint32(28, true), view.getUint8(24)));
  return {
    maxTokens: within('max_tokens', view.getUint32(0, true), 1, 0xffffffff),
    temperature: within('temperature', view.getFloat32(4, true), 0, 1000),
    topP: within('top_p', view.getFloat32(8, true), 0, 1),
    topK: within('top_k', view.getUint32(12, true), 0, MOST_TOP_K),
    repeatPenalty: within('repetition_penalty', view.getFloat32(16, true), 0.01, 1000),
    minP: 0,
    seed: BigInt(view.getUint32(20, true)),
    stop: [],
    ignoreEos: false,
    stopTokens,
  };
}
