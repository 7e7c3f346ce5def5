import { type Budget, MAX_DATA_DEPTH, overLimit } from './budget';
import type { Str } from './text';
import { Dict, Float, type Value } from './values';

/**
 * JavaScript's data as the template sees it. What JSON leaves out (`undefined`, functions, symbols) is left out here too, and
 * `toJSON` is called. `text` makes the strings, keys included: plain ones, or ones marked as coming from outside.
 */
export function toValue(data: unknown, text: (value: string) => Str, budget: Budget): Value {
  return convert(data, text, budget, 0) ?? null;
}

function convert(data: unknown, text: (value: string) => Str, budget: Budget, depth: number): Value | undefined {
  budget.step();
  if (depth > MAX_DATA_DEPTH)
    throw overLimit(`is given values that nest deeper than ${MAX_DATA_DEPTH} levels, or contain themselves`);
  switch (typeof data) {
    case 'string':
      budget.input(data.length);
      return text(data);
    case 'boolean':
    case 'bigint':
      return data;
    case 'number':
      return toNumber(data);
    case 'object':
      return data === null ? null : convertObject(data, text, budget, depth);
    default:
      return undefined;
  }
}

/** As JSON writes it: whole numbers below 1e21 are integers, with the digits that JavaScript shows; -0 is 0. */
function toNumber(data: number): Value {
  if (!Number.isInteger(data) || Math.abs(data) >= 1e21) return new Float(data);
  return Number.isSafeInteger(data) ? data + 0 : BigInt(String(data));
}

function convertObject(data: object, text: (value: string) => Str, budget: Budget, depth: number): Value | undefined {
  budget.input(1);
  if ('toJSON' in data && typeof data.toJSON === 'function') {
    return convert((data.toJSON as () => unknown)(), text, budget, depth + 1);
  }
  if (Array.isArray(data)) {
    budget.list(data.length);
    return Array.from(data, (item) => convert(item, text, budget, depth + 1) ?? null);
  }
  const dict = new Dict();
  for (const [key, item] of data instanceof Map ? (data as Map<unknown, unknown>) : Object.entries(data)) {
    const value = convert(item, text, budget, depth + 1);
    if (value === undefined) continue;
    budget.input(1);
    dict.set(typeof key === 'string' ? text(key) : String(key), value);
  }
  return dict;
}
