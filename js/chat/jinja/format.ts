import type { Budget } from './budget';
import { floatText, repr, str } from './python';
import type { Runtime } from './runtime';
import { concat, isStr, pointCount, pointSlice, raw, slice, type Str, TextBuilder } from './text';
import { Dict, Float, isInteger, isNumber, TemplateError, Tuple, typeName, type Value } from './values';

interface Layout {
  fill: string;
  align: '' | '<' | '>' | '^' | '=';
  sign: '' | '+' | '-' | ' ';
  alternate: boolean;
  width: number;
  grouping: '' | ',' | '_';
  precision: number | undefined;
  type: string;
}

/** A text in a field of some width. */
export function pad(text: Str, width: number, fill: string, align: string, budget: Budget): Str {
  const missing = width - pointCount(text);
  if (missing <= 0) return text;
  budget.text(width);
  const left = align === '<' ? 0 : align === '^' ? Math.floor(missing / 2) : missing;
  return concat(fill.repeat(left), text, fill.repeat(missing - left));
}

/** Python's `format % values`. */
export function formatPercent(format: Str, values: Value, budget: Budget): Str {
  const pattern = /%(?:\(([^()]*)\))?([-+ 0#]*)(\d+|\*)?(?:\.(\d+|\*)?)?[hlL]?([^])?/g;
  const positional = values instanceof Tuple ? values.items : [values];
  let used = 0;
  const next = () => {
    if (used >= positional.length) throw new TemplateError('not enough arguments for format string');
    return positional[used++]!;
  };
  const out = new TextBuilder();
  const source = raw(format);
  let at = 0;
  for (const match of source.matchAll(pattern)) {
    out.add(slice(format, at, match.index));
    at = match.index + match[0].length;
    const [whole, key, flags, width, precision, type] = match;
    if (type === undefined) throw new TemplateError('incomplete format');
    if (type === '%') {
      out.add('%');
      continue;
    }
    const size = (spelled: string | undefined) =>
      spelled === '*' ? Number(integerFrom(next())) : spelled === undefined ? undefined : Number(spelled);
    const fieldWidth = size(width);
    const digits = /\./.test(whole.slice((key?.length ?? -2) + 2)) ? (size(precision) ?? 0) : undefined;
    const value = key === undefined ? next() : keyed(values, key);
    const shown = percentField(value, flags!, fieldWidth ?? 0, digits, type, budget);
    budget.text(raw(shown).length);
    out.add(shown);
  }
  out.add(slice(format, at, source.length));
  if (used < positional.length && !(values instanceof Dict) && !(used === 0 && Array.isArray(values))) {
    throw new TemplateError('not all arguments converted during string formatting');
  }
  return out.build();
}

function keyed(values: Value, key: string): Value {
  if (!(values instanceof Dict)) throw new TemplateError('format requires a mapping');
  const value = values.get(key);
  if (value === undefined) throw new TemplateError(`KeyError: '${key}'`);
  return value;
}

function integerFrom(value: Value): number | bigint {
  if (typeof value === 'boolean') return Number(value);
  if (isInteger(value)) return value;
  if (value instanceof Float && Number.isFinite(value.value)) return Math.trunc(value.value);
  throw new TemplateError(`%d format: a real number is required, not ${typeName(value)}`);
}

function percentField(
  value: Value,
  flags: string,
  width: number,
  precision: number | undefined,
  type: string,
  budget: Budget,
): Str {
  const left = flags.includes('-');
  const layout: Layout = {
    fill: ' ',
    align: left ? '<' : '>',
    sign: flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '',
    alternate: flags.includes('#'),
    width,
    grouping: '',
    precision,
    type: type === 'i' || type === 'u' ? 'd' : type,
  };
  if (flags.includes('0') && !left && 'diouxXeEfFgG'.includes(type)) Object.assign(layout, { fill: '0', align: '=' });
  switch (type) {
    case 's':
    case 'r':
    case 'a': {
      const text = type === 's' ? str(value, budget) : repr(value, budget);
      return pad(precision === undefined ? text : pointSlice(text, 0, precision), width, ' ', layout.align, budget);
    }
    case 'c':
      return pad(
        isStr(value) ? value : String.fromCodePoint(Number(integerFrom(value))),
        width,
        ' ',
        layout.align,
        budget,
      );
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X':
      return numberField(integerFrom(value), { ...layout, precision: undefined }, budget);
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
      if (!isNumber(value)) throw new TemplateError(`must be real number, not ${typeName(value)}`);
      return numberField(value instanceof Float ? value : new Float(Number(value)), layout, budget);
    default:
      throw new TemplateError(`unsupported format character '${type}'`);
  }
}

/** `format(value, specification)`. */
export function formatValue(value: Value, specification: string, budget: Budget): Str {
  if (specification === '') return str(value, budget);
  const match = /^(?:([^])?([<>=^]))?([-+ ])?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([a-zA-Z%])?$/u.exec(specification);
  if (!match) throw new TemplateError(`Invalid format specifier '${specification}'`);
  const [, fill, align, sign, alternate, zero, width, grouping, precision, type] = match;
  const layout: Layout = {
    fill: fill ?? (zero ? '0' : ' '),
    align: (align ?? (zero ? '=' : '')) as Layout['align'],
    sign: (sign ?? '') as Layout['sign'],
    alternate: alternate !== undefined,
    width: Number(width ?? 0),
    grouping: (grouping ?? '') as Layout['grouping'],
    precision: precision === undefined ? undefined : Number(precision),
    type: type ?? '',
  };
  const isText = isStr(value) || (typeof value === 'boolean' && layout.type === '');
  if (!isText && isNumber(value)) return numberField(value, layout, budget);
  if (layout.type !== '' && layout.type !== 's') {
    throw new TemplateError(`Unknown format code '${layout.type}' for object of type '${typeName(value)}'`);
  }
  const text = str(value, budget);
  const shown = layout.precision === undefined ? text : pointSlice(text, 0, layout.precision);
  return pad(shown, layout.width, layout.fill, layout.align || '<', budget);
}

function numberField(value: number | bigint | boolean | Float, layout: Layout, budget: Budget): Str {
  const number = value instanceof Float ? value.value : typeof value === 'boolean' ? Number(value) : value;
  const negative = number < 0 || Object.is(number, -0);
  const magnitude = typeof number === 'bigint' ? (negative ? -number : number) : Math.abs(number);
  budget.text(layout.precision ?? 0);
  let digits =
    value instanceof Float || /[eEfFgG%]/.test(layout.type)
      ? decimal(Number(magnitude), layout)
      : whole(magnitude, layout);
  if (layout.grouping) {
    const group = /[xXob]/.test(layout.type) ? 4 : 3;
    const [integerPart, ...rest] = digits.split(/(?=[.e])/);
    digits = integerPart!.replace(new RegExp(`\\B(?=([\\da-fA-F]{${group}})+$)`, 'g'), layout.grouping) + rest.join('');
  }
  const prefix = { x: '0x', X: '0X', o: '0o', b: '0b' }[layout.type];
  const lead = (negative ? '-' : layout.sign === '-' ? '' : layout.sign) + (layout.alternate && prefix ? prefix : '');
  if (layout.align === '=') return lead + raw(pad(digits, layout.width - lead.length, layout.fill, '>', budget));
  return pad(lead + digits, layout.width, layout.fill, layout.align || '>', budget);
}

function whole(magnitude: number | bigint, { type }: Layout): string {
  switch (type) {
    case '':
    case 'd':
    case 'n':
      return String(magnitude);
    case 'x':
      return magnitude.toString(16);
    case 'X':
      return magnitude.toString(16).toUpperCase();
    case 'o':
      return magnitude.toString(8);
    case 'b':
      return magnitude.toString(2);
    case 'c':
      return String.fromCodePoint(Number(magnitude));
    default:
      throw new TemplateError(`Unknown format code '${type}' for object of type 'int'`);
  }
}

function decimal(magnitude: number, { type, precision, alternate }: Layout): string {
  if (!Number.isFinite(magnitude)) return Number.isNaN(magnitude) ? 'nan' : 'inf';
  // JavaScript writes at most 100 digits, and no double has more than 767 that are not zero.
  const digits = Math.min(precision ?? 6, 100);
  const exponent = (text: string) => text.replace(/e([-+])(\d)$/, 'e$10$2');
  switch (type) {
    case 'f':
    case 'F':
      return magnitude < 1e21
        ? magnitude.toFixed(digits)
        : `${BigInt(magnitude)}${digits ? `.${'0'.repeat(digits)}` : ''}`;
    case '%':
      return `${(magnitude * 100).toFixed(digits)}%`;
    case 'e':
      return exponent(magnitude.toExponential(digits));
    case 'E':
      return exponent(magnitude.toExponential(digits)).toUpperCase();
    case 'g':
    case 'G':
    case 'n':
    case '': {
      if (type === '' && precision === undefined) return floatText(magnitude);
      const text = general(magnitude, Math.max(digits, 1), alternate, exponent);
      return type === 'G' ? text.toUpperCase() : text;
    }
    default:
      throw new TemplateError(`Unknown format code '${type}' for object of type 'float'`);
  }
}

function general(magnitude: number, digits: number, alternate: boolean, exponent: (text: string) => string): string {
  const scientific = magnitude.toExponential(digits - 1);
  const power = Number(scientific.slice(scientific.indexOf('e') + 1));
  const tidy = (text: string) => (alternate || !text.includes('.') ? text : text.replace(/\.?0+$/, ''));
  if (power >= -4 && power < digits) return tidy(magnitude.toFixed(Math.min(100, digits - 1 - power)));
  const [mantissa, rest] = scientific.split('e') as [string, string];
  return exponent(`${tidy(mantissa)}e${rest}`);
}

/** Python's `format.format(*positional, **named)`. */
export function formatBraces(
  format: Str,
  positional: readonly Value[],
  named: ReadonlyMap<string, Value>,
  runtime: Runtime,
): Str {
  const { budget } = runtime;
  let automatic = 0;
  const out = new TextBuilder();
  const field = (name: string): Value => {
    const [, first, path] = /^([^.[]*)([^]*)$/.exec(name)!;
    const index = first === '' ? automatic++ : /^\d+$/.test(first!) ? Number(first) : undefined;
    let value = index === undefined ? named.get(first!) : positional[index];
    if (value === undefined) {
      throw new TemplateError(
        index === undefined
          ? `KeyError: '${first}'`
          : `Replacement index ${index} out of range for positional args tuple`,
      );
    }
    for (const [, attribute, key] of path!.matchAll(/\.([^.[]+)|\[([^\]]+)\]/g)) {
      if (attribute !== undefined) value = runtime.attribute(value, attribute);
      else value = runtime.item(value, /^\d+$/.test(key!) ? Number(key) : key!);
    }
    return value;
  };
  const write = (source: Str, depth: number, into: TextBuilder): void => {
    const text = raw(source);
    for (let at = 0; at < text.length;) {
      const brace = nextBrace(text, at);
      into.add(slice(source, at, brace));
      if (brace >= text.length) return;
      if (text[brace + 1] === text[brace]) {
        into.add(text[brace]!);
        at = brace + 2;
        continue;
      }
      if (text[brace] === '}') throw new TemplateError("Single '}' encountered in format string");
      const end = closing(text, brace);
      const [, name, conversion, specification] =
        /^([^!:]*)(?:!(.))?(?::([^]*))?$/.exec(text.slice(brace + 1, end)) ?? [];
      if (name === undefined || depth > 1) throw new TemplateError("expected '}' before end of string");
      let value = field(name);
      if (conversion === 'r' || conversion === 'a') value = repr(value, budget);
      else if (conversion === 's') value = str(value, budget);
      const inner = new TextBuilder();
      write(specification ?? '', depth + 1, inner);
      const shown = formatValue(value, raw(inner.build()), budget);
      budget.text(raw(shown).length);
      into.add(shown);
      at = end + 1;
    }
  };
  write(format, 0, out);
  return out.build();
}

function nextBrace(text: string, from: number): number {
  for (let at = from; at < text.length; at++) if (text[at] === '{' || text[at] === '}') return at;
  return text.length;
}

function closing(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === '{') depth++;
    else if (text[at] === '}' && --depth === 0) return at;
  }
  throw new TemplateError("Single '{' encountered in format string");
}
