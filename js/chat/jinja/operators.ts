import { type Budget, MAX_LENGTH, overLimit } from './budget';
import { formatPercent } from './format';
import { smallest } from './python';
import { characters, concat, isStr, pointCount, pointSlice, raw, type Str } from './text';
import type { ArithmeticOperator, CompareOperator } from './syntax';
import {
  Dict,
  Float,
  isInteger,
  isNumber,
  Iterator,
  Range,
  sequence,
  TemplateError,
  Tuple,
  typeName,
  Undefined,
  View,
  type Value,
} from './values';

/** Bits of an integer beyond 2^53; a template has no use for more. */
const MAX_BITS = 4096;

export function refuseUndefined(value: Value): void {
  if (value instanceof Undefined) throw new TemplateError(value.message);
}

/** The elements of anything that Python iterates over. */
export function iterate(value: Value, budget: Budget): readonly Value[] {
  const items = sequence(value);
  if (items) {
    budget.step();
    return items;
  }
  if (isStr(value)) {
    budget.list(2 * raw(value).length);
    return characters(value);
  }
  if (value instanceof Dict) {
    budget.list(value.size);
    return value.keys();
  }
  if (value instanceof Range) {
    budget.list(value.length);
    return Array.from({ length: value.length }, (_, i) => value.start + i * value.step);
  }
  if (value instanceof Iterator) return value.take();
  if (value instanceof Undefined) return [];
  throw new TemplateError(`'${typeName(value)}' object is not iterable`);
}

/** Python's `len`, or `undefined` where there is none. */
export function lengthOf(value: Value): number | undefined {
  if (isStr(value)) return pointCount(value);
  if (value instanceof Dict) return value.size;
  if (value instanceof Range) return value.length;
  if (value instanceof Undefined) return 0;
  return sequence(value)?.length;
}

export function equal(a: Value, b: Value, budget: Budget): boolean {
  budget.step();
  if (isStr(a)) {
    if (!isStr(b) || raw(a).length !== raw(b).length) return false;
    budget.work(raw(a).length);
    return raw(a) === raw(b);
  }
  if (a === null || b === null) return a === b;
  if (isNumber(a)) return isNumber(b) && order(a, b) === 0;
  if (a instanceof Undefined) return b instanceof Undefined;
  if (Array.isArray(a)) return Array.isArray(b) && equalItems(a, b, budget);
  if (a instanceof Tuple) return b instanceof Tuple && equalItems(a.items, b.items, budget);
  if (a instanceof Dict) {
    if (!(b instanceof Dict) || a.size !== b.size) return false;
    for (const [key, value] of a.entries()) {
      const other = b.get(key);
      if (other === undefined) return false;
      if (!nested(budget, () => equal(value, other, budget))) return false;
    }
    return true;
  }
  if (a instanceof Range) {
    return b instanceof Range && a.length === b.length && (!a.length || (a.start === b.start && a.step === b.step));
  }
  return a === b;
}

function equalItems(a: readonly Value[], b: readonly Value[], budget: Budget): boolean {
  return a.length === b.length && nested(budget, () => a.every((item, i) => equal(item, b[i]!, budget)));
}

function nested<T>(budget: Budget, run: () => T): T {
  budget.enter();
  const result = run();
  budget.leave();
  return result;
}

type Numeric = number | bigint | boolean | Float;

const plain = (value: Numeric): number | bigint =>
  value instanceof Float ? value.value : typeof value === 'boolean' ? Number(value) : value;

function order(a: Numeric, b: Numeric): number {
  const x = plain(a);
  const y = plain(b);
  return x < y ? -1 : x > y ? 1 : x == y ? 0 : NaN; // eslint-disable-line eqeqeq -- a number may equal a bigint
}

/** Below zero, zero, above zero: `<`, `==`, `>`. NaN: not ordered. */
export function compare(a: Value, b: Value, budget: Budget, operator = '<'): number {
  budget.step();
  if (isNumber(a) && isNumber(b)) return order(a, b);
  if (isStr(a) && isStr(b)) return compareText(raw(a), raw(b), budget);
  const both = (Array.isArray(a) && Array.isArray(b)) || (a instanceof Tuple && b instanceof Tuple);
  if (both) {
    const left = sequence(a)!;
    const right = sequence(b)!;
    return nested(budget, () => {
      for (let i = 0; i < left.length && i < right.length; i++) {
        if (!equal(left[i]!, right[i]!, budget)) return compare(left[i]!, right[i]!, budget, operator);
      }
      return left.length - right.length;
    });
  }
  refuseUndefined(a);
  refuseUndefined(b);
  throw new TemplateError(`'${operator}' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`);
}

