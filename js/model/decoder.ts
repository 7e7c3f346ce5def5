import { binding } from '../engine/binding';
import { modelIds, type TokenIds } from '../engine/check';
import { native } from '../engine/errors';

export interface DecoderOptions {
  /** Leave special tokens out. Default false. */
  skipSpecial?: boolean;
  /** Tokens that come before, such as a prompt's: their text is not given. Default: none, a text begins. */
  after?: TokenIds;
}

/**
 * Tokens in, whole characters out: what `push` and `flush` return, put together, is what `detokenize` makes of all ids at once,
 * however they are cut. Made by `model.decoder()`.
 */
export class Decoder {
  readonly #open: () => bigint;
  readonly #skipSpecial: boolean;
  readonly #state = new Uint32Array(1);
  readonly #characters = new TextDecoder('utf-8', { ignoreBOM: true });

  /** @internal */
  constructor(open: () => bigint, skipSpecial: boolean, after: TokenIds | undefined) {
    this.#open = open;
    this.#skipSpecial = skipSpecial;
    if (after !== undefined) this.#bytes(after, 'after');
  }

  /** The text that a token, or several, make ready; a character waits for all of its bytes. */
  push(ids: number | TokenIds): string {
    const bytes = this.#bytes(typeof ids === 'number' ? [ids] : ids, 'ids');
    return this.#characters.decode(bytes, { stream: true });
  }

  /** What waited for the rest of a character: U+FFFD, or nothing. The next token begins a text of its own. */
  flush(): string {
    this.#state[0] = 0;
    return this.#characters.decode();
  }

  #bytes(ids: TokenIds, name: string): ArrayBuffer {
    const checked = modelIds(ids, name);
    return native(() => binding.detokenizeNext(this.#open(), checked, this.#skipSpecial, this.#state));
  }
}
