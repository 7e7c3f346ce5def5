import { ExpressionParser } from './expressions';
import { tokenize } from './lexer';
import type { FilterCall, MacroSyntax, Parameter, Statement, Target } from './syntax';

/** The tree of a template. Throws TemplateError where it can't be read, and E_LIMIT where it is too long or nests too deep. */
export function parse(template: string): Statement[] {
  return new Parser(tokenize(template)).template();
}

/** The statements of Jinja 3.1, its loop controls, and `generation` of transformers. */
class Parser extends ExpressionParser {
  /** The names of blocks that have begun, for the message about one that does not end. */
  readonly #open: string[] = [];

  template(): Statement[] {
    const body = this.#statements([]);
    if (this.token.type !== 'end') throw this.unexpected();
    return body;
  }

  /** Up to a block that begins with one of `ends`, whose name is then the current token. */
  #statements(ends: readonly string[]): Statement[] {
    return this.nested(() => {
      const body: Statement[] = [];
      for (;;) {
        const { type, value, line } = this.token;
        if (type === 'data') {
          body.push({ kind: 'text', text: value });
          this.next();
        } else if (type === 'variableBegin') {
          this.next();
          body.push({ kind: 'output', value: this.tuple(), line });
          this.expect('variableEnd');
        } else if (type === 'blockBegin') {
          this.next();
          if (this.token.type === 'name' && ends.includes(this.token.value)) return body;
          body.push(this.#statement());
          this.expect('blockEnd');
        } else {
          if (!ends.length) return body;
          throw this.fail(
            `unexpected end of template: '${this.#open.at(-1)}' needs ${ends.map((end) => `'${end}'`).join(' or ')}`,
          );
        }
      }
    });
  }

