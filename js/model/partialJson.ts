/** What stands open: a list, or an object and where it is in a member. */
type Open = '[' | '{' | 'name' | 'colon' | 'value';

/**
 * JSON that comes in parts: the value of what is sure so far. A string that goes on is there as far as it is; a number or a word is there
 * once it has ended, a member once its value has begun. Each character is looked at once.
 */
export class PartialJson {
  #text = '';
  readonly #open: Open[] = [];
  /** Up to here the text with its ends is JSON, and these are the brackets that are open there. */
  #sure = 0;
  #ends = '';
  #inString = false;
  /** Characters of an escape still to come, the backslash behind. */
  #escape = 0;

  /** Takes the next part. @returns the value so far; undefined: nothing is sure yet */
  push(part: string): unknown {
    const from = this.#text.length;
    this.#text += part;
    for (let i = from; i < this.#text.length; i++) this.#take(this.#text[i] as string, i + 1);
    if (this.#sure === 0) return undefined;
    return JSON.parse(this.#text.slice(0, this.#sure) + this.#ends) as unknown;
  }

  #take(c: string, end: number): void {
    if (this.#inString) this.#takeInString(c, end);
    else if (c === '"') {
      this.#inString = true;
      if (this.#top !== '{') this.#note(end, '"');
    } else if (c === '{' || c === '[') {
      this.#open.push(c);
      this.#note(end, '');
    } else if (c === '}' || c === ']') {
      if (this.#top === 'value' || this.#top === 'colon') this.#open.pop();
      this.#open.pop();
      this.#note(end, '');
    } else if (c === ',') {
      // What stands before it has ended; what it leads to has not begun.
      if (this.#top === 'value') this.#open.pop();
      this.#note(end - 1, '');
    } else if (c === ':') {
      this.#open.pop();
      this.#open.push('value');
    }
  }

  #takeInString(c: string, end: number): void {
    if (this.#escape > 0) {
      this.#escape = c === 'u' && this.#escape === 1 && this.#text[end - 2] === '\\' ? 4 : this.#escape - 1;
    } else if (c === '\\') {
      this.#escape = 1;
      return;
    } else if (c === '"') {
      this.#inString = false;
      if (this.#top === '{') this.#open.push('colon');
      else this.#note(end, '');
      return;
    }
    // Half a surrogate pair is no character yet.
    const isHalf = /[\uD800-\uDBFF]/.test(c) || /\\u[dD][89abAB][0-9a-fA-F]{2}$/.test(this.#text.slice(end - 6, end));
    if (this.#escape === 0 && !isHalf && this.#top !== '{') this.#note(end, '"');
  }

  get #top(): Open | undefined {
    return this.#open.at(-1);
  }

  #note(sure: number, end: string): void {
    this.#sure = sure;
    this.#ends = end;
    for (let i = this.#open.length - 1; i >= 0; i--) {
      if (this.#open[i] === '[') this.#ends += ']';
      else if (this.#open[i] === '{') this.#ends += '}';
    }
  }
}