/** By code points, which differs from JavaScript's order of UTF-16 units beyond U+FFFF. */
function compareText(a: string, b: string, budget: Budget): number {
  const length = Math.min(a.length, b.length);
  budget.work(length);
  for (let i = 0; i < length; i++) {
    if (a.charCodeAt(i) !== b.charCodeAt(i)) return a.codePointAt(i)! - b.codePointAt(i)!;
  }
  return a.length - b.length;
}

export function contains(container: Value, item: Value, budget: Budget): boolean {
  if (isStr(container)) {
    if (!isStr(item)) {
      throw new TemplateError(`'in <string>' requires string as left operand, not ${typeName(item)}`);
    }
    budget.work(raw(container).length);
    return raw(container).includes(raw(item));
  }
  if (container instanceof Dict) return container.has(item);
  if (container instanceof Range && isNumber(item)) {
    const at = (Number(plain(item)) - container.start) / container.step;
    return Number.isInteger(at) && at >= 0 && at < container.length;
  }
  if (container instanceof Undefined || lengthOf(container) !== undefined || container instanceof Iterator) {
    return iterate(container, budget).some((value) => equal(value, item, budget));
  }
  throw new TemplateError(`argument of type '${typeName(container)}' is not iterable`);
}

export function compareBy(operator: CompareOperator, a: Value, b: Value, budget: Budget): boolean {
  switch (operator) {
    case '==':
      return equal(a, b, budget);
    case '!=':
      return !equal(a, b, budget);
    case 'in':
      return contains(b, a, budget);
    case 'not in':
      return !contains(b, a, budget);
    case '<':
      return compare(a, b, budget, operator) < 0;
    case '<=':
      return compare(a, b, budget, operator) <= 0;
    case '>':
      return compare(a, b, budget, operator) > 0;
    case '>=':
      return compare(a, b, budget, operator) >= 0;
  }
}

const spanCount = (text: Str) => (typeof text === 'string' ? 0 : text.spans.length);

export function join(a: Str, b: Str, budget: Budget): Str {
  budget.joined(raw(a).length, raw(b).length, spanCount(a) + spanCount(b));
  return concat(a, b);
}

export function arithmetic(operator: ArithmeticOperator, a: Value, b: Value, budget: Budget): Value {
  if (operator === '%' && isStr(a)) return formatPercent(a, b, budget);
  refuseUndefined(a);
  refuseUndefined(b);
  if (isInteger(a) && isInteger(b)) return integers(operator, plain(a), plain(b));
  if (isNumber(a) && isNumber(b)) return new Float(floats(operator, Number(plain(a)), Number(plain(b))));
  if (operator === '+') {
    if (isStr(a) && isStr(b)) return join(a, b, budget);
    if (Array.isArray(a) && Array.isArray(b)) {
      budget.list(a.length + b.length);
      return [...a, ...b];
    }
    if (a instanceof Tuple && b instanceof Tuple) {
      budget.list(a.items.length + b.items.length);
      return new Tuple([...a.items, ...b.items]);
    }
    for (const [type, kind] of [
      ['str', isStr(a)],
      ['list', Array.isArray(a)],
    ] as const) {
      if (kind) throw new TemplateError(`can only concatenate ${type} (not "${typeName(b)}") to ${type}`);
    }
  }
  if (operator === '*') {
    if (isInteger(b)) return repeat(a, plain(b), operator, b, budget);
    if (isInteger(a)) return repeat(b, plain(a), operator, a, budget);
  }
  throw unsupported(operator, a, b);
}

function unsupported(operator: string, a: Value, b: Value): TemplateError {
  const name = operator === '**' ? '** or pow()' : operator;
  return new TemplateError(`unsupported operand type(s) for ${name}: '${typeName(a)}' and '${typeName(b)}'`);
}

function repeat(value: Value, count: number | bigint, operator: string, other: Value, budget: Budget): Value {
  const times = count > MAX_LENGTH ? Infinity : Math.max(0, Number(count));
  if (isStr(value)) {
    if (!times) return '';
    budget.text(raw(value).length * times);
    return typeof value === 'string' ? value.repeat(times) : concat(...Array.from({ length: times }, () => value));
  }
  const items = Array.isArray(value) ? value : value instanceof Tuple ? value.items : undefined;
  if (!items) throw unsupported(operator, value, other);
  budget.list(times ? items.length * times : 0);
  const all: Value[] = [];
  if (items.length) for (let i = 0; i < times; i++) for (const item of items) all.push(item);
  return Array.isArray(value) ? all : new Tuple(all);
}

