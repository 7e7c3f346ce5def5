import { Evaluator } from './evaluator';
import { iterate } from './operators';
import { str } from './python';
import { Loop } from './loop';
import { Scope } from './scope';
import type { FilterCall, ForSyntax, MacroSyntax, Statement, Target } from './syntax';
import { raw, type Str, TextBuilder } from './text';
import {
  type Arguments,
  Callable,
  Dict,
  Namespace,
  orElse,
  TemplateError,
  truthy,
  Tuple,
  Undefined,
  type Value,
} from './values';

/** How a list of statements ended. */
const enum Flow {
  Through,
  Break,
  Continue,
}

/** Executes statements: what they write comes out as text whose every character knows where it is from. */
export class Interpreter extends Evaluator {
  #out = new TextBuilder();

  render(template: readonly Statement[], variables: ReadonlyMap<string, Value>): Str {
    const outer = new Scope();
    for (const [name, value] of variables) outer.set(name, value);
    return this.#captured(() => this.#execute(template, new Scope(outer)));
  }

  #captured(run: () => void): Str {
    const before = this.#out;
    this.#out = new TextBuilder();
    run();
    const text = this.#out.build();
    this.#out = before;
    return text;
  }

  #write(text: Str): void {
    this.budget.write(raw(text).length);
    this.#out.add(text);
  }

  #execute(statements: readonly Statement[], scope: Scope): Flow {
    this.budget.enter();
    let flow = Flow.Through;
    for (const statement of statements) {
      this.budget.step();
      if (statement.kind === 'text') {
        this.#write(statement.text);
        continue;
      }
      try {
        flow = this.#statement(statement, scope);
      } catch (error) {
        if (error instanceof TemplateError && 'line' in statement) error.line ??= statement.line;
        throw error;
      }
      if (flow !== Flow.Through) break;
    }
    this.budget.leave();
    return flow;
  }

  #statement(statement: Exclude<Statement, { kind: 'text' }>, scope: Scope): Flow {
    switch (statement.kind) {
      case 'output':
        this.#write(str(this.evaluate(statement.value, scope), this.budget));
        return Flow.Through;
      case 'if':
        for (const { test, body } of statement.branches) {
          if (truthy(this.evaluate(test, scope))) return this.#execute(body, scope);
        }
        return this.#execute(statement.otherwise, scope);
      case 'for':
        return this.#loop(statement, this.evaluate(statement.over, scope), scope, 0);
      case 'set':
        this.#assign(statement.target, this.evaluate(statement.value, scope), scope);
        return Flow.Through;
      case 'setBlock': {
        const text = this.#captured(() => this.#execute(statement.body, new Scope(scope)));
        this.#assign(statement.target, this.#filtered(text, statement.filters, scope), scope);
        return Flow.Through;
      }
      case 'macro':
        scope.set(statement.macro.name, this.#macro(statement.macro, scope));
        return Flow.Through;
      case 'callBlock': {
        const { call, macro } = statement;
        if (call.kind !== 'call') return Flow.Through;
        const args = this.args(call.args, scope);
        args.named.set('caller', this.#macro(macro, scope));
        this.#write(str(this.call(this.evaluate(call.callee, scope), args), this.budget));
        return Flow.Through;
      }
      case 'filterBlock': {
        const text = this.#captured(() => this.#execute(statement.body, new Scope(scope)));
        this.#write(str(this.#filtered(text, statement.filters, scope), this.budget));
        return Flow.Through;
      }
      case 'with': {
        const inner = new Scope(scope);
        const values = statement.values.map((value) => this.evaluate(value, scope));
        statement.targets.forEach((target, i) => this.#assign(target, values[i]!, inner));
        return this.#execute(statement.body, inner);
      }
      case 'scope':
        return this.#execute(statement.body, new Scope(scope));
      case 'break':
        return Flow.Break;
      case 'continue':
        return Flow.Continue;
    }
  }

  #filtered(text: Value, filters: readonly FilterCall[], scope: Scope): Value {
    return filters.reduce((value, { name, args }) => this.filter(name, value, this.args(args, scope)), text);
  }

  #assign(target: Target, value: Value, scope: Scope): void {
    if (target.kind === 'name') scope.set(target.name, value);
    else if (target.kind === 'field') {
      const namespace = scope.get(target.namespace);
      if (!(namespace instanceof Namespace)) {
        throw new TemplateError(
          namespace === undefined
            ? `'${target.namespace}' is undefined`
            : 'cannot assign attribute on non-namespace object',
        );
      }
      this.budget.list(1);
      namespace.fields.set(target.field, value);
    } else {
      const values = iterate(value, this.budget);
      const { items } = target;
      if (values.length > items.length) throw new TemplateError(`too many values to unpack (expected ${items.length})`);
      if (values.length < items.length) {
        throw new TemplateError(`not enough values to unpack (expected ${items.length}, got ${values.length})`);
      }
      items.forEach((item, i) => this.#assign(item, values[i]!, scope));
    }
  }

  #loop(loop: ForSyntax, over: Value, scope: Scope, depth: number): Flow {
    const { target, filter, recursive, body, otherwise } = loop;
    let items = iterate(over, this.budget);
    if (filter) {
      items = items.filter((item) => {
        const inner = new Scope(scope);
        this.#assign(target, item, inner);
        return truthy(this.evaluate(filter, inner));
      });
      this.budget.list(items.length);
    }
    if (!items.length) return this.#execute(otherwise, new Scope(scope));
    const again = (deeper: Value, level: number) =>
      this.#captured(() => {
        this.budget.enter();
        this.#loop(loop, deeper, scope, level);
        this.budget.leave();
      });
    const context = new Loop(items, depth, this.budget, recursive ? again : undefined);
    for (const [i, item] of items.entries()) {
      this.budget.step();
      context.index = i;
      const inner = new Scope(scope);
      inner.set('loop', context);
      this.#assign(target, item, inner);
      if (this.#execute(body, inner) === Flow.Break) break;
    }
    return Flow.Through;
  }

  #macro(macro: MacroSyntax, scope: Scope): Value {
    return new Macro(macro, (args) => {
      const inner = new Scope(scope);
      this.#bindParameters(macro, args, inner);
      return this.#captured(() => this.#execute(macro.body, inner));
    });
  }

  #bindParameters({ name, parameters, reads }: MacroSyntax, { positional, named }: Arguments, inner: Scope): void {
    const left = new Map(named);
    parameters.forEach((parameter, i) => {
      const byName = left.get(parameter.name);
      left.delete(parameter.name);
      if (byName !== undefined && i < positional.length) {
        throw new TemplateError(`macro '${name}' got multiple values for argument '${parameter.name}'`);
      }
      const given = i < positional.length ? positional[i] : byName;
      if (given !== undefined) inner.set(parameter.name, given);
      else if (parameter.fallback) inner.set(parameter.name, this.evaluate(parameter.fallback, inner));
      else inner.set(parameter.name, new Undefined(`parameter '${parameter.name}' was not provided`));
    });
    if (reads.has('caller') && !parameters.some((parameter) => parameter.name === 'caller')) {
      inner.set('caller', orElse(left.get('caller'), new Undefined('No caller defined')));
      left.delete('caller');
    }
    if (reads.has('kwargs')) {
      const rest = new Dict();
      for (const [key, value] of left) rest.set(key, value);
      inner.set('kwargs', rest);
    } else if (left.size) {
      throw new TemplateError(`macro '${name}' takes no keyword argument '${[...left.keys()][0]}'`);
    }
    const more = positional.slice(parameters.length);
    if (reads.has('varargs')) inner.set('varargs', new Tuple(more));
    else if (more.length) {
      throw new TemplateError(`macro '${name}' takes not more than ${parameters.length} argument(s)`);
    }
  }
}

class Macro extends Callable {
  override readonly type = 'Macro';

  constructor(
    readonly macro: MacroSyntax,
    call: (args: Arguments) => Value,
  ) {
    super(macro.name, call);
  }

  override attribute(name: string): Value | undefined {
    const { parameters, reads } = this.macro;
    switch (name) {
      case 'name':
        return this.macro.name;
      case 'arguments':
        return new Tuple(parameters.map((parameter) => parameter.name));
      case 'catch_kwargs':
        return reads.has('kwargs');
      case 'catch_varargs':
        return reads.has('varargs');
      case 'caller':
        return reads.has('caller');
      default:
        return undefined;
    }
  }

  override describe(): string {
    return `<Macro '${this.macro.name}'>`;
  }
}
