import { binding } from '../engine/binding';
import { native } from '../engine/errors';
import { checkGenerateOptions } from '../options/generate';
import type { GuestGenerateOptions } from '../portable/guest/engine';
import { GuestFault } from '../portable/guest/faults';

/** What it takes of a model: LocalModel, which is above. */
interface Generator {
  readonly handle: bigint;
  encode(text: string): Uint32Array;
  decode(ids: Uint32Array): Uint8Array;
}

export interface GuestGeneration {
  text: string;
  tokens: Uint32Array;
  finishReason: 'stop' | 'length';
  promptTokens: number;
}

/**
 * Generates while the caller waits: a guest's imports are synchronous. It is a job beside all others of the model, with a
 * sequence of its own: the guest's session is not touched.
 *
 * @param onText returning false stops it with the fault CANCELLED
 */
export function generate(
  model: Generator,
  prompt: string | Uint32Array,
  options: GuestGenerateOptions,
  onText?: (text: string) => boolean,
): GuestGeneration {
  const { stopTokens = [], mostBytes = Infinity, ...rest } = options;
  const ids = typeof prompt === 'string' ? model.encode(prompt) : prompt;
  let text = '';
  let bytes = 0;
  const tokens: number[] = [];
  let stopped = false;
  let fault: unknown;
  const chunk = (piece: string, fresh: ArrayBuffer): boolean => {
    let more = piece;
    for (const token of new Uint32Array(fresh)) {
      if (stopTokens.includes(token)) {
        stopped = true;
        // What this piece holds of the text before the stop token.
        const whole = new TextDecoder('utf-8', { ignoreBOM: true }).decode(model.decode(Uint32Array.from(tokens)));
        more = whole.startsWith(text) ? whole.slice(text.length) : '';
        break;
      }
      tokens.push(token);
    }
    text += more;
    bytes += Buffer.byteLength(more);
    if (bytes > mostBytes) fault = new GuestFault('TOO_SMALL', `the text does not fit into ${mostBytes} bytes`);
    else if (more !== '') {
      try {
        if (onText?.(more) === false) fault = new GuestFault('CANCELLED', 'the host stopped the generation');
      } catch (error) {
        fault = error;
      }
    }
    return !stopped && fault === undefined;
  };
  const [defaults] = checkGenerateOptions({});
  const reason = native(() => binding.generateWait(model.handle, ids, { ...defaults, ...rest }, chunk));
  if (fault !== undefined) throw fault;
  if (reason === 3 && !stopped) throw new GuestFault('CANCELLED', 'the generation was cancelled');
  return {
    text,
    tokens: Uint32Array.from(tokens),
    finishReason: reason === 2 ? 'length' : 'stop',
    promptTokens: ids.length,
  };
}
