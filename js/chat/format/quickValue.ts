import { isSpace, type Source } from './source';

/** Where a reading of a value is: what comes next. */
export const enum Next {
  Value,
  /** Behind an opening bracket: its closing one, or a first member. */
  First,
  Key,
  /** Behind a comma: another member, or the end all the same. */
  Member,
  /** Behind a value: a comma, or a closing bracket. */
  More,
}

/**
 * Reads on as far as the text is plain JSON whose words and strings have come as a whole, and writes it without white space. All else is
 * left to a reader that may wait for more text and knows what models write instead of JSON.
 * @param open The closing bracket of each that is open, the innermost last.
 * @returns What comes next there; with nothing open, `More` is the end of the value.
 */
export function readQuickly(
  source: Source,
  open: string[],
  from: Next,
  { strings, depth }: { readonly strings: boolean; readonly depth: number },
  write: (text: string) => void,
): Next {
  const { text } = source;
  let next = from;
  let at = source.at;
  // What has been read and not yet written begins here: all of it, without white space.
  let begin = at;
  let written = '';
  while (next !== Next.More || open.length) {
    const start = at;
    while (at < text.length && isSpace(text.charCodeAt(at))) at++;
    if (at > start) {
      written += text.slice(begin, start);
      begin = at;
    }
    const code = text.charCodeAt(at);
    const close = open[open.length - 1];
    if (next === Next.More) {
      if (code === COMMA) {
        // A comma is written once something follows it.
        const after = beyondSpace(text, at + 1);
        const follows = text.charCodeAt(after);
        if (Number.isNaN(follows) || follows === CLOSE_BRACE || follows === CLOSE_BRACKET || follows === CLOSE_ROUND)
          break;
        at++;
        next = close === '}' ? Next.Key : Next.Value;
        continue;
      }
      if (close === undefined || code !== close.charCodeAt(0) || code === CLOSE_ROUND) break;
      at++;
      open.pop();
      continue;
    }
    if (next === Next.Member) break;
    if (next === Next.First) {
      if (close !== undefined && code === close.charCodeAt(0) && code !== CLOSE_ROUND) {
        at++;
        open.pop();
        next = Next.More;
        continue;
      }
      if (close === ')' || at === text.length) break;
      next = close === '}' ? Next.Key : Next.Value;
    }
    if (next === Next.Key) {
      const end = strings && code === QUOTE ? endOfString(text, at) : -1;
      const colon = end < 0 ? -1 : beyondSpace(text, end);
      if (colon < 0 || text.charCodeAt(colon) !== COLON) break;
      if (colon > end) {
        written += text.slice(begin, end);
        begin = colon;
      }
      at = colon + 1;
      next = Next.Value;
      continue;
    }
    if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (open.length === depth) break;
      open.push(code === OPEN_BRACE ? '}' : ']');
      at++;
      next = Next.First;
      continue;
    }
    const end = code === QUOTE ? (strings ? endOfString(text, at) : -1) : endOfWord(text, at);
    if (end < 0) break;
    at = end;
    next = Next.More;
  }
  source.at = at;
  written += text.slice(begin, at);
  if (written) write(written);
  return next;
}

const [QUOTE, BACKSLASH, COMMA, COLON] = [34, 92, 44, 58];
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET, CLOSE_ROUND] = [123, 125, 91, 93, 41];

/** A number or word of JSON, and what may follow it: where nothing does, it may go on. */
const WORD = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?=[ \t-\r,\]}])/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

function beyondSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && isSpace(text.charCodeAt(at))) at++;
  return at;
}

function endOfWord(text: string, at: number): number {
  WORD.lastIndex = at;
  return WORD.test(text) ? WORD.lastIndex : -1;
}

/** Behind the string that begins here, if all of it is here as JSON has it; else -1. */
function endOfString(text: string, from: number): number {
  const at = endOfPlain(text, from + 1, QUOTE);
  return text.charCodeAt(at) === QUOTE ? at + 1 : -1;
}

/** Where characters that stand for themselves in JSON, and whole escapes, end: at the quote, at most. */
export function endOfPlain(text: string, from: number, quote: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote || code === QUOTE || code < 32) break;
    if (code !== BACKSLASH) continue;
    ESCAPE.lastIndex = at;
    if (!ESCAPE.test(text)) break;
    at = ESCAPE.lastIndex - 1;
  }
  return at;
}
