import type { Budget } from './budget';
import { equal } from './operators';
import { type Arguments, Callable, orElse, TemplateError, Undefined, type Value } from './values';

/** The variable `loop` inside a `for`; a recursive loop calls it with what is to be looped over one level deeper. */
export class Loop extends Callable {
  override readonly type = 'LoopContext';
  index = 0;
  #changed: readonly Value[] | undefined;

  constructor(
    readonly items: readonly Value[],
    readonly depth: number,
    readonly budget: Budget,
    recurse: ((over: Value, depth: number) => Value) | undefined,
  ) {
    super('loop', ({ positional: [over] }) => {
      if (!recurse) throw new TemplateError("The loop must have the 'recursive' marker to be called recursively.");
      return recurse(over ?? null, depth + 1);
    });
  }

  override attribute(name: string): Value | undefined {
    const { items, index } = this;
    switch (name) {
      case 'index':
        return index + 1;
      case 'index0':
        return index;
      case 'revindex':
        return items.length - index;
      case 'revindex0':
        return items.length - index - 1;
      case 'first':
        return index === 0;
      case 'last':
        return index === items.length - 1;
      case 'length':
        return items.length;
      case 'depth':
        return this.depth + 1;
      case 'depth0':
        return this.depth;
      case 'previtem':
        return orElse(items[index - 1], new Undefined('there is no previous item'));
      case 'nextitem':
        return orElse(items[index + 1], new Undefined('there is no next item'));
      case 'cycle':
        return new Callable('cycle', ({ positional }: Arguments) => {
          if (!positional.length) throw new TemplateError('no items for cycling given');
          return positional[index % positional.length]!;
        });
      case 'changed':
        return new Callable('changed', ({ positional }: Arguments) => this.#hasChanged(positional));
      default:
        return undefined;
    }
  }

  #hasChanged(values: readonly Value[]): boolean {
    const before = this.#changed;
    const same = before?.length === values.length && values.every((value, i) => equal(value, before[i]!, this.budget));
    this.#changed = values;
    return !same;
  }

  override describe(): string {
    return `<LoopContext ${this.index + 1}/${this.items.length}>`;
  }
}
