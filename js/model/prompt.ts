import { types } from 'node:util';
import { binding } from '../engine/binding';
import { invalid, show, tokenIds } from '../engine/check';
import { native } from '../engine/errors';

/** The ids of a prompt: begin token as the file asks for it, special tokens recognised, as chat templates need it. */
export function promptIds(model: bigint, bosId: number | null | undefined, prompt: string): Uint32Array {
  const ids = new Uint32Array(native(() => binding.tokenize(model, prompt, true, true)));
  // Many chat templates write the begin token themselves; twice would not be what the model was trained on.
  return ids.length > 1 && ids[0] === bosId && ids[1] === bosId ? ids.subarray(1) : ids;
}

/** A prompt that is no text: ids, or else the error that says what a prompt is. */
export function promptTokens(prompt: unknown): Uint32Array | Buffer | ArrayBuffer {
  const isList = Array.isArray(prompt);
  if (isList && typeof prompt[0] === 'object' && prompt[0] !== null)
    throw invalid(
      'prompt must be a string or token ids, got an array of objects: model.applyChatTemplate(messages) makes a string of messages',
    );
  if (!isList && !ArrayBuffer.isView(prompt) && !types.isAnyArrayBuffer(prompt))
    throw invalid(`prompt must be a string or token ids, got ${show(prompt)}`);
  return tokenIds(prompt, 'prompt');
}
