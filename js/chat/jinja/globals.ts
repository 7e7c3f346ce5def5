import { bind, required } from './arguments';
import { MAX_RANGE, overLimit } from './budget';
import { iterate } from './operators';
import { str } from './python';
import type { Runtime } from './runtime';
import { strftime } from './strftime';
import { raw } from './text';
import {
  type Arguments,
  Callable,
  Dict,
  integer,
  Namespace,
  Range,
  rawText,
  sequence,
  TemplateError,
  Thing,
  type Value,
} from './values';

/** Characters that a code of `strftime` may become: `%999d`. */
const MOST_PER_CODE = 256;

function range({ positional, named }: Arguments): Value {
  if (named.size) throw new TemplateError('range() takes no keyword arguments');
  if (positional.length < 1 || positional.length > 3) {
    throw new TemplateError(`range expected 1 to 3 arguments, got ${positional.length}`);
  }
  const [a, b, c] = positional.map((value) => integer(value, 'range() argument')) as [number, number?, number?];
  const [start, stop, step] = b === undefined ? [0, a, 1] : [a, b, c ?? 1];
  if (step === 0) throw new TemplateError('range() arg 3 must not be zero');
  const made = new Range(start, stop, step);
  if (!(made.length <= MAX_RANGE))
    throw overLimit(`asks for a range of ${made.length} numbers; the most is ${MAX_RANGE}`);
  return made;
}

function dict({ positional, named }: Arguments, { budget }: Runtime): Dict {
  const made = new Dict();
  const [first] = positional;
  if (first instanceof Dict) for (const [key, value] of first.entries()) made.set(key, value);
  else if (first !== undefined) {
    for (const pair of iterate(first, budget)) {
      const [key, value] = sequence(pair) ?? [];
      if (key === undefined || value === undefined)
        throw new TemplateError('dictionary update sequence element is no pair');
      made.set(key, value);
    }
  }
  for (const [key, value] of named) made.set(key, value);
  budget.list(made.size * 3);
  return made;
}

function namespace(args: Arguments, runtime: Runtime): Namespace {
  const made = new Namespace();
  for (const [key, value] of dict(args, runtime).entries()) made.fields.set(rawText(key, 'a name'), value);
  return made;
}

/** Gives its items one after the other, again and again. */
class Cycler extends Thing {
  readonly type = 'Cycler';
  #at = 0;

  constructor(readonly items: readonly Value[]) {
    super();
    if (!items.length) throw new TemplateError('at least one item has to be provided');
  }

  override attribute(name: string): Value | undefined {
    switch (name) {
      case 'current':
        return this.items[this.#at];
      case 'next':
        return new Callable('next', () => {
          const item = this.items[this.#at]!;
          this.#at = (this.#at + 1) % this.items.length;
          return item;
        });
      case 'reset':
        return new Callable('reset', () => {
          this.#at = 0;
          return null;
        });
      default:
        return undefined;
    }
  }

  describe(): string {
    return '<Cycler>';
  }
}

/** Nothing at the first call, the separator at every other. */
function joiner(args: Arguments): Value {
  const [separator] = bind('joiner', ['sep'], args);
  let used = false;
  return new Callable('joiner', () => {
    const shown = used ? (separator ?? ', ') : '';
    used = true;
    return shown;
  });
}

/** What a template finds without being given it: Jinja's globals, and the two of transformers. */
export function globalsOf(runtime: Runtime): ReadonlyMap<string, Value> {
  const all: [string, (args: Arguments) => Value][] = [
    ['range', range],
    ['dict', (args) => dict(args, runtime)],
    ['namespace', (args) => namespace(args, runtime)],
    ['cycler', ({ positional }) => new Cycler(positional)],
    ['joiner', joiner],
    [
      'raise_exception',
      (args) => {
        const [message] = bind('raise_exception', ['message'], args);
        throw new TemplateError(raw(str(required('raise_exception', 'message', message), runtime.budget)));
      },
    ],
    [
      'strftime_now',
      (args) => {
        const format = rawText(required('strftime_now', 'format', bind('strftime_now', ['format'], args)[0]), 'format');
        runtime.budget.text(format.length * MOST_PER_CODE);
        return strftime(runtime.now, format);
      },
    ],
  ];
  return new Map(all.map(([name, call]) => [name, new Callable(name, call)]));
}
