import { GuestFault } from '../guest/faults.js';
import type { GuestContext, Import } from './context.js';
import { readGenerationOptions } from './generationOptions.js';
import { generateOptionsOf, messagesOf } from '../guest/json.js';
import { answerChat, generateWith } from '../guest/quota.js';

const utf8 = new TextEncoder();
const bytesOf = (ids: Uint32Array) => new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength);

/** Text to tokens, tokens to text, text to the host. */
export function textImports({
  memory,
  models,
  calls,
  quota,
  onText,
  onReasoning,
  answers,
}: GuestContext): Record<string, Import> {
  const newDecoder = () => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let stream = newDecoder();
  return {
    realm_encode_tokens: calls.wrap('realm_encode_tokens', (id, pointer, length, outPointer, most) => {
      const text = memory.text('text', pointer, length);
      memory.check('out', outPointer, most);
      memory.check('out', outPointer, 0, 4);
      const ids = models.get(id).encode(text);
      memory.answer('out', outPointer, most, bytesOf(ids));
      return ids.length;
    }),
    realm_decode_tokens: calls.wrap('realm_decode_tokens', (id, pointer, count, outPointer, most) => {
      const ids = memory.ids('token ids', pointer, count);
      memory.check('out', outPointer, most);
      return memory.answer('out', outPointer, most, models.get(id).decode(ids));
    }),
    // A token may be a part of a character: the rest comes with the next call, and the host gets whole characters.
    realm_stream_token: calls.wrap('realm_stream_token', (pointer, length) => {
      const bytes = memory.bytes('text', pointer, length).slice();
      let text: string;
      try {
        text = stream.decode(bytes, { stream: true });
      } catch {
        stream = newDecoder();
        throw new GuestFault('BAD_UTF8', `text: ${length} bytes at ${pointer} do not continue valid UTF-8`);
      }
      return text === '' || onText(text) ? 0 : 1;
    }),
    realm_host_generate: calls.wrap('realm_host_generate', (id, pointer, length, optionsPointer, outPointer, most) => {
      quota.checkTokens();
      const prompt = memory.text('prompt', pointer, length);
      const options = readGenerationOptions(memory, optionsPointer);
      memory.check('out', outPointer, most);
      if (most === 0) throw new GuestFault('TOO_SMALL', 'out: there is no room for the NUL that ends the text');
      const model = models.get(id);
      const { text } = quota.generate(
        model,
        () => model.encode(prompt).length,
        { maxTokens: options.maxTokens, isHeld: false },
        (limits, count) =>
          model.generate(prompt, { ...options, ...limits, mostBytes: most - 1 }, (text, tokens) => {
            count(tokens);
            return text === '' || onText(text);
          }),
      );
      const bytes = utf8.encode(`${text}\0`);
      memory.writeBytes('out', outPointer, bytes);
      return bytes.length;
    }),
    realm_generate: calls.wrap('realm_generate', (id, pointer, length, json, jsonLength, outPointer, most) => {
      quota.checkTokens();
      const prompt = memory.text('prompt', pointer, length);
      const options = generateOptionsOf('options', memory.text('options', json, jsonLength));
      memory.check('out', outPointer, most);
      const { text } = generateWith(quota, models.get(id), prompt, options, most, onText);
      const bytes = utf8.encode(text);
      memory.writeBytes('out', outPointer, bytes);
      return bytes.length;
    }),
    realm_chat: calls.wrap('realm_chat', (id, pointer, length, json, jsonLength, outPointer, most) => {
      quota.checkTokens();
      const messages = messagesOf(memory.text('messages', pointer, length));
      const options = generateOptionsOf('options', memory.text('options', json, jsonLength));
      memory.check('out', outPointer, most);
      const model = models.get(id);
      const { text, parts } = answerChat(quota, model, messages, options, onText, onReasoning);
      answers.keep(model, parts);
      return memory.answer('out', outPointer, most, utf8.encode(text));
    }),
    realm_chat_answer: calls.wrap('realm_chat_answer', (id, pointer, length, outPointer, most) => {
      const name = memory.text('part', pointer, length);
      memory.check('out', outPointer, most);
      return memory.answer('out', outPointer, most, utf8.encode(answers.part(models.get(id), name)));
    }),
  };
}
