import { bind } from './arguments';
import { DICT_METHODS, FLOAT_METHODS, LIST_METHODS, MUTATORS } from './dataMethods';
import type { Operation, Runtime } from './runtime';
import { TEXT_METHODS } from './textMethods';
import { isStr, pointCount, pointSlice, raw } from './text';
import {
  Callable,
  Dict,
  Float,
  isHashable,
  isInteger,
  Range,
  sequence,
  TemplateError,
  Thing,
  Tuple,
  typeName,
  Undefined,
  type Value,
} from './values';

/** As Jinja names an object in its messages. */
const told = (value: Value) => (value === null ? "'None'" : `'${typeName(value)} object'`);

function method<T extends Value>(
  table: Record<string, Operation<T>>,
  name: string,
  value: T,
  runtime: Runtime,
): Callable | undefined {
  if (!Object.hasOwn(table, name)) return undefined;
  const { parameters, open, run } = table[name]!;
  return new Callable(name, (args) =>
    open ? open(value, args, runtime) : run!(value, bind(name, parameters, args), runtime),
  );
}

/** What Python's `getattr` finds. */
function own(value: Value, name: string, runtime: Runtime): Value | undefined {
  if (isStr(value)) return method(TEXT_METHODS, name, value, runtime);
  if (value instanceof Dict)
    return MUTATORS.dict.has(name) ? unsafe(value, name) : method(DICT_METHODS, name, value, runtime);
  if (Array.isArray(value))
    return MUTATORS.list.has(name) ? unsafe(value, name) : method(LIST_METHODS, name, value, runtime);
  if (value instanceof Tuple) {
    const at = value.names.indexOf(name);
    if (at >= 0) return value.items[at];
    return name === 'copy' ? undefined : method(LIST_METHODS, name, value.items as Value[], runtime);
  }
  if (value instanceof Float) return method(FLOAT_METHODS, name, value, runtime);
  if (value instanceof Thing) return value.attribute(name);
  return undefined;
}

function unsafe(value: Value, name: string): Undefined {
  return new Undefined(`access to attribute '${name}' of '${typeName(value)}' object is unsafe.`);
}

/** `value.name`: an attribute, else a key. */
export function attributeOf(value: Value, name: string, runtime: Runtime): Value {
  runtime.budget.step();
  if (value instanceof Undefined) throw new TemplateError(value.message);
  let found = own(value, name, runtime);
  if (found === undefined && value instanceof Dict) found = value.get(name);
  if (found !== undefined) return found;
  if (/^__\w+__$/.test(name)) return unsafe(value, name);
  return new Undefined(`${told(value)} has no attribute '${name}'`);
}

/** `value[key]`: an element or a key, else an attribute. */
export function itemOf(value: Value, key: Value, runtime: Runtime): Value {
  runtime.budget.step();
  if (value instanceof Undefined) throw new TemplateError(value.message);
  if (value instanceof Dict) {
    const found = isHashable(key) ? value.get(key) : undefined;
    if (found !== undefined) return found;
  } else if (isInteger(key)) {
    const found = element(value, Number(key), runtime);
    if (found !== undefined) return found;
    return new Undefined(`${told(value)} has no element ${String(key)}`);
  }
  if (isStr(key)) {
    const name = raw(key);
    const found = own(value, name, runtime);
    if (found !== undefined) return found;
    return new Undefined(`${told(value)} has no attribute '${name}'`);
  }
  return new Undefined(`${told(value)} has no element ${typeName(key)}`);
}

function element(value: Value, index: number, { budget }: Runtime): Value | undefined {
  if (isStr(value)) {
    budget.work(raw(value).length);
    const length = pointCount(value);
    const at = index < 0 ? index + length : index;
    return at >= 0 && at < length ? pointSlice(value, at, at + 1) : undefined;
  }
  if (value instanceof Range) {
    const at = index < 0 ? index + value.length : index;
    return at >= 0 && at < value.length ? value.start + at * value.step : undefined;
  }
  // A view has no elements in Python.
  if (Array.isArray(value) || value instanceof Tuple) return sequence(value)!.at(index);
  return undefined;
}
