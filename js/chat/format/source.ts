/** A part of the parser: it stops where the text given so far ends, and goes on when there is more. */
export type Reading<T> = Generator<undefined, T, undefined>;

/** Text that comes in pieces; each character is looked at once, but for beginnings of markers that turn out to be none. */
export class Source {
  /** The piece at hand and the place in it; a reader's inner loop uses both directly. */
  text = '';
  at = 0;
  private ended = false;
  /** Pieces that follow the one at hand, last first. */
  private readonly later: { text: string; at: number }[] = [];
  private record: string[] | undefined;
  private recordedFrom = 0;

  /** Only when all that was there has been read: `more` has yielded. */
  push(text: string): void {
    this.text = text;
    this.at = this.recordedFrom = 0;
  }

  end(): void {
    this.ended = true;
  }

  /** Whether there is another character; waits for it. */
  *more(): Reading<boolean> {
    while (this.at >= this.text.length) {
      this.flush();
      const next = this.later.pop();
      if (next) {
        ({ text: this.text, at: this.at } = next);
        this.recordedFrom = this.at;
      } else if (this.ended) {
        return false;
      } else {
        yield;
      }
    }
    return true;
  }

  /** The next character's code, or -1 at the end. */
  *peek(): Reading<number> {
    if (this.at >= this.text.length && !(yield* this.more())) return -1;
    return this.text.charCodeAt(this.at);
  }

  /** Reads white space; gives it. */
  *space(): Reading<string> {
    let space = '';
    for (;;) {
      const from = this.at;
      while (this.at < this.text.length && isSpace(this.text.charCodeAt(this.at))) this.at++;
      space += this.text.slice(from, this.at);
      if (this.at < this.text.length || !(yield* this.more())) return space;
    }
  }

  /** Reads this text if it comes next; otherwise nothing. */
  *accept(wanted: string): Reading<boolean> {
    for (let i = 0; i < wanted.length; i++) {
      if ((yield* this.peek()) !== wanted.charCodeAt(i)) {
        this.unread(wanted.slice(0, i));
        return false;
      }
      this.at++;
    }
    return true;
  }

  /** Puts text back that was just read. */
  unread(text: string): void {
    if (!text) return;
    if (this.at >= text.length && this.at - text.length >= this.recordedFrom) {
      this.at -= text.length;
      return;
    }
    this.flush();
    let surplus = text.length;
    while (this.record?.length && surplus) {
      const last = this.record.pop()!;
      if (last.length > surplus) this.record.push(last.slice(0, -surplus));
      surplus = Math.max(0, surplus - last.length);
    }
    this.later.push({ text: this.text, at: this.at });
    this.text = text;
    this.at = this.recordedFrom = 0;
  }

  /** From here on what is read is kept, after `before`, which has been read already. */
  startRecord(before = ''): void {
    this.record = [before];
    this.recordedFrom = this.at;
  }

  /** What was read since, and no more is kept. */
  stopRecord(): string {
    this.flush();
    const text = this.record?.join('') ?? '';
    this.record = undefined;
    return text;
  }

  private flush(): void {
    if (this.record && this.at > this.recordedFrom) this.record.push(this.text.slice(this.recordedFrom, this.at));
    this.recordedFrom = this.at;
  }
}

export function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}
