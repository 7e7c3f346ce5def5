import { isSpace } from './source';
import type { CallEnd, ChatDelta } from './types';

/** What the parser has found since it was last asked; neighbours of a kind are one. */
export class Deltas {
  private found: ChatDelta[] = [];
  private texts: string[] = [];
  private kind: 'content' | 'reasoning' | 'arguments' | undefined;
  private calls = 0;
  private call: { id: string; name: string; text: string[] } | undefined;

  /** How many calls have begun. */
  get started(): number {
    return this.calls;
  }

  take(): ChatDelta[] {
    this.close();
    const { found } = this;
    this.found = [];
    return found;
  }

  text(kind: 'content' | 'reasoning', text: string): void {
    if (text) this.add(kind, text);
  }

  startCall(id: string, name: string): void {
    this.close();
    this.call = { id, name, text: [] };
    this.found.push({ type: 'tool-call-start', index: this.calls++, id, name });
  }

  readonly arguments = (text: string): void => {
    if (!text) return;
    this.call!.text.push(text);
    this.add('arguments', text);
  };

  /** Ends the call: with what its deltas say, if that can be read. */
  endCall(invalid?: CallEnd['invalid']): void {
    this.close();
    const { id, name, text } = this.call!;
    this.call = undefined;
    const end = { type: 'tool-call' as const, index: this.calls - 1, id, name };
    const value = invalid ? undefined : parsed(text.join(''));
    if (value) this.found.push({ ...end, arguments: value.value });
    else this.found.push({ ...end, arguments: undefined, invalid: invalid ?? 'malformed' });
  }

  private add(kind: NonNullable<Deltas['kind']>, text: string): void {
    if (this.kind !== kind) this.close();
    this.kind = kind;
    this.texts.push(text);
  }

  private close(): void {
    const { kind } = this;
    if (!kind) return;
    const text = this.texts.join('');
    if (kind === 'arguments') this.found.push({ type: 'tool-call-delta', index: this.calls - 1, arguments: text });
    else this.found.push({ type: kind, text });
    this.kind = undefined;
    this.texts = [];
  }
}

function parsed(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** Text without the white space at its ends: what may be at the end is held back until more comes. */
export class Trimmed {
  private space = '';
  private begun = false;

  constructor(private readonly write: (text: string) => void) {}

  /** Whether anything but white space came. */
  get any(): boolean {
    return this.begun;
  }

  /** From here on white space is dropped again. */
  restart(): void {
    this.space = '';
    this.begun = false;
  }

  readonly add = (text: string): void => {
    let from = 0;
    let to = text.length;
    if (!this.begun) while (from < to && isSpace(text.charCodeAt(from))) from++;
    while (to > from && isSpace(text.charCodeAt(to - 1))) to--;
    if (to === from) {
      if (this.begun) this.space += text.slice(from);
      return;
    }
    this.begun = true;
    if (this.space) this.write(this.space);
    this.write(text.slice(from, to));
    this.space = text.slice(to);
  };

  /** What was held back, where the end is no edge. */
  flush(): void {
    if (this.space) this.write(this.space);
    this.space = '';
  }
}
