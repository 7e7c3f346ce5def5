import type { Markers } from './markers';
import { endOfPlain, Next, readQuickly } from './quickValue';
import { isSpace, type Reading, Source } from './source';

/** How values are written. */
export interface Dialect {
  /** Strings in single quotes too, `True`, `None`, tuples, keys that are no strings: as Python has them. */
  readonly python: boolean;
  /** A quote ends a string only where something may follow: they are not escaped. */
  readonly raw?: boolean;
  /** What strings stand between, instead of quotes; nothing in them is escaped. */
  readonly quote?: Markers;
  /** Words that are no value are strings; keys are words. */
  readonly words?: boolean;
}

/** JSON, and what models write instead: what Python makes of a list or an object. */
export const JSON_DIALECT: Dialect = { python: true };
export const PYTHON_DIALECT: Dialect = { python: true, words: true };
export const RAW_DIALECT: Dialect = { python: true, raw: true, words: true };

/** Deeper values than this are no arguments. */
const MOST_DEPTH = 200;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const LENIENT_NUMBER = /^[+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const WORDS: Readonly<Record<string, string>> = {
  true: 'true',
  false: 'false',
  null: 'null',
  True: 'true',
  False: 'false',
  None: 'null',
};

/**
 * Reads one value, and writes it as JSON without white space, as it comes. False where it is none: then it stopped before what
 * doesn't fit, and all before has been written.
 */
export function* readValue(source: Source, dialect: Dialect, write: (text: string) => void): Reading<boolean> {
  /** The closing bracket of each that is open. */
  const open: string[] = [];
  const quick = { strings: !dialect.quote && !dialect.raw, depth: MOST_DEPTH };
  let next = Next.Value;
  for (;;) {
    next = readQuickly(source, open, next, quick, write);
    if (next === Next.More && !open.length) return true;
    yield* source.space();
    switch (next) {
      case Next.More:
        if (yield* closes(source, open, write)) break;
        if (!(yield* source.accept(','))) return false;
        next = Next.Member;
        break;
      case Next.Member:
      case Next.First:
        // A comma may stand before the end, where it says nothing.
        if (yield* closes(source, open, write)) {
          next = Next.More;
          break;
        }
        if (next === Next.Member) write(',');
        next = open[open.length - 1] === '}' ? Next.Key : Next.Value;
        break;
      case Next.Key:
        if (!(yield* readKey(source, dialect, write))) return false;
        next = Next.Value;
        break;
      default: {
        const code = yield* source.peek();
        if (code < 0) return false;
        const opening = String.fromCharCode(code);
        if (opening === '{' || opening === '[' || (opening === '(' && dialect.python)) {
          if (open.length === MOST_DEPTH) return false;
          source.at++;
          open.push(opening === '{' ? '}' : opening === '[' ? ']' : ')');
          write(opening === '{' ? '{' : '[');
          next = Next.First;
        } else {
          if (!(yield* readScalar(source, dialect, write))) return false;
          next = Next.More;
        }
      }
    }
  }
}

/** A whole text that is one value as JSON; undefined where it is none. */
export function jsonOf(text: string): string | undefined {
  const trimmed = text.trim();
  const word = scalar(trimmed, { python: false });
  if (word !== undefined || !/^[[{("']/.test(trimmed)) return word;
  const source = new Source();
  source.push(trimmed);
  source.end();
  const pieces: string[] = [];
  const { value } = readValue(source, JSON_DIALECT, (piece) => pieces.push(piece)).next();
  return value && source.at === source.text.length ? pieces.join('') : undefined;
}

/** Reads the bracket that closes the innermost, if it comes next. */
function* closes(source: Source, open: string[], write: (text: string) => void): Reading<boolean> {
  yield* source.space();
  const close = open[open.length - 1]!;
  if ((yield* source.peek()) !== close.charCodeAt(0)) return false;
  source.at++;
  open.pop();
  write(close === '}' ? '}' : ']');
  return true;
}

/** A key of an object and its colon. */
function* readKey(source: Source, dialect: Dialect, write: (text: string) => void): Reading<boolean> {
  yield* source.space();
  const code = yield* source.peek();
  if (quoteOf(code, dialect) || (dialect.quote && (yield* dialect.quote.accept(source)) >= 0)) {
    // A key in quotes that the dialect reads by its marker has had it read already.
    const read = quoteOf(code, dialect) ? readString(source, dialect, write) : readQuoted(source, dialect, write);
    if (!(yield* read)) return false;
  } else {
    if (!dialect.python && !dialect.words) return false;
    const word = yield* readWord(source);
    if (!word) return false;
    write(JSON.stringify(word));
  }
  yield* source.space();
  if (!(yield* source.accept(':'))) return false;
  write(':');
  return true;
}

function* readScalar(source: Source, dialect: Dialect, write: (text: string) => void): Reading<boolean> {
  if (dialect.quote && (yield* dialect.quote.accept(source)) >= 0) return yield* readQuoted(source, dialect, write);
  if (quoteOf(yield* source.peek(), dialect)) return yield* readString(source, dialect, write);
  const word = yield* readWord(source);
  const value = scalar(word, dialect);
  write(value ?? word);
  return value !== undefined;
}

/** A word or number as JSON. */
export function scalar(word: string, { python, words }: Dialect): string | undefined {
  if (NUMBER.test(word)) return word;
  if (Object.hasOwn(WORDS, word)) return WORDS[word]!;
  if (python && LENIENT_NUMBER.test(word)) {
    const number = Number(word.replaceAll('_', ''));
    if (Number.isFinite(number)) return String(number);
  }
  return words && word ? JSON.stringify(word) : undefined;
}

function quoteOf(code: number, { python, quote }: Dialect): boolean {
  return !quote && (code === 34 || (python && code === 39));
}

/** Up to white space or a character that ends a value. */
function* readWord(source: Source): Reading<string> {
  let word = '';
  for (;;) {
    const { text, at: from } = source;
    let at = from;
    while (at < text.length && !isSpace(text.charCodeAt(at)) && !',:{}[]()"\'<'.includes(text[at]!)) at++;
    word += text.slice(from, (source.at = at));
    if (at < text.length || !(yield* source.more())) return word;
  }
}

/** A text between markers, as a JSON string; the first marker has been read. */
function* readQuoted(source: Source, { quote }: Dialect, write: (text: string) => void): Reading<boolean> {
  write('"');
  if ((yield* quote!.until(source, (text) => write(escaped(text)))) < 0) return false;
  write('"');
  return true;
}

/** A text as it stands in a JSON string. */
export function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** A string in quotes, as a JSON string. What JSON doesn't allow in one is escaped. */
export function* readString(source: Source, dialect: Dialect, write: (text: string) => void): Reading<boolean> {
  const quote = yield* source.peek();
  source.at++;
  write('"');
  for (;;) {
    const { text, at: from } = source;
    const at = endOfPlain(text, from, quote);
    if (at > from) write(text.slice(from, (source.at = at)));
    if (at >= text.length) {
      if (!(yield* source.more())) return false;
      continue;
    }
    const code = text.charCodeAt(at);
    source.at++;
    if (code === 92) {
      if (!(yield* readEscape(source, dialect, write))) return false;
    } else if (code === quote) {
      if (!dialect.raw || (yield* endsHere(source, write, code))) break;
    } else {
      write(escaped(String.fromCharCode(code)));
    }
  }
  write('"');
  return true;
}

/** Whether what follows a quote may follow a string; otherwise the quote, and the space after it, are the string's. */
function* endsHere(source: Source, write: (text: string) => void, quote: number): Reading<boolean> {
  const space = yield* source.space();
  const next = yield* source.peek();
  if (next < 0 || ',:)]}'.includes(String.fromCharCode(next))) return true;
  write(escaped(String.fromCharCode(quote) + space));
  return false;
}

const SIMPLE = new Map([...'"\\/bfnrt'].map((letter) => [letter.charCodeAt(0), `\\${letter}`]));

/** What follows a backslash. */
function* readEscape(source: Source, { python }: Dialect, write: (text: string) => void): Reading<boolean> {
  const code = yield* source.peek();
  if (code < 0) {
    write('\\\\');
    return false;
  }
  source.at++;
  const simple = SIMPLE.get(code);
  if (simple) {
    write(simple);
    return true;
  }
  const letter = String.fromCharCode(code);
  const digits = letter === 'u' ? 4 : letter === 'x' && python ? 2 : letter === 'U' && python ? 8 : 0;
  if (!digits) {
    // No escape: a quote is one, all else is a backslash and what follows.
    write(letter === "'" ? "'" : escaped(`\\${letter}`));
    return true;
  }
  let read = '';
  while (read.length < digits && isHexadecimal(yield* source.peek())) read += source.text[source.at++]!;
  const point = parseInt(read, 16);
  if (read.length === digits && point <= 0x10ffff) {
    write(letter === 'u' ? `\\u${read}` : escaped(String.fromCodePoint(point)));
  } else {
    write(escaped(`\\${letter}${read}`));
  }
  return true;
}

function isHexadecimal(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70);
}
