import { required } from './arguments';
import type { Budget } from './budget';
import { formatBraces, pad } from './format';
import { iterate } from './operators';
import { capitalize, splitLines } from './python';
import type { Operation, Runtime } from './runtime';
import {
  concat,
  isSpace,
  isStr,
  mapPieces,
  pointCount,
  pointOf,
  raw,
  slice,
  type Str,
  strip,
  TextBuilder,
  unitOf,
} from './text';
import { Dict, integer, rawText, TemplateError, Tuple, typeName, type Value } from './values';

type Args = (Value | undefined)[];

const optionalInteger = (value: Value | undefined, what: string) =>
  value === undefined || value === null ? undefined : integer(value, what);

/** Code points [start, end) of a search as UTF-16 units. */
function window(text: string, start: Value | undefined, end: Value | undefined): [number, number] {
  if (start === undefined && end === undefined) return [0, text.length];
  const length = pointCount(text);
  const clamp = (bound: number) => Math.min(Math.max(bound < 0 ? bound + length : bound, 0), length);
  const from = optionalInteger(start, 'slice index') ?? 0;
  const to = optionalInteger(end, 'slice index') ?? length;
  return from > length ? [text.length + 1, text.length] : [unitOf(text, clamp(from)), unitOf(text, clamp(to))];
}

function find(text: Str, [sub, start, end]: Args, { budget }: Runtime, last: boolean): number {
  const value = raw(text);
  const wanted = rawText(required('find', 'sub', sub), 'argument 1');
  budget.work(value.length);
  const [from, to] = window(value, start, end);
  if (from > to) return -1;
  const at = last ? value.slice(0, to).lastIndexOf(wanted) : value.slice(0, to).indexOf(wanted, from);
  return at < from ? -1 : pointOf(value, at);
}

function found(text: Str, args: Args, runtime: Runtime, last: boolean): number {
  const at = find(text, args, runtime, last);
  if (at < 0) throw new TemplateError('substring not found');
  return at;
}

/** `startswith` and `endswith`, which take one text or a tuple of them. */
function affix(text: Str, [affixes, start, end]: Args, { budget }: Runtime, name: string, ends: boolean): boolean {
  const value = raw(text);
  budget.work(value.length);
  const [from, to] = window(value, start, end);
  if (from > to) return false;
  const part = value.slice(from, to);
  const wanted = required(name, 'prefix', affixes);
  const all = wanted instanceof Tuple ? wanted.items : [wanted];
  return all.some((one) => {
    if (!isStr(one)) throw new TemplateError(`${name} first arg must be str or a tuple of str, not ${typeName(one)}`);
    return ends ? part.endsWith(raw(one)) : part.startsWith(raw(one));
  });
}

/** `text.replace(old, new, count)`. */
export function replace(text: Str, [old, by, count]: Args, budget: Budget): Str {
  const value = raw(text);
  const wanted = rawText(required('replace', 'old', old), 'replace() argument 1');
  const replacement = required('replace', 'new', by);
  if (!isStr(replacement)) throw new TemplateError(`replace() argument 2 must be str, not ${typeName(replacement)}`);
  let left = optionalInteger(count, 'count') ?? -1;
  if (left < 0) left = Infinity;
  budget.work(value.length);
  const out = new TextBuilder();
  let at = 0;
  const put = (part: Str) => {
    budget.text(raw(part).length);
    out.add(part);
  };
  if (wanted === '') {
    for (const character of [...value]) {
      if (left-- <= 0) break;
      put(replacement);
      put(slice(text, at, (at += character.length)));
    }
    if (left > 0) put(replacement);
  } else {
    for (let next = value.indexOf(wanted); next >= 0 && left-- > 0; next = value.indexOf(wanted, at)) {
      put(slice(text, at, next));
      put(replacement);
      at = next + wanted.length;
    }
    if (at === 0) return text;
  }
  put(slice(text, at));
  return out.build();
}

/** Split at white space, `most` times from the left; what is left keeps its trailing space. */
function splitSpace(text: Str, most: number, budget: Budget): Str[] {
  const value = raw(text);
  const words: Str[] = [];
  for (let at = 0; ;) {
    budget.text(0);
    while (at < value.length && isSpace(value.charCodeAt(at))) at++;
    if (at >= value.length) return words;
    if (words.length >= most) return [...words, slice(text, at)];
    const start = at;
    while (at < value.length && !isSpace(value.charCodeAt(at))) at++;
    words.push(slice(text, start, at));
  }
}

