import { MAX_LINKS, MAX_NESTING, overLimit } from './budget';
import type { Token, TokenType } from './lexer';
import type { ArithmeticOperator, CallArguments, CompareOperator, Expression, FilterCall } from './syntax';
import { Float, TemplateError } from './values';

const COMPARISONS = new Set(['==', '!=', '<', '<=', '>', '>=']);
const SUM = new Set(['+', '-']);
const PRODUCT = new Set(['*', '/', '//', '%']);
const POWER = new Set(['**']);

/** The expressions of Jinja 3.1, by recursive descent: one method a precedence. */
export class ExpressionParser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;
  /** Loops around the current token, within its macro. */
  protected loops = 0;
  /** For each macro around the current token: which of its special variables it reads. */
  protected readonly reads: Set<string>[] = [];

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  protected get token(): Token {
    return this.#tokens[this.#at]!;
  }

  protected next(): Token {
    return this.#tokens[this.#at++]!;
  }

  protected is(type: TokenType, value?: string): boolean {
    const { token } = this;
    return token.type === type && (value === undefined || token.value === value);
  }

  protected skip(type: TokenType, value: string): boolean {
    if (!this.is(type, value)) return false;
    this.#at++;
    return true;
  }

  protected expect(type: TokenType, value?: string): Token {
    if (this.is(type, value)) return this.next();
    throw this.fail(`expected ${value === undefined ? spell(type) : `'${value}'`}, got ${this.#told()}`);
  }

  protected name(): string {
    return this.expect('name').value;
  }

  protected fail(message: string): TemplateError {
    return new TemplateError(message, this.token.line);
  }

  protected unexpected(): TemplateError {
    return this.fail(`unexpected ${this.#told()}`);
  }

  #told(): string {
    const { type, value } = this.token;
    return value === '' ? spell(type) : `'${value}'`;
  }

  protected nested<T>(parse: () => T): T {
    if (++this.#depth > MAX_NESTING)
      throw overLimit(`nests deeper than ${MAX_NESTING} levels, line ${this.token.line}`);
    const result = parse();
    this.#depth--;
    return result;
  }

  /** One expression, or several with commas: a tuple. */
  protected tuple(conditions = true, ends: readonly string[] = [], inBrackets = false): Expression {
    const items: Expression[] = [];
    let comma = false;
    while (!this.#endsTuple(ends)) {
      items.push(conditions ? this.expression() : this.nested(() => this.#or()));
      if (!this.skip('operator', ',')) break;
      comma = true;
    }
    if (comma || (!items.length && inBrackets)) return { kind: 'tuple', items };
    if (!items.length) throw this.fail(`Expected an expression, got ${this.#told()}`);
    return items[0]!;
  }

  #endsTuple(ends: readonly string[]): boolean {
    const { type, value } = this.token;
    if (type === 'variableEnd' || type === 'blockEnd') return true;
    return type === 'operator' ? value === ')' : type === 'name' && ends.includes(value);
  }

  protected expression(): Expression {
    return this.nested(() => {
      let expression = this.#or();
      for (let links = 0; this.skip('name', 'if'); links++) {
        if (links > MAX_NESTING) throw overLimit(`nests deeper than ${MAX_NESTING} levels, line ${this.token.line}`);
        const test = this.#or();
        const otherwise = this.skip('name', 'else') ? this.expression() : undefined;
        expression = { kind: 'condition', test, then: expression, otherwise };
      }
      return expression;
    });
  }

  #or(): Expression {
    const terms = [this.#and()];
    while (this.skip('name', 'or')) terms.push(this.#and());
    return terms.length > 1 ? { kind: 'or', terms } : terms[0]!;
  }

  #and(): Expression {
    const terms = [this.#not()];
    while (this.skip('name', 'and')) terms.push(this.#not());
    return terms.length > 1 ? { kind: 'and', terms } : terms[0]!;
  }

  #not(): Expression {
    if (this.skip('name', 'not')) return this.nested(() => ({ kind: 'not', operand: this.#not() }));
    return this.#compare();
  }

  #compare(): Expression {
    const first = this.#sum();
    const rest: { operator: CompareOperator; operand: Expression }[] = [];
    for (;;) {
      const { type, value } = this.token;
      if (type === 'operator' && COMPARISONS.has(value)) {
        this.next();
        rest.push({ operator: value as CompareOperator, operand: this.#sum() });
      } else if (this.skip('name', 'in')) {
        rest.push({ operator: 'in', operand: this.#sum() });
      } else if (this.is('name', 'not') && this.#tokens[this.#at + 1]?.value === 'in') {
        this.#at += 2;
        rest.push({ operator: 'not in', operand: this.#sum() });
      } else {
        return rest.length ? { kind: 'compare', first, rest } : first;
      }
    }
  }

  #sum(): Expression {
    return this.#arithmetic(SUM, () => this.#concat());
  }

  #concat(): Expression {
    const parts = [this.#product()];
    while (this.skip('operator', '~')) parts.push(this.#product());
    return parts.length > 1 ? { kind: 'concat', parts } : parts[0]!;
  }

  #product(): Expression {
    return this.#arithmetic(PRODUCT, () => this.#arithmetic(POWER, () => this.#unary(true)));
  }

  #arithmetic(operators: ReadonlySet<string>, operand: () => Expression): Expression {
    const first = operand();
    if (this.token.type !== 'operator' || !operators.has(this.token.value)) return first;
    const rest: { operator: ArithmeticOperator; operand: Expression }[] = [];
    while (this.token.type === 'operator' && operators.has(this.token.value)) {
      rest.push({ operator: this.next().value as ArithmeticOperator, operand: operand() });
    }
    return { kind: 'arithmetic', first, rest };
  }

  #unary(filters: boolean): Expression {
    const { type, value } = this.token;
    let expression: Expression;
    if (type === 'operator' && (value === '-' || value === '+')) {
      this.next();
      expression = this.nested(() => ({ kind: 'sign', operator: value, operand: this.#unary(false) }));
    } else {
      expression = this.#primary();
    }
    return this.#links(expression, filters);
  }

  /** Attributes, items, calls; filters and tests too unless a sign stands before. */
  #links(expression: Expression, filters: boolean): Expression {
    for (let links = 0; ; links++) {
      if (links > MAX_LINKS) throw overLimit(`has more than ${MAX_LINKS} links in one chain, line ${this.token.line}`);
      const { line } = this.token;
      if (this.skip('operator', '.')) {
        const token = this.next();
        if (token.type === 'name') expression = { kind: 'attribute', object: expression, name: token.value, line };
        else if (token.type === 'integer') {
          expression = {
            kind: 'item',
            object: expression,
            index: { kind: 'constant', value: Number(token.value) },
            line,
          };
        } else throw this.fail('expected name or number');
      } else if (this.skip('operator', '[')) {
        expression = this.#subscript(expression, line);
      } else if (this.is('operator', '(')) {
        expression = { kind: 'call', callee: expression, args: this.#callArguments(), line };
      } else if (filters && this.is('operator', '|')) {
        this.next();
        expression = { kind: 'filter', object: expression, ...this.#filter(), line };
      } else if (filters && this.skip('name', 'is')) {
        expression = this.#test(expression, line);
      } else {
        return expression;
      }
    }
  }

  #primary(): Expression {
    const token = this.next();
    switch (token.type) {
      case 'name':
        return this.#named(token);
      case 'string': {
        let { value } = token;
        while (this.token.type === 'string') value += this.next().value;
        return { kind: 'constant', value };
      }
      case 'integer':
        return { kind: 'constant', value: integerOf(token.value.replaceAll('_', '')) };
      case 'float':
        return { kind: 'constant', value: new Float(Number(token.value.replaceAll('_', ''))) };
      case 'operator':
        return this.nested(() => this.#bracketed(token.value));
      default:
        this.#at--;
        throw this.unexpected();
    }
  }

  #named({ value: name, line }: Token): Expression {
    if (name === 'true' || name === 'True') return { kind: 'constant', value: true };
    if (name === 'false' || name === 'False') return { kind: 'constant', value: false };
    if (name === 'none' || name === 'None') return { kind: 'constant', value: null };
    if (name === 'varargs' || name === 'kwargs' || name === 'caller') for (const reads of this.reads) reads.add(name);
    return { kind: 'name', name, line };
  }

  #bracketed(bracket: string): Expression {
    if (bracket === '(') {
      const expression = this.tuple(true, [], true);
      this.expect('operator', ')');
      return expression;
    }
    if (bracket === '[') return { kind: 'list', items: this.#elements(']', () => this.expression()) };
    if (bracket === '{') {
      const pairs = this.#elements('}', (): [Expression, Expression] => {
        const key = this.expression();
        this.expect('operator', ':');
        return [key, this.expression()];
      });
      return { kind: 'dict', pairs };
    }
    this.#at--;
    throw this.unexpected();
  }

  #elements<T>(end: string, element: () => T): T[] {
    const items: T[] = [];
    while (!this.skip('operator', end)) {
      if (items.length) {
        this.expect('operator', ',');
        if (this.skip('operator', end)) break;
      }
      items.push(element());
    }
    return items;
  }

  #subscript(object: Expression, line: number): Expression {
    const items = [this.#index()];
    let comma = false;
    while (this.skip('operator', ',')) {
      comma = true;
      if (this.is('operator', ']')) break;
      items.push(this.#index());
    }
    this.expect('operator', ']');
    if (!comma) {
      const [only] = items;
      return 'kind' in only! ? { kind: 'item', object, index: only, line } : { kind: 'slice', object, ...only, line };
    }
    if (!items.every((item) => 'kind' in item)) throw this.fail('slices in several dimensions');
    return { kind: 'item', object, index: { kind: 'tuple', items }, line };
  }

  #index(): Expression | { start?: Expression; stop?: Expression; step?: Expression } {
    const start = this.is('operator', ':') ? undefined : this.expression();
    if (!this.is('operator', ':')) return start!;
    const bound = () => {
      const present = this.skip('operator', ':') && !this.is('operator', ':') && !this.is('operator', ']');
      return present && !this.is('operator', ',') ? this.expression() : undefined;
    };
    const stop = bound();
    const step = bound();
    return { ...(start && { start }), ...(stop && { stop }), ...(step && { step }) };
  }

  #callArguments(): CallArguments {
    const args: CallArguments = { positional: [], named: [] };
    this.expect('operator', '(');
    this.nested(() => {
      let first = true;
      while (!this.is('operator', ')')) {
        if (!first) this.expect('operator', ',');
        first = false;
        if (this.is('operator', ')')) break;
        this.#argument(args);
      }
    });
    this.next();
    return args;
  }

  #argument(args: CallArguments): void {
    const isName = this.token.type === 'name' && this.#tokens[this.#at + 1]?.value === '=';
    if (this.skip('operator', '*')) args.rest = this.expression();
    else if (this.skip('operator', '**')) args.keywords = this.expression();
    else if (isName && this.#tokens[this.#at + 1]?.type === 'operator') {
      const name = this.name();
      this.next();
      args.named.push([name, this.expression()]);
    } else {
      if (args.named.length || args.keywords) throw this.fail('invalid syntax for function call expression');
      args.positional.push(this.expression());
    }
  }

  /** `name|name(...)`, or, if the first is not to be skipped, `|name|name(...)`. */
  protected filters(first: boolean): FilterCall[] {
    const filters: FilterCall[] = first ? [this.#filter()] : [];
    while (this.skip('operator', '|')) filters.push(this.#filter());
    return filters;
  }

  #filter(): FilterCall {
    const name = this.#dottedName();
    return { name, args: this.is('operator', '(') ? this.#callArguments() : { positional: [], named: [] } };
  }

  #dottedName(): string {
    let name = this.name();
    while (this.skip('operator', '.')) name += `.${this.name()}`;
    return name;
  }

  #test(object: Expression, line: number): Expression {
    const negated = this.skip('name', 'not');
    const name = this.#dottedName();
    let args: CallArguments = { positional: [], named: [] };
    if (this.is('operator', '(')) args = this.#callArguments();
    else if (this.#startsOperand()) args.positional.push(this.nested(() => this.#links(this.#primary(), false)));
    const test: Expression = { kind: 'test', object, name, args, line };
    return negated ? { kind: 'not', operand: test } : test;
  }

  #startsOperand(): boolean {
    const { type, value } = this.token;
    if (type === 'operator') return value === '[' || value === '{';
    if (type === 'name') {
      if (value === 'is') throw this.fail('You cannot chain multiple tests with is');
      return value !== 'else' && value !== 'or' && value !== 'and';
    }
    return type === 'string' || type === 'integer' || type === 'float';
  }
}

function integerOf(digits: string): number | bigint {
  const value = Number(digits);
  return Number.isSafeInteger(value) ? value : BigInt(digits);
}

function spell(type: TokenType): string {
  const words: Partial<Record<TokenType, string>> = {
    blockEnd: "'%}'",
    blockBegin: "'{%'",
    variableEnd: "'}}'",
    variableBegin: "'{{'",
    end: 'end of template',
    data: 'text',
  };
  return words[type] ?? type;
}
