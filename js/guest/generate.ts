import { binding, type JobEvent } from '../engine/binding';
import { fromNative, native } from '../engine/errors';
import { endOf, type GenerationEnd } from '../engine/job';
import { idsOf } from '../engine/records';
import { checkGenerateOptions, type GenerateOptions } from '../options/generate';
import type { OnPiece } from '../portable/guest/engine';
import { GuestFault } from '../portable/guest/faults';

/** How to generate for a guest: GuestGenerateOptions, or any of the package's options. */
export interface LocalGenerateOptions extends Omit<GenerateOptions, 'signal' | 'collect' | 'n'> {
  stopTokens?: readonly number[];
  mostBytes?: number;
}

export interface GuestGeneration {
  text: string;
  /** All that were chosen, the one that ended it among them. */
  tokens: Uint32Array;
  finishReason: 'stop' | 'length';
  promptTokens: number;
  /** How many those are. */
  tokenCount: number;
}

/**
 * Runs a generation while the caller waits: a guest's imports are synchronous. It is a job beside all others of the model, with a
 * sequence of its own: the guest's session is not touched.
 *
 * @param onNews what it throws stops the job, and comes out of this
 */
export function runJob(
  model: bigint,
  prompt: string | Uint32Array,
  json: string,
  onNews: (event: JobEvent) => void,
): GenerationEnd {
  let thrown: { error: unknown } | undefined;
  let last: JobEvent | undefined;
  const onEvent = (event: JobEvent): boolean => {
    try {
      onNews(event);
    } catch (error) {
      thrown = { error };
    }
    if (event.error !== undefined) thrown ??= { error: fromNative(event.error) };
    if (event.end !== undefined) last = event;
    return thrown === undefined;
  };
  native(() => binding.generateWait(model, prompt, json, onEvent));
  if (thrown) throw thrown.error;
  const end = last && endOf(last);
  if (!end || end.finishReason === 'cancelled') throw new GuestFault('CANCELLED', 'the generation was cancelled');
  return end;
}

/** @throws GuestFault CANCELLED: the host wants no more */
export function tell(goesOn: boolean): void {
  if (!goesOn) throw new GuestFault('CANCELLED', 'the host stopped the generation');
}

/** Generates while the caller waits. */
export function generate(
  model: { readonly handle: bigint },
  prompt: string | Uint32Array,
  options: LocalGenerateOptions,
  onPiece: OnPiece,
): GuestGeneration {
  const { stopTokens = [], mostBytes = Infinity, ...rest } = options;
  const { json } = checkGenerateOptions({ ...rest, stop: [...[rest.stop ?? []].flat(), ...stopTokens] });
  let text = '';
  let bytes = 0;
  const tokens: number[] = [];
  const end = runJob(model.handle, prompt, json, (event) => {
    const ids = idsOf(event.tokens);
    tokens.push(...ids);
    text += event.text;
    bytes += Buffer.byteLength(event.text);
    tell(onPiece('', ids.length));
    if (bytes > mostBytes) throw new GuestFault('TOO_SMALL', `the text does not fit into ${mostBytes} bytes`);
    if (event.text !== '') tell(onPiece(event.text, 0));
  });
  return {
    text,
    tokens: Uint32Array.from(tokens),
    finishReason: end.finishReason === 'length' ? 'length' : 'stop',
    promptTokens: end.promptTokens,
    tokenCount: tokens.length,
  };
}
