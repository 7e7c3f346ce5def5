import type { Budget } from './budget';
import { FILTERS } from './filters';
import { bind } from './arguments';
import { globalsOf } from './globals';
import { attributeOf, itemOf } from './lookup';
import { arithmetic, compareBy, iterate, join, sign, sliceOf } from './operators';
import { str } from './python';
import type { Runtime } from './runtime';
import { Scope } from './scope';
import type { CallArguments, Expression } from './syntax';
import { TESTS } from './tests';
import type { Str } from './text';
import {
  type Arguments,
  Callable,
  Dict,
  orElse,
  rawText,
  TemplateError,
  truthy,
  Tuple,
  typeName,
  Undefined,
  type Value,
} from './values';

const NO_ARGUMENTS: CallArguments = { positional: [], named: [] };

/** Computes expressions. Each node is a step of the budget. */
export class Evaluator implements Runtime {
  readonly #globals: ReadonlyMap<string, Value>;

  constructor(
    readonly budget: Budget,
    readonly now: Date,
  ) {
    this.#globals = globalsOf(this);
  }

  evaluate(expression: Expression, scope: Scope): Value {
    this.budget.step();
    switch (expression.kind) {
      case 'constant':
        return expression.value;
      case 'name':
        return this.#named(expression.name, scope);
      default: {
        this.budget.enter();
        const value = this.#compound(expression, scope);
        this.budget.leave();
        return value;
      }
    }
  }

  #named(name: string, scope: Scope): Value {
    const value = scope.get(name);
    return value === undefined ? orElse(this.#globals.get(name), new Undefined(`'${name}' is undefined`)) : value;
  }

  #compound(expression: Exclude<Expression, { kind: 'constant' | 'name' }>, scope: Scope): Value {
    switch (expression.kind) {
      case 'attribute':
        return attributeOf(this.evaluate(expression.object, scope), expression.name, this);
      case 'item':
        return itemOf(this.evaluate(expression.object, scope), this.evaluate(expression.index, scope), this);
      case 'compare':
        return this.#compare(expression, scope);
      case 'and':
      case 'or':
        return this.#logic(expression, scope);
      case 'not':
        return !truthy(this.evaluate(expression.operand, scope));
      case 'condition':
        return this.#condition(expression, scope);
      case 'arithmetic': {
        let value = this.evaluate(expression.first, scope);
        for (const { operator, operand } of expression.rest) {
          value = arithmetic(operator, value, this.evaluate(operand, scope), this.budget);
        }
        return value;
      }
      case 'concat': {
        let text: Str = '';
        for (const part of expression.parts)
          text = join(text, str(this.evaluate(part, scope), this.budget), this.budget);
        return text;
      }
      case 'sign':
        return sign(expression.operator, this.evaluate(expression.operand, scope));
      case 'list':
      case 'tuple': {
        this.budget.list(expression.items.length);
        const items = expression.items.map((item) => this.evaluate(item, scope));
        return expression.kind === 'list' ? items : new Tuple(items);
      }
      case 'dict': {
        this.budget.list(expression.pairs.length * 3);
        const dict = new Dict();
        for (const [key, value] of expression.pairs) dict.set(this.evaluate(key, scope), this.evaluate(value, scope));
        return dict;
      }
      case 'slice': {
        const { object, start, stop, step } = expression;
        const value = this.evaluate(object, scope);
        return sliceOf(
          value,
          [start, stop, step].map((bound) => bound && this.evaluate(bound, scope)),
          this.budget,
        );
      }
      case 'call':
        return this.call(this.evaluate(expression.callee, scope), this.args(expression.args, scope));
      case 'filter':
        return this.filter(expression.name, this.evaluate(expression.object, scope), this.args(expression.args, scope));
      case 'test':
        return this.test(expression.name, this.evaluate(expression.object, scope), this.args(expression.args, scope));
    }
  }

  #compare({ first, rest }: Expression & { kind: 'compare' }, scope: Scope): boolean {
    let left = this.evaluate(first, scope);
    for (const { operator, operand } of rest) {
      const right = this.evaluate(operand, scope);
      if (!compareBy(operator, left, right, this.budget)) return false;
      left = right;
    }
    return true;
  }

  #logic({ kind, terms }: Expression & { kind: 'and' | 'or' }, scope: Scope): Value {
    let value: Value = null;
    for (const term of terms) {
      value = this.evaluate(term, scope);
      if (truthy(value) === (kind === 'or')) break;
    }
    return value;
  }

  #condition({ test, then, otherwise }: Expression & { kind: 'condition' }, scope: Scope): Value {
    if (truthy(this.evaluate(test, scope))) return this.evaluate(then, scope);
    if (otherwise) return this.evaluate(otherwise, scope);
    return new Undefined('the inline if-expression evaluated to false and no else section was defined.');
  }

  args({ positional, named, rest, keywords }: CallArguments = NO_ARGUMENTS, scope: Scope): Arguments {
    const args: Arguments = { positional: positional.map((value) => this.evaluate(value, scope)), named: new Map() };
    for (const [name, value] of named) args.named.set(name, this.evaluate(value, scope));
    if (rest) args.positional.push(...iterate(this.evaluate(rest, scope), this.budget));
    if (keywords) {
      const all = this.evaluate(keywords, scope);
      if (!(all instanceof Dict)) throw new TemplateError('argument after ** must be a mapping');
      for (const [name, value] of all.entries()) args.named.set(rawText(name, 'keywords'), value);
    }
    return args;
  }

  call(callee: Value, args: Arguments): Value {
    if (callee instanceof Callable) return callee.call(args);
    if (callee instanceof Undefined) throw new TemplateError(callee.message);
    throw new TemplateError(`'${typeName(callee)}' object is not callable`);
  }

  filter(name: string, value: Value, args: Arguments): Value {
    this.budget.step();
    if (!Object.hasOwn(FILTERS, name)) throw new TemplateError(`No filter named '${name}'.`);
    const { parameters, open, run } = FILTERS[name]!;
    return open ? open(value, args, this) : run!(value, bind(name, parameters, args), this);
  }

  test(name: string, value: Value, { positional, named }: Arguments): boolean {
    this.budget.step();
    if (!Object.hasOwn(TESTS, name)) throw new TemplateError(`No test named '${name}'.`);
    return TESTS[name]!(value, [...positional, ...named.values()], this);
  }

  attribute(value: Value, name: string): Value {
    return attributeOf(value, name, this);
  }

  item(value: Value, key: Value): Value {
    return itemOf(value, key, this);
  }
}
