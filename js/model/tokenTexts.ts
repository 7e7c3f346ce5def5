import type { JobEvent } from '../engine/binding';
import { recordsOf } from '../engine/records';
import type { TokenLogprob } from './result';

/** Gives each token of a job's events its part of the text, whose ends the engine tells in bytes from the beginning. */
export class TokenTexts {
  #bytes = 0;

  of({ text, tokens, tops }: JobEvent): TokenLogprob[] {
    const utf8 = Buffer.from(text);
    let from = 0;
    const records = recordsOf(tokens, tops).map(({ token, textEnd, logprob, forced, top }) => {
      const to = (textEnd - this.#bytes) >>> 0;
      const part = utf8.toString('utf8', from, to);
      from = to;
      return { token, text: part, logprob, ...(forced && { forced }), top };
    });
    this.#bytes = (this.#bytes + utf8.length) >>> 0;
    return records;
  }
}
