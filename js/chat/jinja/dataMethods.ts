import { required } from './arguments';
import { equal } from './operators';
import type { Operation, Runtime } from './runtime';
import { Dict, Float, integer, orElse, TemplateError, type Value, View } from './values';

type Args = (Value | undefined)[];

/** The methods that change lists and dictionaries: Jinja's immutable sandbox, which transformers uses, gives them to no template. */
export const MUTATORS: Record<'list' | 'dict', ReadonlySet<string>> = {
  list: new Set(['append', 'clear', 'extend', 'insert', 'pop', 'remove', 'reverse', 'sort']),
  dict: new Set(['clear', 'pop', 'popitem', 'setdefault', 'update']),
};

function view(dict: Dict, kind: View['kind'], { budget }: Runtime): View {
  budget.list(dict.size * (kind === 'items' ? 3 : 1));
  return new View(kind, kind === 'items' ? dict.items() : kind === 'keys' ? dict.keys() : dict.values());
}

function copy(dict: Dict, { budget }: Runtime): Dict {
  budget.list(dict.size * 3);
  const other = new Dict();
  for (const [key, value] of dict.entries()) other.set(key, value);
  return other;
}

export const DICT_METHODS: Record<string, Operation<Dict>> = {
  copy: { parameters: [], run: (dict, _, runtime) => copy(dict, runtime) },
  get: {
    parameters: ['key', 'default'],
    run: (dict, [key, fallback]) => orElse(dict.get(required('get', 'key', key)), orElse(fallback, null)),
  },
  items: { parameters: [], run: (dict, _, runtime) => view(dict, 'items', runtime) },
  keys: { parameters: [], run: (dict, _, runtime) => view(dict, 'keys', runtime) },
  values: { parameters: [], run: (dict, _, runtime) => view(dict, 'values', runtime) },
};

function indexOf(items: readonly Value[], [wanted, start, stop]: Args, { budget }: Runtime): number {
  const value = required('index', 'value', wanted);
  const bound = (given: Value | undefined, fallback: number) => {
    const at = given === undefined ? fallback : integer(given, 'index');
    return Math.max(0, at < 0 ? at + items.length : at);
  };
  const end = Math.min(bound(stop, items.length), items.length);
  for (let i = bound(start, 0); i < end; i++) if (equal(items[i]!, value, budget)) return i;
  throw new TemplateError('value is not in list');
}

function count(items: readonly Value[], [wanted]: Args, { budget }: Runtime): number {
  const value = required('count', 'value', wanted);
  return items.filter((item) => equal(item, value, budget)).length;
}

export const LIST_METHODS: Record<string, Operation<Value[]>> = {
  copy: {
    parameters: [],
    run: (list, _, { budget }) => {
      budget.list(list.length);
      return [...list];
    },
  },
  count: { parameters: ['value'], run: count },
  index: { parameters: ['value', 'start', 'stop'], run: indexOf },
};

export const FLOAT_METHODS: Record<string, Operation<Float>> = {
  is_integer: { parameters: [], run: (float) => Number.isInteger(float.value) },
};
