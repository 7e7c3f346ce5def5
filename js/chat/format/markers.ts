import type { Reading, Source } from './source';

/** Texts looked for at once: the automaton of Aho and Corasick, so that a text is read once whatever they are. */
export class Markers {
  private readonly next: Map<number, number>[] = [new Map<number, number>()];
  private readonly fail: number[] = [0];
  /** The longest marker that ends here, or -1. */
  private readonly found: number[] = [-1];
  /** What has been read of markers here. */
  private readonly prefix: string[] = [''];

  constructor(readonly texts: readonly string[]) {
    texts.forEach((text, index) => this.add(text, index));
    this.link();
  }

  /**
   * Reads until one of the markers, which is read too, or the end; what comes before it goes to `write`, as soon as it can't be the
   * beginning of a marker. Gives the marker's number, or -1 at the end.
   */
  *until(source: Source, write: (text: string) => void): Reading<number> {
    let state = 0;
    for (;;) {
      if (source.at >= source.text.length && !(yield* source.more())) {
        if (state) write(this.prefix[state]!);
        return -1;
      }
      const { text, at: from } = source;
      const carried = this.prefix[state]!;
      const [ended, marker] = this.scan(text, from, state);
      const last = marker < 0 ? text.length : ended.at + 1;
      const held = marker < 0 ? this.prefix[ended.state]!.length : this.texts[marker]!.length;
      source.at = last;
      // What is held back may have begun in an earlier piece.
      if (last - from >= held) write(carried + text.slice(from, last - held));
      else if (carried.length + last - from > held) write(carried.slice(0, carried.length + last - from - held));
      if (marker >= 0) return marker;
      state = ended.state;
    }
  }

  /** Reads the marker that comes next and gives its number; where none does, reads nothing and gives -1. */
  *accept(source: Source): Reading<number> {
    let state = 0;
    for (;;) {
      const next = this.next[state]!.get(yield* source.peek());
      if (next === undefined) {
        source.unread(this.prefix[state]!);
        return -1;
      }
      source.at++;
      state = next;
      // Not what ends here inside of another, but the very prefix.
      const index = this.found[state]!;
      if (index >= 0 && this.texts[index]!.length === this.prefix[state]!.length) return index;
    }
  }

  private scan(text: string, from: number, start: number): [{ state: number; at: number }, number] {
    const [root] = this.next as [Map<number, number>];
    let state = start;
    for (let at = from; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (!state) {
        const first = root.get(code);
        if (first === undefined) continue;
        state = first;
      } else {
        let next = this.next[state]!.get(code);
        while (next === undefined && state) {
          state = this.fail[state]!;
          next = this.next[state]!.get(code);
        }
        state = next ?? 0;
      }
      if (this.found[state]! >= 0) return [{ state, at }, this.found[state]!];
    }
    return [{ state, at: text.length }, -1];
  }

  private add(text: string, index: number): void {
    let state = 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      let next = this.next[state]!.get(code);
      if (next === undefined) {
        next = this.next.push(new Map()) - 1;
        this.next[state]!.set(code, next);
        this.fail.push(0);
        this.found.push(-1);
        this.prefix.push(text.slice(0, i + 1));
      }
      state = next;
    }
    if (state && this.found[state]! < 0) this.found[state] = index;
  }

  /** Where to go on when a character doesn't fit: the longest end of what was read that begins a marker too. */
  private link(): void {
    const queue = [...this.next[0]!.values()];
    for (let at = 0; at < queue.length; at++) {
      const state = queue[at]!;
      for (const [code, next] of this.next[state]!) {
        queue.push(next);
        let back = this.fail[state]!;
        while (back && !this.next[back]!.has(code)) back = this.fail[back]!;
        this.fail[next] = this.next[back]!.get(code) ?? 0;
        if (this.found[next]! < 0) this.found[next] = this.found[this.fail[next]]!;
      }
    }
  }
}