/** The same from the right. */
function rsplitSpace(text: Str, most: number, budget: Budget): Str[] {
  const value = raw(text);
  const words: Str[] = [];
  for (let at = value.length; ;) {
    budget.text(0);
    while (at > 0 && isSpace(value.charCodeAt(at - 1))) at--;
    if (at <= 0) return words.reverse();
    if (words.length >= most) return [...words, slice(text, 0, at)].reverse();
    const end = at;
    while (at > 0 && !isSpace(value.charCodeAt(at - 1))) at--;
    words.push(slice(text, at, end));
  }
}

function splitAt(text: Str, wanted: string, most: number, budget: Budget): Str[] {
  const value = raw(text);
  const parts: Str[] = [];
  let at = 0;
  for (let next = value.indexOf(wanted); next >= 0 && parts.length < most; next = value.indexOf(wanted, at)) {
    budget.text(next - at);
    parts.push(slice(text, at, next));
    at = next + wanted.length;
  }
  return [...parts, slice(text, at)];
}

function rsplitAt(text: Str, wanted: string, most: number, budget: Budget): Str[] {
  const value = raw(text);
  const parts: Str[] = [];
  let end = value.length;
  while (parts.length < most && end >= wanted.length) {
    const at = value.lastIndexOf(wanted, end - wanted.length);
    if (at < 0) break;
    budget.text(end - at);
    parts.push(slice(text, at + wanted.length, end));
    end = at;
  }
  return [...parts, slice(text, 0, end)].reverse();
}

function split(text: Str, [separator, maximum]: Args, { budget }: Runtime, fromRight: boolean): Value[] {
  const value = raw(text);
  budget.work(value.length);
  const asked = optionalInteger(maximum, 'maxsplit') ?? -1;
  const most = asked < 0 ? Infinity : asked;
  let parts: Str[];
  if (separator === undefined || separator === null) {
    parts = fromRight ? rsplitSpace(text, most, budget) : splitSpace(text, most, budget);
  } else {
    const wanted = rawText(separator, 'separator');
    if (wanted === '') throw new TemplateError('empty separator');
    parts = fromRight ? rsplitAt(text, wanted, most, budget) : splitAt(text, wanted, most, budget);
  }
  budget.list(parts.length);
  return parts;
}

function partition(text: Str, [separator]: Args, last: boolean): Tuple {
  const value = raw(text);
  const wanted = rawText(required('partition', 'sep', separator), 'separator');
  if (wanted === '') throw new TemplateError('empty separator');
  const at = last ? value.lastIndexOf(wanted) : value.indexOf(wanted);
  if (at < 0) return new Tuple(last ? ['', '', text] : [text, '', '']);
  return new Tuple([slice(text, 0, at), slice(text, at, at + wanted.length), slice(text, at + wanted.length)]);
}

/** `separator.join(items)`: each item must be a text. */
function joinItems(separator: Str, [items]: Args, { budget }: Runtime): Str {
  const out = new TextBuilder();
  iterate(required('join', 'iterable', items), budget).forEach((item, i) => {
    if (!isStr(item)) throw new TemplateError(`sequence item ${i}: expected str instance, ${typeName(item)} found`);
    budget.text(raw(item).length + (i ? raw(separator).length : 0));
    if (i) out.add(separator);
    out.add(item);
  });
  return out.build();
}

/** `str.title`: each run of letters begins with a capital. */
function title(text: Str, budget: Budget): Str {
  const value = raw(text);
  const out = new TextBuilder();
  let at = 0;
  for (const match of value.matchAll(/\p{L}+/gu)) {
    budget.text(match[0].length);
    out.add(slice(text, at, match.index));
    at = match.index + match[0].length;
    out.add(capitalize(slice(text, match.index, at)));
  }
  out.add(slice(text, at));
  return out.build();
}

function swapcase(part: string): string {
  return part.replace(/\p{L}/gu, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  );
}

function stripBy(text: Str, [chars]: Args, budget: Budget, left: boolean, right: boolean): Str {
  budget.work(raw(text).length);
  return strip(text, chars === undefined || chars === null ? undefined : rawText(chars, 'strip arg'), left, right);
}

