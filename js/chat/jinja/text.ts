/**
 * A string of which some characters came from outside the template: from a message, a tool, a variable.
 *
 * `spans` are [start, end) pairs of those characters, ascending, neither empty nor touching. A plain string is the template's own
 * from end to end. Every operation on strings keeps the origin of each character, so that the text of a user can be told from
 * the text of the template after trimming, splitting, replacing and writing as JSON.
 */
export class Text {
  constructor(
    readonly value: string,
    readonly spans: readonly number[],
  ) {}
}

export type Str = string | Text;

export const isStr = (value: unknown): value is Str => typeof value === 'string' || value instanceof Text;

export const raw = (text: Str): string => (typeof text === 'string' ? text : text.value);

/** A string from outside. */
export const foreign = (value: string): Str => (value === '' ? '' : new Text(value, [0, value.length]));

/** Puts strings together. */
export class TextBuilder {
  readonly #parts: string[] = [];
  #spans: number[] | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(text: Str): void {
    if (typeof text === 'string') {
      this.#parts.push(text);
      this.#length += text.length;
      return;
    }
    const spans = (this.#spans ??= []);
    for (let i = 0; i < text.spans.length; i += 2) {
      const start = this.#length + text.spans[i]!;
      const end = this.#length + text.spans[i + 1]!;
      if (spans.length && spans[spans.length - 1] === start) spans[spans.length - 1] = end;
      else spans.push(start, end);
    }
    this.#parts.push(text.value);
    this.#length += text.value.length;
  }

  build(): Str {
    const value = this.#parts.join('');
    return this.#spans?.length ? new Text(value, this.#spans) : value;
  }
}

export function concat(...parts: readonly Str[]): Str {
  if (parts.every((part) => typeof part === 'string')) return parts.join('');
  const builder = new TextBuilder();
  for (const part of parts) builder.add(part);
  return builder.build();
}

/** The first span that ends after a position. */
function spanAfter(spans: readonly number[], position: number): number {
  let low = 0;
  let high = spans.length >> 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (spans[2 * middle + 1]! > position) high = middle;
    else low = middle + 1;
  }
  return 2 * low;
}

/** Characters [start, end) in UTF-16 units. */
export function slice(text: Str, start: number, end = raw(text).length): Str {
  if (typeof text === 'string') return text.slice(start, end);
  const value = text.value.slice(start, end);
  const spans: number[] = [];
  for (let i = spanAfter(text.spans, start); i < text.spans.length && text.spans[i]! < end; i += 2) {
    spans.push(Math.max(text.spans[i]!, start) - start, Math.min(text.spans[i + 1]!, end) - start);
  }
  return spans.length ? new Text(value, spans) : value;
}

/** What was made of `source` is from outside if any character of it was. */
export const like = (source: Str, value: string): Str => (typeof source === 'string' ? value : foreign(value));

/** The parts of one origin, in order. */
export function pieces(text: Str): { text: string; trusted: boolean }[] {
  if (typeof text === 'string') return text === '' ? [] : [{ text, trusted: true }];
  const found: { text: string; trusted: boolean }[] = [];
  let at = 0;
  const own = (end: number) => {
    if (end > at) found.push({ text: text.value.slice(at, end), trusted: true });
  };
  for (let i = 0; i < text.spans.length; i += 2) {
    own(text.spans[i]!);
    at = text.spans[i + 1]!;
    found.push({ text: text.value.slice(text.spans[i], at), trusted: false });
  }
  own(text.value.length);
  return found;
}

/** Each part of one origin, changed. */
export function mapPieces(text: Str, change: (part: string) => string): Str {
  if (typeof text === 'string') return change(text);
  const builder = new TextBuilder();
  for (const piece of pieces(text)) builder.add(piece.trusted ? change(piece.text) : foreign(change(piece.text)));
  return builder.build();
}

/** Each match of a global pattern, replaced; a replacement has the origin of what it replaces. */
export function rewrite(text: Str, pattern: RegExp, replacement: (match: string) => string): Str {
  if (typeof text === 'string') return text.replace(pattern, replacement);
  const builder = new TextBuilder();
  let at = 0;
  for (const match of text.value.matchAll(pattern)) {
    const end = match.index + match[0].length;
    builder.add(slice(text, at, match.index));
    builder.add(like(slice(text, match.index, end), replacement(match[0])));
    at = end;
  }
  builder.add(slice(text, at));
  return builder.build();
}

const SURROGATE = /[\ud800-\udfff]/;

/** Python counts code points. */
export function pointCount(text: Str): number {
  const value = raw(text);
  if (!SURROGATE.test(value)) return value.length;
  let count = 0;
  for (let i = 0; i < value.length; count++) i += value.codePointAt(i)! > 0xffff ? 2 : 1;
  return count;
}

/** The code points of a text. */
export function characters(text: Str): Str[] {
  const value = raw(text);
  const found: Str[] = [];
  for (let i = 0; i < value.length;) {
    const end = i + (value.codePointAt(i)! > 0xffff ? 2 : 1);
    found.push(slice(text, i, end));
    i = end;
  }
  return found;
}

/** Code points [start, end). */
export function pointSlice(text: Str, start: number, end: number): Str {
  const value = raw(text);
  if (!SURROGATE.test(value)) return slice(text, start, Math.max(start, end));
  return slice(text, unitOf(value, start), unitOf(value, Math.max(start, end)));
}

/** Where in UTF-16 units a code point begins. */
export function unitOf(value: string, point: number): number {
  if (!SURROGATE.test(value)) return Math.min(point, value.length);
  let unit = 0;
  for (let i = 0; i < point && unit < value.length; i++) unit += value.codePointAt(unit)! > 0xffff ? 2 : 1;
  return unit;
}

/** The code point's index that a UTF-16 unit belongs to. */
export const pointOf = (value: string, unit: number): number => pointCount(value.slice(0, unit));

/** Python's `str.isspace` for one UTF-16 unit. */
export function isSpace(code: number): boolean {
  return (
    code === 32 ||
    (code >= 9 && code <= 13) ||
    (code >= 0x1c && code <= 0x1f) ||
    code === 0x85 ||
    code === 0xa0 ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  );
}

/** `strip`, `lstrip`, `rstrip`: of white space, or of any of some characters. */
export function strip(text: Str, chars: string | undefined, left: boolean, right: boolean): Str {
  const value = raw(text);
  const set = chars === undefined ? undefined : new Set(chars);
  const strips = (at: number) => (set ? set.has(value[at]!) : isSpace(value.charCodeAt(at)));
  let start = 0;
  let end = value.length;
  if (left) while (start < end && strips(start)) start++;
  if (right) while (end > start && strips(end - 1)) end--;
  return slice(text, start, end);
}
