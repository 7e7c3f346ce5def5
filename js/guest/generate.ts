import { binding, type JobEvent } from '../engine/binding';
import { fromNative, native } from '../engine/errors';
import { endOf } from '../engine/job';
import { idsOf } from '../engine/records';
import { checkGenerateOptions, type GenerateOptions } from '../options/generate';
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
 * Generates while the caller waits: a guest's imports are synchronous. It is a job beside all others of the model, with a
 * sequence of its own: the guest's session is not touched.
 *
 * @param onText returning false stops it with the fault CANCELLED
 */
export function generate(
  model: { readonly handle: bigint },
  prompt: string | Uint32Array,
  options: LocalGenerateOptions,
  onText?: (text: string) => boolean,
): GuestGeneration {
  const { stopTokens = [], mostBytes = Infinity, ...rest } = options;
  const { json } = checkGenerateOptions({ ...rest, stop: [...[rest.stop ?? []].flat(), ...stopTokens] });
  let text = '';
  let bytes = 0;
  const tokens: number[] = [];
  let fault: unknown;
  let last: JobEvent | undefined;
  const onEvent = (event: JobEvent): boolean => {
    tokens.push(...idsOf(event.tokens));
    text += event.text;
    bytes += Buffer.byteLength(event.text);
    if (event.end !== undefined) last = event;
    if (event.error !== undefined) {
      fault ??= fromNative(event.error);
      return false;
    }
    if (bytes > mostBytes) fault = new GuestFault('TOO_SMALL', `the text does not fit into ${mostBytes} bytes`);
    else if (event.text !== '') {
      try {
        if (onText?.(event.text) === false) fault = new GuestFault('CANCELLED', 'the host stopped the generation');
      } catch (error) {
        fault = error;
      }
    }
    return fault === undefined;
  };
  native(() => binding.generateWait(model.handle, prompt, json, onEvent));
  if (fault !== undefined) throw fault;
  const { finishReason, promptTokens } = last ? endOf(last) : { finishReason: 'cancelled', promptTokens: 0 };
  if (finishReason === 'cancelled') throw new GuestFault('CANCELLED', 'the generation was cancelled');
  return {
    text,
    tokens: Uint32Array.from(tokens),
    finishReason: finishReason === 'length' ? 'length' : 'stop',
    promptTokens,
    tokenCount: tokens.length,
  };
}
