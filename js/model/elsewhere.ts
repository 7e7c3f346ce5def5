import { Thread } from '../engine/thread';

/** What the thread does with a model, by its number; `list`: ids as JSON has them between its brackets. */
export type TokenWork =
  | { kind: 'list'; model: bigint; text: string; addSpecial: number; parseSpecial: boolean }
  | { kind: 'segments'; model: bigint; text: string; lengths: Uint32Array }
  | { kind: 'detokenize'; model: bigint; ids: Uint32Array; how: number };

/** Characters, or ids, from which on work goes to the thread: a millisecond or two of it. */
export const LONG_TEXT = 16_384;

const thread = new Thread<TokenWork, Uint32Array | string>(__dirname, 'tokenWorker.js', 'makes tokens of long texts');

/** Tokenizing for whoever answers others meanwhile. */
export const idsElsewhere = (work: TokenWork & { kind: 'segments' }): Promise<Uint32Array> =>
  thread.run(work) as Promise<Uint32Array>;

export const textElsewhere = (work: TokenWork & { kind: 'detokenize' | 'list' }): Promise<string> =>
  thread.run(work) as Promise<string>;
