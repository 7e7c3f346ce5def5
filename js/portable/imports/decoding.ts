import { GuestDecoder } from '../guest/decoder.js';
import { conversationOf, stopsOf } from '../guest/json.js';
import type { GuestObjects } from '../guest/objects.js';
import type { GuestContext, Import } from './context.js';

const utf8 = new TextEncoder();
const bytesOf = (ids: Uint32Array) => new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength);

/** Where a text ends, and its characters as they come; conversations. */
export function decodingImports(
  { memory, models, calls }: GuestContext,
  decoders: GuestObjects<GuestDecoder>,
): Record<string, Import> {
  /** What is ready, if it fits; else it waits for a call with more room. */
  const hand = (decoder: GuestDecoder, pointer: number, most: number): number => {
    const bytes = memory.answer('out', pointer, most, utf8.encode(decoder.ready));
    decoder.taken();
    return bytes;
  };
  return {
    realm_get_end_tokens: calls.wrap('realm_get_end_tokens', (id, pointer, most) => {
      memory.check('out', pointer, 0, 4);
      const ids = Uint32Array.from(models.get(id).info.tokenizer?.endIds ?? []);
      return memory.answer('out', pointer, most, bytesOf(ids)) / 4;
    }),
    realm_is_end_token: calls.wrap('realm_is_end_token', (id, token) =>
      Number(models.get(id).info.tokenizer?.endIds.includes(token) ?? false),
    ),
    realm_decoder_create: calls.wrap('realm_decoder_create', (id, pointer, count, json, length) => {
      const after = memory.ids('token ids', pointer, count);
      const stops = stopsOf('options', memory.text('options', json, length));
      return decoders.add(() => new GuestDecoder(models.get(id), after, stops));
    }),
    realm_decoder_next: calls.wrap('realm_decoder_next', (id, pointer, count, outPointer, most) => {
      const ids = memory.ids('token ids', pointer, count);
      memory.check('out', outPointer, most);
      const decoder = decoders.get(id);
      decoder.push(ids);
      return hand(decoder, outPointer, most);
    }),
    realm_decoder_end: calls.wrap('realm_decoder_end', (id, outPointer, most) => {
      memory.check('out', outPointer, most);
      const decoder = decoders.get(id);
      decoder.end();
      return hand(decoder, outPointer, most);
    }),
    realm_decoder_stopped: calls.wrap('realm_decoder_stopped', (id) => Number(decoders.get(id).stopped)),
    realm_decoder_remove: calls.wrap('realm_decoder_remove', (id) => {
      decoders.remove(id);
      return 0;
    }),
    realm_apply_chat_template: calls.wrap('realm_apply_chat_template', (id, pointer, length, outPointer, most) => {
      const { messages, options } = conversationOf(memory.text('messages', pointer, length));
      memory.check('out', outPointer, most);
      return memory.answer('out', outPointer, most, utf8.encode(models.get(id).renderChat(messages, options)));
    }),
    realm_encode_chat: calls.wrap('realm_encode_chat', (id, pointer, length, outPointer, most) => {
      const { messages, options } = conversationOf(memory.text('messages', pointer, length));
      memory.check('out', outPointer, most);
      memory.check('out', outPointer, 0, 4);
      const ids = models.get(id).encodeChat(messages, options);
      return memory.answer('out', outPointer, most, bytesOf(ids)) / 4;
    }),
  };
}
