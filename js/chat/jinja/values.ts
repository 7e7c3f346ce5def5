import { isStr, raw, type Str, Text } from './text';

/** Python's exceptions inside a template; `line` is added where a statement is executed. */
export class TemplateError extends Error {
  line: number | undefined;

  constructor(message: string, line?: number) {
    super(message);
    this.line = line;
  }
}

/** A `float`: JavaScript has no other way to tell `1.0` from `1`. */
export class Float {
  constructor(readonly value: number) {}
}

export class Tuple {
  constructor(
    readonly items: readonly Value[],
    /** Names of the first items, as in a named tuple. */
    readonly names: readonly string[] = [],
  ) {}
}

/** What a name, key or attribute that isn't there, or is not for templates, evaluates to. */
export class Undefined {
  constructor(readonly message: string) {}
}

/** Integers from `start` on, `step` apart, before `stop`. */
export class Range {
  readonly length: number;

  constructor(
    readonly start: number,
    readonly stop: number,
    readonly step: number,
  ) {
    this.length = Math.max(0, Math.ceil((stop - start) / step));
  }
}

/** A generator: what it yields is known, and can be had once. */
export class Iterator {
  constructor(public values: readonly Value[]) {}

  take(): readonly Value[] {
    const { values } = this;
    this.values = [];
    return values;
  }
}

/** `dict.keys()`, `.values()`, `.items()`. */
export class View {
  constructor(
    readonly kind: 'keys' | 'values' | 'items',
    readonly items: readonly Value[],
  ) {}
}

/** An object with attributes that is no data: `loop`, a macro, a namespace. */
export abstract class Thing {
  abstract readonly type: string;

  attribute(name: string): Value | undefined {
    void name;
    return undefined;
  }

  abstract describe(): string;
}

export interface Arguments {
  positional: Value[];
  named: Map<string, Value>;
}

export class Callable extends Thing {
  readonly type: string = 'function';

  constructor(
    readonly name: string,
    readonly call: (args: Arguments) => Value,
  ) {
    super();
  }

  describe(): string {
    return `<function ${this.name}>`;
  }
}

export class Namespace extends Thing {
  readonly type = 'Namespace';
  readonly fields = new Map<string, Value>();

  override attribute(name: string): Value | undefined {
    return this.fields.get(name);
  }

  describe(): string {
    return '<Namespace>';
  }
}

/** Lists and dictionaries can be no keys, nor tuples that hold one. */
export const isHashable = (key: Value): boolean =>
  key instanceof Tuple ? key.items.every(isHashable) : !(Array.isArray(key) || key instanceof Dict);

/** Equal keys have equal hashes: `1`, `1.0` and `true` are one key in Python. */
function hash(key: Value): unknown {
  if (key instanceof Text) return key.value;
  if (typeof key === 'boolean') return Number(key);
  if (key instanceof Float) return key.value;
  if (key instanceof Tuple) {
    const parts = key.items.map((item) => {
      const part = hash(item);
      if (typeof part === 'object' && part !== null) throw new TemplateError(`unhashable type: '${typeName(item)}'`);
      return `${typeof part} ${String(part).length} ${String(part)}`;
    });
    return `\0tuple ${parts.join(',')}`;
  }
  if (key instanceof Undefined) return Undefined;
  if (Array.isArray(key) || key instanceof Dict) throw new TemplateError(`unhashable type: '${typeName(key)}'`);
  return key;
}

export class Dict {
  readonly #entries = new Map<unknown, [Value, Value]>();

  get size(): number {
    return this.#entries.size;
  }

  get(key: Value): Value | undefined {
    return this.#entries.get(hash(key))?.[1];
  }

  has(key: Value): boolean {
    return this.#entries.has(hash(key));
  }

  set(key: Value, value: Value): void {
    const hashed = hash(key);
    const entry = this.#entries.get(hashed);
    if (entry) entry[1] = value;
    else this.#entries.set(hashed, [key, value]);
  }

  entries(): IterableIterator<[Value, Value]> {
    return this.#entries.values();
  }

  keys(): Value[] {
    return [...this.#entries.values()].map((entry) => entry[0]);
  }

  values(): Value[] {
    return [...this.#entries.values()].map((entry) => entry[1]);
  }

  items(): Tuple[] {
    return [...this.#entries.values()].map((entry) => new Tuple(entry));
  }
}

export type Value =
  null | boolean | number | bigint | Float | Str | Value[] | Tuple | Dict | Range | View | Iterator | Undefined | Thing;

export const isInteger = (value: Value): value is number | bigint | boolean =>
  typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean';

export const isNumber = (value: Value): value is number | bigint | boolean | Float =>
  isInteger(value) || value instanceof Float;

/** A list, a tuple, a view: what has a length and an order besides strings. */
export function sequence(value: Value): readonly Value[] | undefined {
  if (Array.isArray(value)) return value;
  if (value instanceof Tuple || value instanceof View) return value.items;
  return undefined;
}

/** None is a value: `??` would take it for a missing one. */
export const orElse = (value: Value | undefined, fallback: Value): Value => (value === undefined ? fallback : value);

/** The name of the type in Python. */
export function typeName(value: Value): string {
  if (value === null) return 'NoneType';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number' || typeof value === 'bigint') return 'int';
  if (isStr(value)) return 'str';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Float) return 'float';
  if (value instanceof Tuple) return 'tuple';
  if (value instanceof Dict) return 'dict';
  if (value instanceof Range) return 'range';
  if (value instanceof View) return `dict_${value.kind}`;
  if (value instanceof Iterator) return 'generator';
  if (value instanceof Undefined) return 'Undefined';
  return value.type;
}

export function truthy(value: Value): boolean {
  if (value === null) return false;
  if (typeof value === 'object') {
    if (value instanceof Text) return true;
    if (value instanceof Dict) return value.size > 0;
    if (value instanceof Float) return value.value !== 0;
    if (value instanceof Range) return value.length > 0;
    if (value instanceof Undefined) return false;
    const items = sequence(value);
    return items ? items.length > 0 : true;
  }
  return Boolean(value);
}

/** The plain string of a value that must be one. */
export function rawText(value: Value, what: string): string {
  if (isStr(value)) return raw(value);
  throw new TemplateError(`${what} must be str, not ${typeName(value)}`);
}

/** The number of a value that must be an integer of ordinary size. */
export function integer(value: Value, what: string): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'bigint') return value < 0n ? -Infinity : Infinity;
  throw new TemplateError(`${what} must be an integer, not ${typeName(value)}`);
}
