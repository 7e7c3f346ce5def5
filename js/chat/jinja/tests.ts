import { required } from './arguments';
import { arithmetic, compareBy, lengthOf } from './operators';
import { str } from './python';
import type { Runtime } from './runtime';
import type { CompareOperator } from './syntax';
import { FILTERS } from './filters';
import { isStr, raw } from './text';
import { Callable, Dict, Float, isNumber, Iterator, Range, Tuple, Undefined, type Value } from './values';

type Test = (value: Value, args: readonly Value[], runtime: Runtime) => boolean;

const comparison =
  (operator: CompareOperator): Test =>
  (value, [other], { budget }) =>
    compareBy(operator, value, required(operator, 'other', other), budget);

const parity =
  (odd: boolean): Test =>
  (value, _, { budget }) =>
    compareBy('==', arithmetic('%', value, 2, budget), odd ? 1 : 0, budget);

const cased =
  (upper: boolean): Test =>
  (value, _, { budget }) => {
    const text = raw(str(value, budget));
    budget.text(text.length * 2);
    const [own, other] = upper ? [text.toUpperCase(), text.toLowerCase()] : [text.toLowerCase(), text.toUpperCase()];
    return text === own && text !== other;
  };

const isIterable: Test = (value) =>
  lengthOf(value) !== undefined || value instanceof Iterator || value instanceof Undefined;

const isInteger = (value: Value) => typeof value === 'number' || typeof value === 'bigint';

/** All tests of Jinja 3.1. */
export const TESTS: Record<string, Test> = {
  boolean: (value) => typeof value === 'boolean',
  callable: (value) => value instanceof Callable || value instanceof Undefined,
  defined: (value) => !(value instanceof Undefined),
  divisibleby: (value, [by], { budget }) =>
    compareBy('==', arithmetic('%', value, required('divisibleby', 'num', by), budget), 0, budget),
  escaped: () => false,
  even: parity(false),
  false: (value) => value === false,
  filter: (value) => isStr(value) && Object.hasOwn(FILTERS, raw(value)),
  float: (value) => value instanceof Float,
  in: (value, [container], { budget }) => compareBy('in', value, required('in', 'seq', container), budget),
  integer: isInteger,
  iterable: isIterable,
  lower: cased(false),
  mapping: (value) => value instanceof Dict,
  none: (value) => value === null,
  number: isNumber,
  odd: parity(true),
  sameas: (value, [other]) => same(value, required('sameas', 'other', other)),
  sequence: (value) =>
    isStr(value) ||
    Array.isArray(value) ||
    value instanceof Tuple ||
    value instanceof Dict ||
    value instanceof Range ||
    value instanceof Undefined,
  string: isStr,
  test: (value) => isStr(value) && Object.hasOwn(TESTS, raw(value)),
  true: (value) => value === true,
  undefined: (value) => value instanceof Undefined,
  upper: cased(true),
  ...byNames(['eq', '==', 'equalto'], comparison('==')),
  ...byNames(['ne', '!='], comparison('!=')),
  ...byNames(['lt', '<', 'lessthan'], comparison('<')),
  ...byNames(['le', '<='], comparison('<=')),
  ...byNames(['gt', '>', 'greaterthan'], comparison('>')),
  ...byNames(['ge', '>='], comparison('>=')),
};

function byNames(names: readonly string[], test: Test): Record<string, Test> {
  return Object.fromEntries(names.map((name) => [name, test]));
}

/** `is`: the same object; equal texts and numbers are taken for the same. */
function same(a: Value, b: Value): boolean {
  if (isStr(a)) return isStr(b) && raw(a) === raw(b);
  if (a instanceof Float) return b instanceof Float && a.value === b.value;
  return a === b;
}
