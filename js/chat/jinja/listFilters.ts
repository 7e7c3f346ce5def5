import { required } from './arguments';
import { arithmetic, compare, equal, iterate, lengthOf } from './operators';
import { str } from './python';
import type { Operation, Runtime } from './runtime';
import { characters, isStr, mapPieces, raw, TextBuilder } from './text';
import {
  type Arguments,
  Dict,
  integer,
  Iterator,
  orElse,
  rawText,
  TemplateError,
  truthy,
  Tuple,
  typeName,
  Undefined,
  type Value,
} from './values';

type Args = (Value | undefined)[];
type Getter = (item: Value) => Value;

const given = (value: Value | undefined): value is Exclude<Value, null> => value !== undefined && value !== null;
const wants = (value: Value | undefined) => value !== undefined && truthy(value);

/** Looks an attribute up by its path, `a.b.0`; case is ignored where texts are compared. */
function getter(attribute: Value | undefined, runtime: Runtime, ignoreCase: boolean, fallback?: Value): Getter {
  const path = given(attribute) ? pathOf(attribute) : [];
  return (item) => {
    for (const part of path) {
      item = runtime.item(item, part);
      if (item instanceof Undefined && fallback !== undefined) item = fallback;
    }
    if (!ignoreCase || !isStr(item)) return item;
    runtime.budget.text(raw(item).length);
    return mapPieces(item, (text) => text.toLowerCase());
  };
}

