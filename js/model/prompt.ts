import { types } from 'node:util';
import type { ChatSegment } from '../chat/renderChatSegments';
import { binding } from '../engine/binding';
import { invalid, show, tokenIds } from '../engine/check';
import { native } from '../engine/errors';

/** The ids of a prompt: begin token as the file asks for it, special tokens recognised, as chat templates need it. */
export function promptIds(model: bigint, bosId: number | null | undefined, prompt: string): Uint32Array {
  return withOneBegin(new Uint32Array(native(() => binding.tokenize(model, prompt, true, true))), bosId);
}

/** The same of a conversation, in which only the template's own text makes special tokens. */
export function chatIds(
  model: bigint,
  bosId: number | null | undefined,
  segments: readonly ChatSegment[],
): Uint32Array {
  let text = '';
  const lengths: number[] = [];
  for (const { text: part, trusted } of segments) {
    // Half a surrogate pair has no UTF-8, and two halves of two origins are no pair.
    const whole = part.replace(/\p{Surrogate}/gu, '\ufffd');
    if (trusted === (lengths.length % 2 === 1)) lengths.push(0);
    lengths.push(Buffer.byteLength(whole));
    text += whole;
  }
  const ids = native(() => binding.tokenizeSegments(model, text, new Uint32Array(lengths), true));
  return withOneBegin(new Uint32Array(ids), bosId);
}

/** Many chat templates write the begin token themselves; twice would not be what the model was trained on. */
function withOneBegin(ids: Uint32Array, bosId: number | null | undefined): Uint32Array {
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
