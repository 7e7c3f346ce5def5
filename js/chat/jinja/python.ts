import type { Budget } from './budget';
import { isStr, mapPieces, raw, slice, type Str, TextBuilder } from './text';
import {
  Dict,
  Float,
  Iterator,
  Namespace,
  Range,
  TemplateError,
  Thing,
  Tuple,
  Undefined,
  type Value,
  View,
} from './values';

/** How deep `str` and `repr` nest; beyond it Python raises RecursionError. */
const DEEPEST = 250;

/** Python's `str(value)`. */
export function str(value: Value, budget: Budget): Str {
  if (isStr(value)) return value;
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (value instanceof Float) return floatText(value.value);
  if (value instanceof Undefined) return '';
  return repr(value, budget);
}

/** Python's `repr(value)`. */
export function repr(value: Value, budget: Budget): Str {
  const builder = new TextBuilder();
  write(value, builder, budget, 0);
  return builder.build();
}

function write(value: Value, out: TextBuilder, budget: Budget, depth: number): void {
  budget.step();
  if (depth > DEEPEST) throw new TemplateError('maximum recursion depth exceeded');
  const list = (items: Iterable<Value>, open: string, close: string) => {
    let comma = false;
    put(open);
    for (const item of items) {
      if (comma) put(', ');
      comma = true;
      write(item, out, budget, depth + 1);
    }
    put(close);
  };
  const put = (text: Str) => {
    budget.text(raw(text).length);
    out.add(text);
  };
  if (isStr(value)) put(quoted(value));
  else if (Array.isArray(value)) list(value, '[', ']');
  else if (value instanceof Tuple) list(value.items, '(', value.items.length === 1 ? ',)' : ')');
  else if (value instanceof View) list(value.items, `dict_${value.kind}([`, '])');
  else if (value instanceof Dict) writeDict(value, put, (item) => write(item, out, budget, depth + 1));
  else if (value instanceof Range) put(rangeText(value));
  else if (value instanceof Iterator) put('<generator object>');
  else if (value instanceof Undefined) put('Undefined');
  else if (value instanceof Namespace) {
    const fields = new Dict();
    for (const [name, field] of value.fields) fields.set(name, field);
    put('<Namespace ');
    write(fields, out, budget, depth + 1);
    put('>');
  } else if (value instanceof Thing) put(value.describe());
  else put(str(value, budget));
}

function writeDict(dict: Dict, put: (text: Str) => void, item: (value: Value) => void): void {
  let comma = false;
  put('{');
  for (const [key, value] of dict.entries()) {
    if (comma) put(', ');
    comma = true;
    item(key);
    put(': ');
    item(value);
  }
  put('}');
}

function rangeText({ start, stop, step }: Range): string {
  return step === 1 ? `range(${start}, ${stop})` : `range(${start}, ${stop}, ${step})`;
}

const ESCAPED: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A string as a Python literal: single quotes unless only double quotes need no escape. */
function quoted(text: Str): Str {
  const value = raw(text);
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  const body = mapPieces(text, (part) =>
    // What has no glyph is escaped: control, format, private and unassigned characters, separators but the space.
    part.replace(/[\\'"]|[\p{C}\p{Z}]/gu, (character) => {
      if (character === ' ' || (character !== quote && (character === '"' || character === "'"))) return character;
      if (character === quote) return `\\${character}`;
      return ESCAPED[character] ?? escapeCode(character.codePointAt(0)!);
    }),
  );
  const builder = new TextBuilder();
  builder.add(quote);
  builder.add(body);
  builder.add(quote);
  return builder.build();
}

function escapeCode(code: number): string {
  const hex = code.toString(16);
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/** Python's shortest text of a float: exponents from 1e16 on and below 1e-4. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) {
    const [digits, exponent] = value.toExponential().split('e') as [string, string];
    const sign = exponent.startsWith('-') ? '-' : '+';
    return `${digits}e${sign}${exponent.slice(1).padStart(2, '0')}`;
  }
  const text = String(value);
  return text.includes('.') ? text : `${text}.0`;
}

/** A number that a text spells, as `int()` and `float()` read it, or `undefined`. */
export function parseInteger(text: string, base: number): number | bigint | undefined {
  let digits = text
    .trim()
    .replace(/(?<=[\da-zA-Z])_(?=[\da-zA-Z])/g, '')
    .toLowerCase();
  const negative = digits.startsWith('-');
  if (/^[-+]/.test(digits)) digits = digits.slice(1);
  const prefixes: Record<string, number> = { '0x': 16, '0o': 8, '0b': 2 };
  const prefix = prefixes[digits.slice(0, 2)];
  if (prefix !== undefined && (base === prefix || base === 0)) {
    base = prefix;
    digits = digits.slice(2);
  }
  if (base === 0) base = 10;
  if (!/^[\da-z]+$/.test(digits) || digits.length > 1000) return undefined;
  let value = 0n;
  for (const digit of digits) {
    const number = parseInt(digit, 36);
    if (number >= base) return undefined;
    value = value * BigInt(base) + BigInt(number);
  }
  return smallest(negative ? -value : value);
}

export function parseFloating(text: string): number | undefined {
  const spelled = text
    .trim()
    .replace(/(?<=\d)_(?=\d)/g, '')
    .toLowerCase();
  if (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/.test(spelled)) return Number(spelled);
  const word = /^([-+]?)(inf|infinity|nan)$/.exec(spelled);
  if (!word) return undefined;
  if (word[2] === 'nan') return NaN;
  return word[1] === '-' ? -Infinity : Infinity;
}

/** An integer as a number where it is exact as one. */
export function smallest(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

const LINE_END = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/g; // eslint-disable-line no-control-regex

/** Python's `str.splitlines`, `keepends` or not. */
export function splitLines(text: Str, keep: boolean, budget: Budget): Str[] {
  const value = raw(text);
  const lines: Str[] = [];
  let start = 0;
  for (const match of value.matchAll(LINE_END)) {
    const end = match.index + match[0].length;
    budget.text(end - start);
    lines.push(slice(text, start, keep ? end : match.index));
    start = end;
  }
  if (start < value.length) lines.push(slice(text, start));
  return lines;
}

/** `str.capitalize`. */
export function capitalize(text: Str): Str {
  const value = raw(text);
  const first = value.codePointAt(0);
  if (first === undefined) return text;
  const head = slice(text, 0, first > 0xffff ? 2 : 1);
  const builder = new TextBuilder();
  builder.add(mapPieces(head, (part) => part.toUpperCase()));
  builder.add(mapPieces(slice(text, first > 0xffff ? 2 : 1), (part) => part.toLowerCase()));
  return builder.build();
}
