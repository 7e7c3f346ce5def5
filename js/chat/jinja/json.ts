import { type Budget, MAX_DATA_DEPTH, overLimit } from './budget';
import { compare } from './operators';
import { floatText, smallest } from './python';
import { isStr, raw, rewrite, slice, type Str, TextBuilder } from './text';
import { Dict, Float, isInteger, TemplateError, Tuple, typeName, type Value } from './values';

export interface JsonLayout {
  ensureAscii: boolean;
  indent: string | undefined;
  itemSeparator: Str;
  keySeparator: Str;
  sortKeys: boolean;
}

/** Python's `json.dumps`. */
export function toJson(value: Value, layout: JsonLayout, budget: Budget): Str {
  const out = new TextBuilder();
  new Writer(layout, budget, out).value(value, 0);
  return out.build();
}

class Writer {
  constructor(
    readonly layout: JsonLayout,
    readonly budget: Budget,
    readonly out: TextBuilder,
  ) {}

  #put(text: Str): void {
    this.budget.text(raw(text).length);
    this.out.add(text);
  }

  value(value: Value, depth: number): void {
    this.budget.step();
    if (depth > MAX_DATA_DEPTH) throw overLimit(`writes JSON deeper than ${MAX_DATA_DEPTH} levels`);
    if (value === null) this.#put('null');
    else if (typeof value === 'boolean') this.#put(String(value));
    else if (isInteger(value)) this.#put(String(value));
    else if (value instanceof Float) this.#put(number(value.value));
    else if (isStr(value)) this.#put(this.#string(value));
    else if (Array.isArray(value)) this.#items(value, depth);
    else if (value instanceof Tuple) this.#items(value.items, depth);
    else if (value instanceof Dict) this.#dict(value, depth);
    else throw new TemplateError(`Object of type ${typeName(value)} is not JSON serializable`);
  }

  #string(text: Str): Str {
    const out = new TextBuilder();
    out.add('"');
    // Python escapes UTF-16 units too where it writes ASCII: one \u for each half of a surrogate pair.
    const escaped = this.layout.ensureAscii ? /["\\]|[^ -~]/g : /["\\\0-\x1f]/g; // eslint-disable-line no-control-regex
    out.add(rewrite(text, escaped, (unit) => SHORT[unit] ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`));
    out.add('"');
    return out.build();
  }

  #items(items: readonly Value[], depth: number): void {
    if (!items.length) return this.#put('[]');
    this.#put('[');
    items.forEach((item, i) => {
      if (i) this.#put(this.layout.itemSeparator);
      this.#newline(depth + 1);
      this.value(item, depth + 1);
    });
    this.#newline(depth);
    this.#put(']');
  }

  #dict(dict: Dict, depth: number): void {
    if (!dict.size) return this.#put('{}');
    let entries = [...dict.entries()];
    if (this.layout.sortKeys) {
      this.budget.list(entries.length);
      entries = entries.sort(([a], [b]) => compare(a, b, this.budget));
    }
    this.#put('{');
    entries.forEach(([key, value], i) => {
      if (i) this.#put(this.layout.itemSeparator);
      this.#newline(depth + 1);
      this.#put(this.#string(keyText(key)));
      this.#put(this.layout.keySeparator);
      this.value(value, depth + 1);
    });
    this.#newline(depth);
    this.#put('}');
  }

  #newline(depth: number): void {
    const { indent } = this.layout;
    if (indent === undefined) return;
    this.budget.text(indent.length * depth + 1);
    this.out.add(`\n${indent.repeat(depth)}`);
  }
}

const SHORT: Record<string, string> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

function number(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  return floatText(value);
}

function keyText(key: Value): Str {
  if (isStr(key)) return key;
  if (key === null) return 'null';
  if (isInteger(key)) return String(key);
  if (key instanceof Float) return number(key.value);
  throw new TemplateError(`keys must be str, int, float, bool or None, not ${typeName(key)}`);
}

/** Python's `json.loads`. A string in the result has the origin of its characters in the source. */
export function fromJson(source: Str, budget: Budget): Value {
  const reader = new Reader(source, budget);
  return reader.document();
}

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?/y;
const CHUNK = /[^"\\\0-\x1f]*/y; // eslint-disable-line no-control-regex
const WORDS: [string, Value][] = [
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', new Float(NaN)],
  ['Infinity', new Float(Infinity)],
  ['-Infinity', new Float(-Infinity)],
];
const UNESCAPED: Record<string, string> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(
    readonly source: Str,
    readonly budget: Budget,
  ) {
    this.#text = raw(source);
    budget.text(this.#text.length);
  }

  document(): Value {
    const value = this.#value(0);
    this.#match(SPACE);
    if (this.#at < this.#text.length) throw this.#fail('Extra data');
    return value;
  }

  #fail(message: string): TemplateError {
    return new TemplateError(`${message}: char ${this.#at} of JSON`);
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match) this.#at = pattern.lastIndex;
    return match;
  }

  #skip(character: string): boolean {
    this.#match(SPACE);
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #value(depth: number): Value {
    this.budget.list(1);
    if (depth > MAX_DATA_DEPTH) throw overLimit(`reads JSON deeper than ${MAX_DATA_DEPTH} levels`);
    this.#match(SPACE);
    const first = this.#text[this.#at];
    if (first === '"') return this.#string();
    if (this.#skip('[')) return this.#list(depth);
    if (this.#skip('{')) return this.#dict(depth);
    for (const [word, value] of WORDS) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    const match = this.#match(NUMBER);
    if (!match) throw this.#fail('Expecting value');
    if (match[1] !== undefined || match[2] !== undefined) return new Float(Number(match[0]));
    const whole = Number(match[0]);
    if (Number.isSafeInteger(whole)) return whole === 0 ? 0 : whole;
    if (match[0].length > 1000) throw this.#fail('integer of more than 1000 digits');
    return smallest(BigInt(match[0]));
  }

  #list(depth: number): Value {
    const items: Value[] = [];
    if (this.#skip(']')) return items;
    do items.push(this.#value(depth + 1));
    while (this.#skip(','));
    if (!this.#skip(']')) throw this.#fail("Expecting ',' delimiter");
    return items;
  }

  #dict(depth: number): Value {
    const dict = new Dict();
    if (this.#skip('}')) return dict;
    do {
      this.#match(SPACE);
      if (this.#text[this.#at] !== '"') throw this.#fail('Expecting property name enclosed in double quotes');
      const key = this.#string();
      if (!this.#skip(':')) throw this.#fail("Expecting ':' delimiter");
      dict.set(key, this.#value(depth + 1));
    } while (this.#skip(','));
    if (!this.#skip('}')) throw this.#fail("Expecting ',' delimiter");
    return dict;
  }

  #string(): Str {
    const out = new TextBuilder();
    this.#at++;
    for (;;) {
      const start = this.#at;
      this.#match(CHUNK);
      out.add(slice(this.source, start, this.#at));
      const end = this.#text[this.#at];
      if (end === '"') {
        this.#at++;
        return out.build();
      }
      if (end !== '\\') throw this.#fail(end === undefined ? 'Unterminated string' : 'Invalid control character');
      const escape = this.#text[this.#at + 1] ?? '';
      const hex = escape === 'u' ? /^[\da-fA-F]{4}/.exec(this.#text.slice(this.#at + 2, this.#at + 6))?.[0] : undefined;
      const unit = hex === undefined ? UNESCAPED[escape] : String.fromCharCode(parseInt(hex, 16));
      if (unit === undefined) throw this.#fail('Invalid \\escape');
      const length = hex === undefined ? 2 : 6;
      out.add(rewrite(slice(this.source, this.#at, this.#at + length), /^[^]+$/g, () => unit));
      this.#at += length;
    }
  }
}
