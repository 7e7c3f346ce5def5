import { required } from './arguments';
import { LIST_FILTERS } from './listFilters';
import { parseFloating, parseInteger, smallest } from './python';
import type { Operation } from './runtime';
import { isStr, raw } from './text';
import { TEXT_FILTERS } from './textFilters';
import {
  Float,
  integer,
  isInteger,
  isNumber,
  orElse,
  rawText,
  TemplateError,
  truthy,
  typeName,
  Undefined,
  type Value,
} from './values';

type Args = (Value | undefined)[];

function toInteger(value: Value, [fallback, base]: Args): Value {
  if (value instanceof Undefined) throw new TemplateError(value.message);
  if (isStr(value)) {
    const whole = parseInteger(raw(value), base === undefined ? 10 : integer(base, 'base'));
    if (whole !== undefined) return whole;
    const real = parseFloating(raw(value));
    return real !== undefined && Number.isFinite(real) ? smallest(BigInt(Math.trunc(real))) : orElse(fallback, 0);
  }
  if (typeof value === 'boolean') return Number(value);
  if (isInteger(value)) return value;
  if (value instanceof Float && Number.isFinite(value.value)) return smallest(BigInt(Math.trunc(value.value)));
  return orElse(fallback, 0);
}

function toFloat(value: Value, [fallback]: Args): Value {
  if (value instanceof Undefined) throw new TemplateError(value.message);
  if (isNumber(value)) return value instanceof Float ? value : new Float(Number(value));
  const real = isStr(value) ? parseFloating(raw(value)) : undefined;
  return real === undefined ? orElse(fallback, new Float(0)) : new Float(real);
}

function absolute(value: Value): Value {
  if (value instanceof Undefined) throw new TemplateError(value.message);
  if (value instanceof Float) return new Float(Math.abs(value.value));
  if (!isInteger(value)) throw new TemplateError(`bad operand type for abs(): '${typeName(value)}'`);
  return typeof value === 'bigint' ? (value < 0n ? -value : value) : Math.abs(Number(value));
}

/** Half to even, as Python rounds; `ceil` and `floor` as asked. */
function round(value: Value, [precision, method]: Args): Value {
  if (value instanceof Undefined) throw new TemplateError(value.message);
  if (!isNumber(value)) throw new TemplateError(`type ${typeName(value)} doesn't define __round__ method`);
  const digits = precision === undefined ? 0 : integer(precision, 'precision');
  const how = method === undefined ? 'common' : rawText(method, 'method');
  const number = value instanceof Float ? value.value : Number(value);
  if (how !== 'common' && how !== 'ceil' && how !== 'floor')
    throw new TemplateError('method must be common, ceil or floor');
  if (how !== 'common') {
    const scale = 10 ** digits;
    return new Float((how === 'ceil' ? Math.ceil(number * scale) : Math.floor(number * scale)) / scale);
  }
  if (!(value instanceof Float)) {
    const scale = 10 ** Math.min(-digits, 300);
    return digits >= 0 ? Number(value) : halfToEven(number / scale) * scale;
  }
  if (!Number.isFinite(number) || digits > 300) return value;
  if (digits <= 0) return new Float(halfToEven(number / 10 ** -digits) * 10 ** -digits);
  return new Float(
    Math.abs(number) >= 1e21 || digits > 90 ? number : Math.sign(number) * rounded(Math.abs(number), digits),
  );
}

/** A double has at most 1,074 binary places; one that lies exactly between two decimals has few, so that 100 digits show it. */
function rounded(number: number, digits: number): number {
  const exact = number.toFixed(100);
  const cut = exact.indexOf('.') + 1 + digits;
  const tie = /^50*$/.test(exact.slice(cut)) && Number(exact[cut - 1]) % 2 === 0;
  return Number(tie ? exact.slice(0, cut) : number.toFixed(digits));
}

function halfToEven(number: number): number {
  const low = Math.floor(number);
  if (number - low !== 0.5) return Math.round(number);
  return low % 2 === 0 ? low : low + 1;
}

/** All filters of Jinja 3.1 but those that need chance (`random`) or write HTML (`urlize`), and `fromjson`. */
export const FILTERS: Record<string, Operation<Value>> = {
  ...TEXT_FILTERS,
  ...LIST_FILTERS,
  abs: { parameters: [], run: absolute },
  attr: {
    parameters: ['name'],
    run: (value, [name], runtime) =>
      runtime.attribute(value, rawText(required('attr', 'name', name), 'attribute name')),
  },
  d: { parameters: ['default_value', 'boolean'], run: fallback },
  default: { parameters: ['default_value', 'boolean'], run: fallback },
  float: { parameters: ['default'], run: toFloat },
  int: { parameters: ['default', 'base'], run: toInteger },
  round: { parameters: ['precision', 'method'], run: round },
};

function fallback(value: Value, [other, boolean]: Args): Value {
  const missing = value instanceof Undefined || (boolean !== undefined && truthy(boolean) && !truthy(value));
  return missing ? orElse(other, '') : value;
}