export function padded(text: Str, [width, fill]: Args, { budget }: Runtime, align: string): Str {
  const size = integer(required('ljust', 'width', width), 'width');
  const filling = fill === undefined ? ' ' : rawText(fill, 'fill character');
  if (pointCount(filling) !== 1) throw new TemplateError('The fill character must be exactly one character long');
  if (align !== '^') return pad(text, size, filling, align, budget);
  // Python puts the odd space left where the width is odd.
  const missing = size - pointCount(text);
  if (missing <= 0) return text;
  const left = Math.floor(missing / 2) + (missing & size & 1);
  return pad(pad(text, pointCount(text) + left, filling, '>', budget), size, filling, '<', budget);
}

function zfill(text: Str, [width]: Args, { budget }: Runtime): Str {
  const size = integer(required('zfill', 'width', width), 'width');
  const signed = /^[-+]/.test(raw(text)) ? 1 : 0;
  return concat(slice(text, 0, signed), pad(slice(text, signed), size - signed, '0', '>', budget));
}

function expandTabs(text: Str, [size]: Args, { budget }: Runtime): Str {
  const width = optionalInteger(size, 'tabsize') ?? 8;
  const out = new TextBuilder();
  let column = 0;
  for (const line of splitLines(text, true, budget)) {
    for (const [i, part] of raw(line).split('\t').entries()) {
      const spaces = i && width > 0 ? width - (column % width) : 0;
      budget.text(spaces + part.length);
      if (spaces) out.add(' '.repeat(spaces));
      column += spaces + part.length;
      out.add(typeof text === 'string' ? part : mapPieces(line, () => part));
    }
    column = 0;
  }
  return out.build();
}

function isCased(text: Str, upper: boolean): boolean {
  const value = raw(text);
  return (
    value !== (upper ? value.toLowerCase() : value.toUpperCase()) &&
    value === (upper ? value.toUpperCase() : value.toLowerCase())
  );
}

function isTitle(text: Str, budget: Budget): boolean {
  return /\p{L}/u.test(raw(text)) && raw(title(text, budget)) === raw(text);
}

const matches = (pattern: RegExp): Operation<Str> => ({ parameters: [], run: (text) => pattern.test(raw(text)) });

function changed(text: Str, { budget }: Runtime, change: (part: string) => string): Str {
  budget.text(raw(text).length);
  return mapPieces(text, change);
}

function removed(text: Str, [affixText]: Args, ends: boolean): Str {
  const wanted = rawText(required('removeprefix', 'prefix', affixText), 'argument');
  const value = raw(text);
  if (wanted === '' || !(ends ? value.endsWith(wanted) : value.startsWith(wanted))) return text;
  return ends ? slice(text, 0, value.length - wanted.length) : slice(text, wanted.length);
}

const SEARCH = ['sub', 'start', 'end'];

/** What case folding does beyond lower case to the letters that are met. */
const folded = (part: string) => part.toLowerCase().replaceAll('ß', 'ss').replaceAll('ς', 'σ');

