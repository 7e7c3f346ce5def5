import { required } from './arguments';
import type { Budget } from './budget';
import { formatPercent } from './format';
import { fromJson, toJson } from './json';
import { parseFloating, repr, splitLines, str } from './python';
import { lengthOf } from './operators';
import type { Operation, Runtime } from './runtime';
import {
  concat,
  isStr,
  mapPieces,
  pointCount,
  pointSlice,
  raw,
  rewrite,
  slice,
  type Str,
  strip,
  TextBuilder,
} from './text';
import { padded, replace } from './textMethods';
import {
  Dict,
  Float,
  integer,
  isNumber,
  rawText,
  sequence,
  TemplateError,
  truthy,
  Tuple,
  typeName,
  Undefined,
  type Value,
} from './values';

type Args = (Value | undefined)[];

function changed(value: Value, { budget }: Runtime, change: (part: string) => string): Str {
  const text = str(value, budget);
  budget.text(raw(text).length);
  return mapPieces(text, change);
}

const HTML: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', "'": '&#39;', '"': '&#34;' };

function escape(value: Value, _: Args, { budget }: Runtime): Str {
  const text = str(value, budget);
  budget.text(raw(text).length * 5);
  return rewrite(text, /[&<>'"]/g, (character) => HTML[character]!);
}

/** Jinja's `title`: words begin after white space and after -([{<. */
function title(value: Value, _: Args, { budget }: Runtime): Str {
  const text = str(value, budget);
  budget.text(raw(text).length);
  const out = new TextBuilder();
  const put = (word: Str) => {
    const first = raw(word).codePointAt(0);
    if (first === undefined) return;
    budget.text(raw(word).length);
    const head = first > 0xffff ? 2 : 1;
    out.add(mapPieces(slice(word, 0, head), (part) => part.toUpperCase()));
    out.add(mapPieces(slice(word, head), (part) => part.toLowerCase()));
  };
  let at = 0;
  for (const match of raw(text).matchAll(/[-\s({[<]+/g)) {
    put(slice(text, at, match.index));
    at = match.index + match[0].length;
    put(slice(text, match.index, at));
  }
  put(slice(text, at));
  return out.build();
}

function capitalize(value: Value, _: Args, runtime: Runtime): Value {
  const { budget } = runtime;
  return runtime.call(runtime.attribute(str(value, budget), 'capitalize'), { positional: [], named: new Map() });
}

/** A string of spaces, or what an `indent` or `width` argument is if it is a string. */
function spaces(width: Value, budget: Budget): Str {
  if (isStr(width)) return width;
  const count = Math.max(0, integer(width, 'width'));
  budget.text(count);
  return ' '.repeat(count);
}

/** What a filter takes only as text. */
function textOf(value: Value, filter: string): Str {
  if (isStr(value)) return value;
  if (value instanceof Undefined) throw new TemplateError(value.message);
  throw new TemplateError(`${filter} wants a str, not ${typeName(value)}`);
}

function indent(value: Value, [width, first, blank]: Args, { budget }: Runtime): Str {
  const indentation = spaces(width ?? 4, budget);
  const text = textOf(value, 'indent');
  const lines = splitLines(concat(text, '\n'), false, budget);
  budget.list(lines.length);
  const out = new TextBuilder();
  lines.forEach((line, i) => {
    const before =
      i === 0 ? first !== undefined && truthy(first) : raw(line) !== '' || (blank !== undefined && truthy(blank));
    budget.text(raw(line).length + 1 + (before ? raw(indentation).length : 0));
    if (i) out.add('\n');
    if (before) out.add(indentation);
    out.add(line);
  });
  return out.build();
}

function truncate(value: Value, [length, kill, end, leeway]: Args, { budget }: Runtime): Value {
  const most = integer(length ?? 255, 'length');
  const tail = end === undefined ? '...' : str(end, budget);
  const slack = integer(leeway ?? 5, 'leeway');
  if ((lengthOf(value) ?? Infinity) <= most + slack) return value;
  const text = textOf(value, 'truncate');
  budget.text(raw(text).length);
  const kept = pointSlice(text, 0, Math.max(0, most - pointCount(tail)));
  if (kill !== undefined && truthy(kill)) return concat(kept, tail);
  const space = raw(kept).lastIndexOf(' ');
  return concat(space < 0 ? kept : slice(kept, 0, space), tail);
}

/** Lines of at most `width` characters, broken at spaces and hyphens; longer words are cut if asked. */
function wordwrap(value: Value, [width, breakLong, wrap, hyphens]: Args, { budget }: Runtime): Str {
  const text = textOf(value, 'wordwrap');
  const most = integer(width ?? 79, 'width');
  if (most < 1) throw new TemplateError(`invalid width ${most} (must be > 0)`);
  const cuts = breakLong === undefined || truthy(breakLong);
  const separator = wrap === undefined || wrap === null ? '\n' : str(wrap, budget);
  const pattern = hyphens === undefined || truthy(hyphens) ? /\s+|[^\s-]*-+|[^\s-]+/g : /\s+|\S+/g;
  budget.text(raw(text).length * 2);
  const out = new TextBuilder();
  splitLines(text, false, budget).forEach((line, i) => {
    if (i) out.add(separator);
    wrapLine(line, most, cuts, pattern, budget).forEach((row, j) => {
      budget.text(raw(row).length + raw(separator).length);
      if (j) out.add(separator);
      out.add(row);
    });
  });
  return out.build();
}

function wrapLine(line: Str, most: number, cuts: boolean, pattern: RegExp, budget: Budget): Str[] {
  const rows: Str[] = [];
  let start = 0;
  let end = 0;
  // Characters from start to end.
  let size = 0;
  const flush = () => {
    const row = strip(slice(line, start, end), undefined, false, true);
    if (raw(row) !== '') rows.push(row);
  };
  for (const match of raw(line).matchAll(pattern)) {
    const stop = match.index + match[0].length;
    budget.text(match[0].length);
    const blank = /^\s/.test(match[0]);
    const added = pointCount(match[0]);
    if (size + added > most && end > start && !blank) {
      flush();
      start = match.index;
      size = 0;
    }
    if (blank && rows.length && end <= start) start = stop;
    else size += added;
    end = stop;
    for (; cuts && !blank && size > most; size -= most) {
      const row = pointSlice(slice(line, start, end), 0, most);
      rows.push(row);
      start += raw(row).length;
      budget.text(end - start);
    }
  }
  flush();
  return rows;
}

/** Without tags and comments, white space made single. Linear, whatever the text. */
function striptags(value: Value, _: Args, { budget }: Runtime): Str {
  const text = str(value, budget);
  const source = raw(text);
  budget.text(source.length * 2);
  const out = new TextBuilder();
  let at = 0;
  for (let open = source.indexOf('<'); open >= 0; open = source.indexOf('<', at)) {
    const comment = source.startsWith('<!--', open);
    const close = source.indexOf(comment ? '-->' : '>', open);
    if (close < 0) break;
    out.add(slice(text, at, open));
    at = close + (comment ? 3 : 1);
  }
  out.add(slice(text, at));
  return rewrite(strip(out.build(), undefined, true, true), /\s+/g, () => ' ');
}

/** A half of a surrogate pair that stands alone has no UTF-8. */
const wellFormed = (text: string) => text.replace(/\p{Surrogate}/gu, '\ufffd');

function urlencode(value: Value, _: Args, { budget }: Runtime): Str {
  const quote = (part: Value, slash: boolean) => {
    const text = str(part, budget);
    budget.text(raw(text).length * 9);
    return mapPieces(text, (piece) =>
      encodeURIComponent(wellFormed(piece))
        .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
        .replaceAll('%2F', slash ? '/' : '%2F'),
    );
  };
  const pairs = value instanceof Dict ? value.items() : isStr(value) ? undefined : sequence(value);
  if (!pairs) return quote(value, true);
  const out = new TextBuilder();
  pairs.forEach((pair, i) => {
    const [key, item] = sequence(pair) ?? [];
    if (key === undefined || item === undefined) throw new TemplateError('not enough values to unpack (expected 2)');
    if (i) out.add('&');
    out.add(quote(key, false));
    out.add('=');
    out.add(quote(item, false));
  });
  return out.build();
}

/** As transformers defines it: JSON without escaping what HTML would need. */
function tojson(value: Value, [ascii, indentation, separators, sortKeys]: Args, { budget }: Runtime): Str {
  const indent = indentation === undefined || indentation === null ? undefined : raw(spaces(indentation, budget));
  const given = separators === undefined || separators === null ? undefined : sequence(separators);
  if (given && given.length !== 2) throw new TemplateError('separators must be a pair');
  const separator = (at: number, fallback: string) => (given ? rawText(given[at]!, 'separator') : fallback);
  return toJson(
    value,
    {
      ensureAscii: ascii !== undefined && truthy(ascii),
      indent,
      itemSeparator: separator(0, indent === undefined ? ', ' : ','),
      keySeparator: separator(1, ': '),
      sortKeys: sortKeys !== undefined && truthy(sortKeys),
    },
    budget,
  );
}

function fromjson(value: Value, _: Args, { budget }: Runtime): Value {
  if (!isStr(value)) throw new TemplateError('the JSON object must be str');
  return fromJson(value, budget);
}

function filesizeformat(value: Value, [binary]: Args): Str {
  const size = isNumber(value)
    ? Number(value instanceof Float ? value.value : value)
    : parseFloating(rawText(value, 'the size'));
  if (size === undefined) throw new TemplateError('could not convert string to float');
  const two = binary !== undefined && truthy(binary);
  const base = two ? 1024 : 1000;
  const units = two
    ? ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB', 'ZiB', 'YiB']
    : ['kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'];
  if (size === 1) return '1 Byte';
  if (size < base) return `${Math.trunc(size)} Bytes`;
  let power = 1;
  while (power < units.length && size >= base ** (power + 1)) power++;
  return `${(size / base ** power).toFixed(1)} ${units[power - 1]}`;
}

/** `key="value"` for each that is neither none nor undefined. */
function xmlattr(value: Value, [space]: Args, runtime: Runtime): Str {
  if (!(value instanceof Dict)) throw new TemplateError('xmlattr needs a mapping');
  const out = new TextBuilder();
  for (const [key, item] of value.entries()) {
    if (item === null || runtime.test('undefined', item, { positional: [], named: new Map() })) continue;
    if (/[\s/>=]/.test(raw(str(key, runtime.budget)))) throw new TemplateError('Invalid character in attribute name');
    if (out.length) out.add(' ');
    out.add(concat(escape(key, [], runtime), '="', escape(item, [], runtime), '"'));
  }
  const text = out.build();
  return raw(text) !== '' && (space === undefined || truthy(space)) ? concat(' ', text) : text;
}

const simple = (run: Operation<Value>['run'], ...parameters: string[]): Operation<Value> => ({ parameters, run: run! });

const JSON_PARAMETERS = ['ensure_ascii', 'indent', 'separators', 'sort_keys'];

/** The filters that make text, or read it. */
export const TEXT_FILTERS: Record<string, Operation<Value>> = {
  capitalize: simple(capitalize),
  center: simple((value, [width], runtime) => padded(str(value, runtime.budget), [width ?? 80], runtime, '^'), 'width'),
  e: simple(escape),
  escape: simple(escape),
  filesizeformat: simple(filesizeformat, 'binary'),
  forceescape: simple(escape),
  format: {
    parameters: [],
    open: (value, { positional, named }, { budget }) => {
      if (!named.size) return formatPercent(str(value, budget), new Tuple(positional), budget);
      if (positional.length) throw new TemplateError("can't handle positional and keyword arguments at the same time");
      const dict = new Dict();
      for (const [key, item] of named) dict.set(key, item);
      return formatPercent(str(value, budget), dict, budget);
    },
  },
  fromjson: simple(fromjson),
  from_json: simple(fromjson),
  indent: simple(indent, 'width', 'first', 'blank'),
  lower: simple((value, _, runtime) => changed(value, runtime, (part) => part.toLowerCase())),
  pprint: simple((value, _, { budget }) => repr(value, budget)),
  replace: simple(
    (value, [old, by, count], { budget }) =>
      replace(
        str(value, budget),
        [str(required('replace', 'old', old), budget), str(required('replace', 'new', by), budget), count],
        budget,
      ),
    'old',
    'new',
    'count',
  ),
  safe: simple((value, _, { budget }) => str(value, budget)),
  string: simple((value, _, { budget }) => str(value, budget)),
  striptags: simple(striptags),
  title: simple(title),
  tojson: simple(tojson, ...JSON_PARAMETERS),
  trim: simple((value, [chars], { budget }) => {
    const text = str(value, budget);
    budget.work(raw(text).length);
    return strip(text, chars === undefined || chars === null ? undefined : rawText(chars, 'chars'), true, true);
  }, 'chars'),
  truncate: simple(truncate, 'length', 'killwords', 'end', 'leeway'),
  upper: simple((value, _, runtime) => changed(value, runtime, (part) => part.toUpperCase())),
  urlencode: simple(urlencode),
  wordcount: simple((value, _, { budget }) => {
    const text = raw(str(value, budget));
    budget.text(text.length);
    const word = /[\p{L}\p{N}_]+/gu;
    let count = 0;
    for (; word.test(text); count++) budget.step();
    return count;
  }),
  wordwrap: simple(wordwrap, 'width', 'break_long_words', 'wrapstring', 'break_on_hyphens'),
  xmlattr: simple(xmlattr, 'autospace'),
};
