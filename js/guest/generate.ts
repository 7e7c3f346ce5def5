import { binding, type NativeGenerationOptions } from '../binding';
import { native } from '../errors';
import { promptIds } from '../prompt';
import { GuestFault } from './faults';
import type { GuestModel } from './models';

export interface GuestGenerateOptions extends NativeGenerationOptions {
  /** The text ends before any of these tokens. */
  stopTokens?: readonly number[];
  /** Bytes of text at most: more is the fault TOO_SMALL, as soon as it is clear. */
  mostBytes?: number;
}

export interface GuestGeneration {
  text: string;
  tokens: Uint32Array;
  finishReason: 'stop' | 'length';
  promptTokens: number;
}

/** The ids of a prompt, special tokens recognised, as chat templates need it. */
export function encode(model: GuestModel, text: string): Uint32Array {
  return promptIds(model.handle, model.info.tokenizer?.bosId, text);
}

/** Bytes of tokens as they are; special ones are left out. */
export function decode(model: GuestModel, ids: Uint32Array): Uint8Array {
  return new Uint8Array(native(() => binding.detokenizeBytes(model.handle, ids, true)));
}

/**
 * Generates while the caller waits: a guest's imports are synchronous. It is a job beside all others of the model, with a
 * sequence of its own: the guest's session is not touched.
 *
 * @param onText returning false stops it with the fault CANCELLED
 */
export function generate(
  model: GuestModel,
  prompt: string | Uint32Array,
  options: GuestGenerateOptions,
  onText?: (text: string) => boolean,
): GuestGeneration {
  const { stopTokens = [], mostBytes = Infinity, ...rest } = options;
  const ids = typeof prompt === 'string' ? encode(model, prompt) : prompt;
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
        const whole = new TextDecoder('utf-8', { ignoreBOM: true }).decode(decode(model, Uint32Array.from(tokens)));
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
  const reason = native(() => binding.generateWait(model.handle, ids, rest, chunk));
  if (fault !== undefined) throw fault;
  if (reason === 3 && !stopped) throw new GuestFault('CANCELLED', 'the generation was cancelled');
  return {
    text,
    tokens: Uint32Array.from(tokens),
    finishReason: reason === 2 ? 'length' : 'stop',
    promptTokens: ids.length,
  };
}