/** The methods of `str`. */
export const TEXT_METHODS: Record<string, Operation<Str>> = {
  capitalize: { parameters: [], run: (text) => capitalize(text) },
  casefold: { parameters: [], run: (text, _, runtime) => changed(text, runtime, folded) },
  center: { parameters: ['width', 'fillchar'], run: (text, args, runtime) => padded(text, args, runtime, '^') },
  count: { parameters: SEARCH, run: count },
  endswith: { parameters: SEARCH, run: (text, args, runtime) => affix(text, args, runtime, 'endswith', true) },
  expandtabs: { parameters: ['tabsize'], run: expandTabs },
  find: { parameters: SEARCH, run: (text, args, runtime) => find(text, args, runtime, false) },
  format: {
    parameters: [],
    open: (text, { positional, named }, runtime) => formatBraces(text, positional, named, runtime),
  },
  format_map: {
    parameters: ['mapping'],
    run: (text, [mapping], runtime) => formatBraces(text, [], mappingOf(mapping), runtime),
  },
  index: { parameters: SEARCH, run: (text, args, runtime) => found(text, args, runtime, false) },
  isalnum: matches(/^[\p{L}\p{N}]+$/u),
  isalpha: matches(/^\p{L}+$/u),
  isascii: matches(/^[\0-\x7f]*$/),
  isdecimal: matches(/^\p{Nd}+$/u),
  isdigit: matches(/^[\p{Nd}\u00b2\u00b3\u00b9\u2070-\u2079\u2080-\u2089]+$/u),
  isidentifier: matches(/^[\p{ID_Start}_][\p{ID_Continue}]*$/u),
  islower: { parameters: [], run: (text) => isCased(text, false) },
  isnumeric: matches(/^\p{N}+$/u),
  isprintable: { parameters: [], run: (text) => !/[\p{C}\p{Z}]/u.test(raw(text).replaceAll(' ', '')) },
  isspace: { parameters: [], run: (text) => raw(text) !== '' && raw(strip(text, undefined, true, true)) === '' },
  istitle: { parameters: [], run: (text, _, { budget }) => isTitle(text, budget) },
  isupper: { parameters: [], run: (text) => isCased(text, true) },
  join: { parameters: ['iterable'], run: joinItems },
  ljust: { parameters: ['width', 'fillchar'], run: (text, args, runtime) => padded(text, args, runtime, '<') },
  lower: { parameters: [], run: (text, _, runtime) => changed(text, runtime, (part) => part.toLowerCase()) },
  lstrip: { parameters: ['chars'], run: (text, args, { budget }) => stripBy(text, args, budget, true, false) },
  partition: { parameters: ['sep'], run: (text, args) => partition(text, args, false) },
  removeprefix: { parameters: ['prefix'], run: (text, args) => removed(text, args, false) },
  removesuffix: { parameters: ['suffix'], run: (text, args) => removed(text, args, true) },
  replace: { parameters: ['old', 'new', 'count'], run: (text, args, { budget }) => replace(text, args, budget) },
  rfind: { parameters: SEARCH, run: (text, args, runtime) => find(text, args, runtime, true) },
  rindex: { parameters: SEARCH, run: (text, args, runtime) => found(text, args, runtime, true) },
  rjust: { parameters: ['width', 'fillchar'], run: (text, args, runtime) => padded(text, args, runtime, '>') },
  rpartition: { parameters: ['sep'], run: (text, args) => partition(text, args, true) },
  rsplit: { parameters: ['sep', 'maxsplit'], run: (text, args, runtime) => split(text, args, runtime, true) },
  rstrip: { parameters: ['chars'], run: (text, args, { budget }) => stripBy(text, args, budget, false, true) },
  split: { parameters: ['sep', 'maxsplit'], run: (text, args, runtime) => split(text, args, runtime, false) },
  splitlines: { parameters: ['keepends'], run: (text, [keep], { budget }) => splitLines(text, keep === true, budget) },
  startswith: { parameters: SEARCH, run: (text, args, runtime) => affix(text, args, runtime, 'startswith', false) },
  strip: { parameters: ['chars'], run: (text, args, { budget }) => stripBy(text, args, budget, true, true) },
  swapcase: { parameters: [], run: (text, _, runtime) => changed(text, runtime, swapcase) },
  title: { parameters: [], run: (text, _, { budget }) => title(text, budget) },
  upper: { parameters: [], run: (text, _, runtime) => changed(text, runtime, (part) => part.toUpperCase()) },
  zfill: { parameters: ['width'], run: zfill },
};

function count(text: Str, [sub, start, end]: Args, { budget }: Runtime): number {
  const wanted = rawText(required('count', 'sub', sub), 'argument 1');
  const [from, to] = window(raw(text), start, end);
  const part = from > to ? '' : raw(text).slice(from, to);
  budget.work(part.length);
  if (wanted === '') return from > to ? 0 : pointCount(part) + 1;
  let times = 0;
  for (let at = part.indexOf(wanted); at >= 0; at = part.indexOf(wanted, at + wanted.length)) times++;
  return times;
}

function mappingOf(value: Value | undefined): ReadonlyMap<string, Value> {
  const named = new Map<string, Value>();
  if (!(value instanceof Dict)) throw new TemplateError('format_map() argument must be a mapping');
  for (const [key, item] of value.entries()) if (isStr(key)) named.set(raw(key), item);
  return named;
}
