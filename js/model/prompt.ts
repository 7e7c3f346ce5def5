import { types } from 'node:util';
import type { ChatSegment } from '../chat/renderChatSegments';
import { binding } from '../engine/binding';
import { native } from '../engine/errors';
import { invalid, modelIds, show } from '../engine/check';
import { idsElsewhere, LONG_TEXT } from './elsewhere';

/** A conversation as the engine reads it: UTF-8 lengths of the template's own text and of others', by turns. */
function joined(segments: readonly ChatSegment[]): { text: string; lengths: Uint32Array } {
  let text = '';
  const lengths: number[] = [];
  for (const { text: part, trusted } of segments) {
    // Half a surrogate pair has no UTF-8, and two halves of two origins are no pair.
    const whole = part.replace(/\p{Surrogate}/gu, '\ufffd');
    if (trusted === (lengths.length % 2 === 1)) lengths.push(0);
    lengths.push(Buffer.byteLength(whole));
    text += whole;
  }
  return { text, lengths: new Uint32Array(lengths) };
}

/** Ids of a text in which only trusted parts make special tokens. */
export function segmentIds(model: bigint, segments: readonly ChatSegment[], addSpecial: boolean): Uint32Array {
  const { text, lengths } = joined(segments);
  return new Uint32Array(native(() => binding.tokenizeSegments(model, text, lengths, addSpecial)));
}

/** The ids of a conversation, in which only the template's own text makes special tokens. */
export function chatIds(
  model: bigint,
  bosId: number | null | undefined,
  segments: readonly ChatSegment[],
): Uint32Array {
  return withOneBegin(segmentIds(model, segments, true), bosId);
}

/** The same for whoever answers others meanwhile: a long conversation is tokenized on another thread. */
export async function chatIdsElsewhere(
  model: bigint,
  bosId: number | null | undefined,
  segments: readonly ChatSegment[],
): Promise<Uint32Array> {
  if (segments.reduce((length, segment) => length + segment.text.length, 0) < LONG_TEXT)
    return chatIds(model, bosId, segments);
  return withOneBegin(await idsElsewhere({ kind: 'segments', model, ...joined(segments) }), bosId);
}

/** Many chat templates write the begin token themselves; twice would not be what the model was trained on. */
function withOneBegin(ids: Uint32Array, bosId: number | null | undefined): Uint32Array {
  return ids.length > 1 && ids[0] === bosId && ids[1] === bosId ? ids.subarray(1) : ids;
}

/** A prompt as the addon takes it: a text, or ids; else the error that says what a prompt is. */
export function checkPrompt(prompt: unknown): string | Uint32Array | Buffer | ArrayBuffer {
  if (typeof prompt === 'string') return prompt;
  const isList = Array.isArray(prompt);
  if (isList && typeof prompt[0] === 'object' && prompt[0] !== null)
    throw invalid(
      'prompt must be a string or token ids, got an array of objects: model.applyChatTemplate(messages) makes a string of messages',
    );
  if (!isList && (!ArrayBuffer.isView(prompt) || types.isDataView(prompt)) && !types.isAnyArrayBuffer(prompt))
    throw invalid(`prompt must be a string or token ids, got ${show(prompt)}`);
  return modelIds(prompt, 'prompt');
}