function pathOf(attribute: Value): (string | number)[] {
  if (typeof attribute === 'number') return [attribute];
  return rawText(attribute, 'attribute')
    .split('.')
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

function sorted(items: readonly Value[], keys: Getter[], reverse: boolean, { budget }: Runtime): Value[] {
  budget.list(items.length * (keys.length + 1));
  const rows = items.map((item) => ({ item, keys: keys.map((key) => key(item)) }));
  rows.sort((a, b) => {
    for (let i = 0; i < keys.length; i++) {
      const left = a.keys[i]!;
      const right = b.keys[i]!;
      if (!equal(left, right, budget)) return reverse ? compare(right, left, budget) : compare(left, right, budget);
    }
    return 0;
  });
  return rows.map((row) => row.item);
}

function sort(value: Value, [reverse, caseSensitive, attribute]: Args, runtime: Runtime): Value[] {
  const names = isStr(attribute) ? raw(attribute).split(',') : [attribute];
  const keys = names.map((name) => getter(name, runtime, !wants(caseSensitive)));
  return sorted(iterate(value, runtime.budget), keys, wants(reverse), runtime);
}

function dictsort(value: Value, [caseSensitive, by, reverse]: Args, runtime: Runtime): Value[] {
  if (!(value instanceof Dict)) throw new TemplateError(`'${typeName(value)}' object has no items`);
  const column = by === undefined ? 'key' : rawText(by, 'by');
  if (column !== 'key' && column !== 'value') throw new TemplateError('You can only sort by either "key" or "value"');
  runtime.budget.list(value.size * 3);
  return sorted(
    value.items(),
    [getter(column === 'key' ? 0 : 1, runtime, !wants(caseSensitive))],
    wants(reverse),
    runtime,
  );
}

function extreme(value: Value, [caseSensitive, attribute]: Args, runtime: Runtime, sign: number): Value {
  const key = getter(attribute, runtime, !wants(caseSensitive));
  let best: Value | undefined;
  let bestKey: Value = null;
  for (const item of iterate(value, runtime.budget)) {
    const itemKey = key(item);
    if (best !== undefined && compare(itemKey, bestKey, runtime.budget) * sign <= 0) continue;
    best = item;
    bestKey = itemKey;
  }
  return orElse(best, new Undefined('No aggregated item, sequence was empty.'));
}

function unique(value: Value, [caseSensitive, attribute]: Args, runtime: Runtime): Iterator {
  const key = getter(attribute, runtime, !wants(caseSensitive));
  const seen = new Dict();
  const items = iterate(value, runtime.budget);
  runtime.budget.list(items.length * 2);
  return new Iterator(
    items.filter((item) => {
      const itemKey = key(item);
      if (seen.has(itemKey)) return false;
      seen.set(itemKey, true);
      return true;
    }),
  );
}

function groupby(value: Value, [attribute, fallback, caseSensitive]: Args, runtime: Runtime): Value[] {
  const path = required('groupby', 'attribute', attribute);
  const key = getter(path, runtime, !wants(caseSensitive), fallback);
  const shown = getter(path, runtime, false, fallback);
  const groups: { key: Value; items: Value[] }[] = [];
  for (const item of sorted(iterate(value, runtime.budget), [key], false, runtime)) {
    const itemKey = key(item);
    const last = groups.at(-1);
    if (last && equal(last.key, itemKey, runtime.budget)) last.items.push(item);
    else groups.push({ key: itemKey, items: [item] });
  }
  return groups.map(({ items }) => new Tuple([shown(items[0]!), items], ['grouper', 'list']));
}

/** `map('filter', ...)` or `map(attribute='name', default=...)`. */
function map(value: Value, { positional, named }: Arguments, runtime: Runtime): Value {
  if (!truthy(value)) return new Iterator([]);
  const items = iterate(value, runtime.budget);
  runtime.budget.list(items.length);
  if (!positional.length && named.has('attribute')) {
    const unknown = [...named.keys()].find((name) => name !== 'attribute' && name !== 'default');
    if (unknown) throw new TemplateError(`Unexpected keyword argument '${unknown}'`);
    return new Iterator(items.map(getter(named.get('attribute'), runtime, false, named.get('default'))));
  }
  const [name, ...rest] = positional;
  if (name === undefined) throw new TemplateError('map requires a filter argument');
  const filter = rawText(name, 'filter name');
  return new Iterator(items.map((item) => runtime.filter(filter, item, { positional: rest, named })));
}

/** `select`, `reject`: by a test, or by being true; `selectattr`, `rejectattr`: the same of an attribute. */
function select(keep: boolean, ofAttribute: boolean): Operation<Value> {
  return {
    parameters: [],
    open: (value, { positional, named }, runtime) => {
      if (!truthy(value)) return new Iterator([]);
      const rest = [...positional];
      const name = ofAttribute ? rest.shift() : undefined;
      if (ofAttribute && name === undefined) throw new TemplateError('Missing parameter for attribute name');
      const key = getter(name, runtime, false);
      const test = rest.shift();
      const passes = (item: Value) =>
        test === undefined ? truthy(item) : runtime.test(rawText(test, 'test name'), item, { positional: rest, named });
      const items = iterate(value, runtime.budget);
      runtime.budget.list(items.length);
      return new Iterator(items.filter((item) => passes(key(item)) === keep));
    },
  };
}

function join(value: Value, [separator, attribute]: Args, runtime: Runtime): Value {
  const { budget } = runtime;
  const between = separator === undefined ? '' : str(separator, budget);
  const key = getter(attribute, runtime, false);
  const out = new TextBuilder();
  iterate(value, budget).forEach((item, i) => {
    const text = str(key(item), budget);
    budget.text(raw(text).length + (i ? raw(between).length : 0));
    if (i) out.add(between);
    out.add(text);
  });
  return out.build();
}

function reverse(value: Value, _: Args, { budget }: Runtime): Value {
  if (!isStr(value)) {
    if (lengthOf(value) === undefined) throw new TemplateError('argument must be iterable');
    return new Iterator([...iterate(value, budget)].reverse());
  }
  const out = new TextBuilder();
  budget.text(raw(value).length);
  budget.list(raw(value).length);
  for (const character of characters(value).reverse()) out.add(character);
  return out.build();
}

function sum(value: Value, [attribute, start]: Args, runtime: Runtime): Value {
  const key = getter(attribute, runtime, false);
  return iterate(value, runtime.budget).reduce<Value>(
    (total, item) => arithmetic('+', total, key(item), runtime.budget),
    orElse(start, 0),
  );
}

/** Lists of `linecount` items. */
function batch(value: Value, [size, fill]: Args, { budget }: Runtime): Value {
  const most = integer(required('batch', 'linecount', size), 'linecount');
  if (most < 1) throw new TemplateError('linecount must be positive');
  const items = iterate(value, budget);
  budget.list(items.length * 2);
  const rows: Value[][] = [];
  for (let at = 0; at < items.length; at += most) rows.push(items.slice(at, at + most));
  const last = rows.at(-1);
  if (last && given(fill)) {
    budget.list(most);
    while (last.length < most) last.push(fill);
  }
  return new Iterator(rows);
}

/** `slices` lists, the first ones a little longer. */
function slices(value: Value, [count, fill]: Args, { budget }: Runtime): Value {
  const number = integer(required('slice', 'slices', count), 'slices');
  if (number < 1) throw new TemplateError('slices must be positive');
  const items = iterate(value, budget);
  budget.list(items.length + number * 2);
  const short = Math.floor(items.length / number);
  const longer = items.length % number;
  const rows: Value[][] = [];
  for (let row = 0, at = 0; row < number; row++) {
    const end = at + short + (row < longer ? 1 : 0);
    const part = items.slice(at, end);
    if (given(fill) && row >= longer) part.push(fill);
    rows.push(part);
    at = end;
  }
  return new Iterator(rows);
}

function last(value: Value, _: Args, { budget }: Runtime): Value {
  if (value instanceof Iterator) throw new TemplateError("'generator' object is not reversible");
  return orElse(iterate(value, budget).at(-1), new Undefined('No last item, sequence was empty.'));
}

function first(value: Value, _: Args, { budget }: Runtime): Value {
  const text = isStr(value) ? raw(value).codePointAt(0) : undefined;
  const items = text === undefined ? iterate(value, budget) : characters(value as string).slice(0, 1);
  return orElse(items[0], new Undefined('No first item, sequence was empty.'));
}

function length(value: Value, _: Args, { budget }: Runtime): Value {
  if (isStr(value)) budget.work(raw(value).length);
  const count = lengthOf(value);
  if (count === undefined) throw new TemplateError(`object of type '${typeName(value)}' has no len()`);
  return count;
}

function items(value: Value, _: Args, { budget }: Runtime): Value {
  if (value instanceof Undefined) return new Iterator([]);
  if (!(value instanceof Dict)) throw new TemplateError('Can only get item pairs from a mapping.');
  budget.list(value.size * 3);
  return new Iterator(value.items());
}

const simple = (run: Operation<Value>['run'], ...parameters: string[]): Operation<Value> => ({ parameters, run: run! });

/** The filters of lists and dictionaries. */
export const LIST_FILTERS: Record<string, Operation<Value>> = {
  batch: simple(batch, 'linecount', 'fill_with'),
  count: simple(length),
  dictsort: simple(dictsort, 'case_sensitive', 'by', 'reverse'),
  first: simple(first),
  groupby: simple(groupby, 'attribute', 'default', 'case_sensitive'),
  items: simple(items),
  join: simple(join, 'd', 'attribute'),
  last: simple(last),
  length: simple(length),
  list: simple((value, _, { budget }) => {
    const all = iterate(value, budget);
    budget.list(all.length);
    return [...all];
  }),
  map: { parameters: [], open: map },
  max: simple((value, args, runtime) => extreme(value, args, runtime, 1), 'case_sensitive', 'attribute'),
  min: simple((value, args, runtime) => extreme(value, args, runtime, -1), 'case_sensitive', 'attribute'),
  reject: select(false, false),
  rejectattr: select(false, true),
  reverse: simple(reverse),
  select: select(true, false),
  selectattr: select(true, true),
  slice: simple(slices, 'slices', 'fill_with'),
  sort: simple(sort, 'reverse', 'case_sensitive', 'attribute'),
  sum: simple(sum, 'attribute', 'start'),
  unique: simple(unique, 'case_sensitive', 'attribute'),
};