  /** The body of a block and its last tag but `%}`. */
  #body(name: string): Statement[] {
    this.expect('blockEnd');
    this.#open.push(name);
    const body = this.#statements([`end${name}`]);
    this.#open.pop();
    this.next();
    return body;
  }

  #statement(): Statement {
    const { value: name, line, type } = this.token;
    if (type !== 'name') throw this.fail('tag name expected');
    this.next();
    switch (name) {
      case 'if':
        return this.#if(line);
      case 'for':
        return this.#for(line);
      case 'set':
        return this.#set(line);
      case 'macro':
        return this.#macro(line);
      case 'call':
        return this.#call(line);
      case 'filter':
        return { kind: 'filterBlock', filters: this.filters(true), body: this.#body('filter'), line };
      case 'with':
        return this.#with(line);
      case 'generation':
        return { kind: 'scope', body: this.#body('generation'), line };
      case 'autoescape':
        this.expression();
        return { kind: 'scope', body: this.#body('autoescape'), line };
      case 'block':
        return this.#block(line);
      case 'break':
      case 'continue':
        if (!this.loops) throw this.fail(`'${name}' outside loop`);
        return { kind: name };
      case 'include':
      case 'import':
      case 'from':
      case 'extends':
        throw this.fail(`'${name}' needs other templates, and a chat template has none`);
      default:
        throw this.fail(
          `Encountered unknown tag '${name}'${this.#open.length ? `; the innermost open block is '${this.#open.at(-1)}'` : ''}`,
        );
    }
  }

  #if(line: number): Statement {
    const branches = [];
    let otherwise: Statement[] = [];
    this.#open.push('if');
    for (;;) {
      const test = this.tuple(false);
      this.expect('blockEnd');
      branches.push({ test, body: this.#statements(['elif', 'else', 'endif']) });
      if (this.skip('name', 'elif')) continue;
      if (this.skip('name', 'else')) {
        this.expect('blockEnd');
        otherwise = this.#statements(['endif']);
      }
      break;
    }
    this.#open.pop();
    this.next();
    return { kind: 'if', branches, otherwise, line };
  }

  #for(line: number): Statement {
    const target = this.#target('in');
    this.expect('name', 'in');
    const over = this.tuple(false, ['recursive']);
    const filter = this.skip('name', 'if') ? this.expression() : undefined;
    const recursive = this.skip('name', 'recursive');
    this.expect('blockEnd');
    this.#open.push('for');
    this.loops++;
    const body = this.#statements(['endfor', 'else']);
    this.loops--;
    let otherwise: Statement[] = [];
    if (this.skip('name', 'else')) {
      this.expect('blockEnd');
      otherwise = this.#statements(['endfor']);
    }
    this.#open.pop();
    this.next();
    return { kind: 'for', target, over, filter, recursive, body, otherwise, line };
  }

  #set(line: number): Statement {
    const target = this.#target();
    if (this.skip('operator', '=')) return { kind: 'set', target, value: this.tuple(), line };
    const filters: FilterCall[] = this.is('operator', '|') ? this.filters(false) : [];
    return { kind: 'setBlock', target, filters, body: this.#body('set'), line };
  }

  #macro(line: number): Statement {
    const name = this.name();
    return { kind: 'macro', macro: this.#definition(name, 'macro', this.#parameters()), line };
  }

  #call(line: number): Statement {
    const parameters = this.is('operator', '(') ? this.#parameters() : [];
    const call = this.expression();
    if (call.kind !== 'call') throw this.fail('expected call');
    return { kind: 'callBlock', call, macro: this.#definition('caller', 'call', parameters), line };
  }

  #definition(name: string, block: string, parameters: Parameter[]): MacroSyntax {
    const reads = new Set<string>();
    this.reads.push(reads);
    const { loops } = this;
    this.loops = 0;
    const body = this.#body(block);
    this.loops = loops;
    this.reads.pop();
    return { name, parameters, body, reads };
  }

  #parameters(): Parameter[] {
    const parameters: Parameter[] = [];
    this.expect('operator', '(');
    while (!this.is('operator', ')')) {
      if (parameters.length) this.expect('operator', ',');
      const name = this.name();
      const fallback = this.skip('operator', '=') ? this.expression() : undefined;
      if (!fallback && parameters.at(-1)?.fallback) throw this.fail('non-default argument follows default argument');
      parameters.push({ name, fallback });
    }
    this.next();
    return parameters;
  }

  #with(line: number): Statement {
    const targets: Target[] = [];
    const values = [];
    while (this.token.type !== 'blockEnd') {
      if (targets.length) this.expect('operator', ',');
      targets.push(this.#oneTarget());
      this.expect('operator', '=');
      values.push(this.expression());
    }
    return { kind: 'with', targets, values, body: this.#body('with'), line };
  }

  #block(line: number): Statement {
    const name = this.name();
    while (this.skip('name', 'scoped') || this.skip('name', 'required'));
    this.expect('blockEnd');
    this.#open.push('block');
    const body = this.#statements(['endblock']);
    this.#open.pop();
    this.next();
    this.skip('name', name);
    return { kind: 'scope', body, line };
  }

  /** What a value is assigned to: a name, `namespace.field`, or several. */
  #target(end?: string): Target {
    const items = [this.#oneTarget()];
    let many = false;
    while (this.skip('operator', ',')) {
      many = true;
      if (this.is('operator', '=') || this.token.type === 'blockEnd' || (end && this.is('name', end))) break;
      items.push(this.#oneTarget());
    }
    return many ? { kind: 'targets', items } : items[0]!;
  }

  #oneTarget(): Target {
    if (this.skip('operator', '(')) {
      const target = this.nested(() => this.#target());
      this.expect('operator', ')');
      return target;
    }
    const name = this.name();
    if (this.skip('operator', '.')) return { kind: 'field', namespace: name, field: this.name() };
    if (/^(true|false|none|True|False|None)$/.test(name)) throw this.fail(`can't assign to '${name}'`);
    return { kind: 'name', name };
  }
}