function integers(operator: ArithmeticOperator, a: number | bigint, b: number | bigint): Value {
  if (operator === '/') return new Float(floats('/', Number(a), Number(b)));
  if ((operator === '//' || operator === '%') && !b) throw new TemplateError('integer division or modulo by zero');
  if (operator === '**' && b < 0) {
    if (!a) throw new TemplateError('0.0 cannot be raised to a negative power');
    return new Float(Number(a) ** Number(b));
  }
  if (typeof a === 'number' && typeof b === 'number') {
    const quick =
      operator === '//' ? Math.floor(a / b) : operator === '%' ? a - b * Math.floor(a / b) : quickly(operator, a, b);
    if (Number.isSafeInteger(quick)) return quick === 0 ? 0 : quick;
  }
  return bigIntegers(operator, BigInt(a), BigInt(b));
}

function quickly(operator: ArithmeticOperator, a: number, b: number): number {
  return operator === '+' ? a + b : operator === '-' ? a - b : operator === '*' ? a * b : a ** b;
}

function bigIntegers(operator: ArithmeticOperator, a: bigint, b: bigint): number | bigint {
  const bits = (value: bigint) => value.toString(16).length * 4;
  const size = operator === '**' ? bits(a) * Number(b) : bits(a) + bits(b);
  if (size > MAX_BITS) throw overLimit(`computes an integer of more than ${MAX_BITS} bits`);
  switch (operator) {
    case '+':
      return smallest(a + b);
    case '-':
      return smallest(a - b);
    case '*':
      return smallest(a * b);
    case '**':
      return smallest(a ** b);
    default: {
      const remainder = ((a % b) + b) % b;
      return smallest(operator === '%' ? remainder : (a - remainder) / b);
    }
  }
}

function floats(operator: ArithmeticOperator, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '**':
      return a ** b;
    default:
      if (b === 0) {
        throw new TemplateError(
          operator === '/' ? 'division by zero' : operator === '%' ? 'float modulo' : 'float floor division by zero',
        );
      }
      if (operator === '/') return a / b;
      return operator === '//' ? Math.floor(a / b) : a - b * Math.floor(a / b);
  }
}

/** `-value` or `+value`. */
export function sign(operator: '-' | '+', value: Value): Value {
  refuseUndefined(value);
  if (value instanceof Float) return operator === '-' ? new Float(-value.value) : value;
  if (!isInteger(value)) throw new TemplateError(`bad operand type for unary ${operator}: '${typeName(value)}'`);
  const number = plain(value);
  if (operator === '+') return number;
  return typeof number === 'bigint' ? smallest(-number) : number === 0 ? 0 : -number;
}

/** Python's `value[start:stop:step]`. */
export function sliceOf(value: Value, bounds: (Value | undefined)[], budget: Budget): Value {
  const [start, stop, step] = bounds.map((bound) => {
    if (bound === undefined || bound === null) return undefined;
    if (isInteger(bound)) return Number(plain(bound));
    throw new TemplateError('slice indices must be integers or None or have an __index__ method');
  });
  const length = lengthOf(value);
  refuseUndefined(value);
  if (length === undefined || value instanceof Dict || value instanceof View) {
    throw new TemplateError(`'${typeName(value)}' object is not subscriptable`);
  }
  const by = step ?? 1;
  if (by === 0) throw new TemplateError('slice step cannot be zero');
  const clamp = (bound: number, low: number, high: number) =>
    Math.min(Math.max(bound < 0 ? bound + length : bound, low), high);
  const from = by > 0 ? clamp(start ?? 0, 0, length) : start === undefined ? length - 1 : clamp(start, -1, length - 1);
  const to = by > 0 ? clamp(stop ?? length, 0, length) : stop === undefined ? -1 : clamp(stop, -1, length - 1);
  if (isStr(value)) {
    budget.work(raw(value).length);
    budget.text(by === 1 ? Math.max(0, to - from) : length);
    if (by === 1) return pointSlice(value, from, to);
    return concat(...picked(characters(value), from, to, by));
  }
  if (value instanceof Range) {
    return new Range(value.start + from * value.step, value.start + to * value.step, value.step * by);
  }
  const items = sequence(value)!;
  budget.list(Math.max(0, Math.ceil((to - from) / by)));
  const found = picked(items, from, to, by);
  return value instanceof Tuple ? new Tuple(found) : found;
}

function picked<T>(items: readonly T[], from: number, to: number, by: number): T[] {
  const found: T[] = [];
  for (let i = from; by > 0 ? i < to : i > to; i += by) found.push(items[i]!);
  return found;
}
