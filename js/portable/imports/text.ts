import { GuestFault } from '../guest/faults.js';
import type { GuestContext, Import } from './context.js';
import { readGenerationOptions } from './generationOptions.js';

const utf8 = new TextEncoder();

/** Text to tokens, tokens to text, text to the host. */
export function textImports({ memory, models, calls, onText }: GuestContext): Record<string, Import> {
  const newDecoder = () => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let stream = newDecoder();
  return {
    realm_encode_tokens: calls.wrap('realm_encode_tokens', (id, pointer, length, outPointer, most) => {
      const text = memory.text('text', pointer, length);
      memory.check('out', outPointer, most);
      memory.check('out', outPointer, 0, 4);
      const ids = models.get(id).encode(text);
      if (ids.byteLength > most)
        throw new GuestFault('TOO_SMALL', `out: ${ids.byteLength} bytes are needed, there is room for ${most}`);
      memory.writeBytes('out', outPointer, new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength));
      return ids.length;
    }),
    realm_decode_tokens: calls.wrap('realm_decode_tokens', (id, pointer, count, outPointer, most) => {
      const ids = memory.ids('token ids', pointer, count);
      memory.check('out', outPointer, most);
      const bytes = models.get(id).decode(ids);
      if (bytes.length > most)
        throw new GuestFault('TOO_SMALL', `out: ${bytes.length} bytes are needed, there is room for ${most}`);
      memory.writeBytes('out', outPointer, bytes);
      return bytes.length;
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
      const prompt = memory.text('prompt', pointer, length);
      const options = readGenerationOptions(memory, optionsPointer);
      memory.check('out', outPointer, most);
      if (most === 0) throw new GuestFault('TOO_SMALL', 'out: there is no room for the NUL that ends the text');
      const { text } = models.get(id).generate(prompt, { ...options, mostBytes: most - 1 }, onText);
      const bytes = utf8.encode(`${text}\0`);
      memory.writeBytes('out', outPointer, bytes);
      return bytes.length;
    }),
  };
}
