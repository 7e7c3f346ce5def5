import { MAX_TEMPLATE_LENGTH, overLimit } from './budget';
import { isSpace, strip } from './text';
import { TemplateError } from './values';

export type TokenType =
  | 'data'
  | 'variableBegin'
  | 'variableEnd'
  | 'blockBegin'
  | 'blockEnd'
  | 'name'
  | 'string'
  | 'integer'
  | 'float'
  | 'operator'
  | 'end';

export interface Token {
  type: TokenType;
  value: string;
  line: number;
}

const NAME = /[\p{ID_Start}_][\p{ID_Continue}]*/uy;
const FLOAT = /(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?[eE][+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/y;
const INTEGER = /0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[\da-fA-F])+|[1-9](?:_?\d)*|0(?:_?0)*/y;
const OPERATOR = /\*\*|\/\/|==|!=|>=|<=|[-+*/%~[\](){}<>=.:|,;]/y;
const RAW_BEGIN = /\{%([-+]?)\s*raw\s*(?:-%\}\s*|%\})/y;
const RAW_END = /\{%([-+]?)\s*endraw\s*(?:\+%\}|-%\}\s*|%\}\n?)/g;
const COMMENT_END = /\+#\}|-#\}\s*|#\}\n?/g;
const BLOCK_END = /\+%\}|-%\}\s*|%\}\n?/y;
const VARIABLE_END = /-\}\}\s*|\}\}/y;
const CLOSING: Record<string, string> = { '(': ')', '[': ']', '{': '}' };

/**
 * The tokens of a template, with Jinja's `trim_blocks` and `lstrip_blocks`: a line end right after a block is dropped, and so is white
 * space between the beginning of a line and a block.
 */
export function tokenize(template: string): Token[] {
  if (template.length > MAX_TEMPLATE_LENGTH) {
    throw overLimit(`has ${template.length} characters; the most is ${MAX_TEMPLATE_LENGTH}`);
  }
  return new Lexer(template).run();
}

class Lexer {
  readonly #source: string;
  readonly #tokens: Token[] = [];
  #at = 0;
  #line = 1;
  #counted = 0;
  /** Whether what was read last ended a line. */
  #lineStarts = true;

  constructor(template: string) {
    const source = template.replace(/\r\n?/g, '\n');
    this.#source = source.endsWith('\n') ? source.slice(0, -1) : source;
  }

  run(): Token[] {
    const source = this.#source;
    while (this.#at < source.length) {
      const begin = this.#nextTag();
      if (begin < 0) {
        this.#push('data', source.slice(this.#at));
        this.#at = source.length;
        break;
      }
      const mark = source[begin + 1];
      RAW_BEGIN.lastIndex = begin;
      const rawBegin = mark === '%' ? RAW_BEGIN.exec(source) : null;
      const sign = rawBegin ? rawBegin[1] : /[-+]/.test(source[begin + 2] ?? '') ? source[begin + 2] : '';
      this.#data(source.slice(this.#at, begin), sign, mark !== '{');
      if (rawBegin) this.#raw(begin + rawBegin[0].length);
      else if (mark === '#') this.#comment(begin + 2 + sign!.length);
      else this.#tag(begin + 2 + sign!.length, mark === '%');
    }
    this.#push('end', '');
    return this.#tokens;
  }

  #nextTag(): number {
    for (let at = this.#source.indexOf('{', this.#at); at >= 0; at = this.#source.indexOf('{', at + 1)) {
      const next = this.#source[at + 1];
      if (next === '{' || next === '%' || next === '#') return at;
    }
    return -1;
  }

  /** Text before a tag. */
  #data(text: string, sign: string | undefined, strips: boolean): void {
    if (sign === '-') {
      text = strip(text, undefined, false, true) as string;
    } else if (sign !== '+' && strips) {
      const line = text.lastIndexOf('\n') + 1;
      if (line > 0 || this.#lineStarts) {
        let end = text.length;
        while (end > line && isSpace(text.charCodeAt(end - 1))) end--;
        if (end === line) text = text.slice(0, line);
      }
    }
    if (text !== '') this.#push('data', text);
  }

  #raw(begin: number): void {
    RAW_END.lastIndex = begin;
    const end = RAW_END.exec(this.#source);
    if (!end) throw new TemplateError('Missing end of raw directive', this.#lineAt(begin));
    this.#lineStarts = this.#source[begin - 1] === '\n';
    this.#data(this.#source.slice(begin, end.index), end[1], true);
    this.#move(end.index + end[0].length);
  }

  #comment(begin: number): void {
    COMMENT_END.lastIndex = begin;
    const end = COMMENT_END.exec(this.#source);
    if (!end) throw new TemplateError('Missing end of comment tag', this.#lineAt(begin));
    this.#move(end.index + end[0].length);
  }

  #tag(begin: number, block: boolean): void {
    const source = this.#source;
    this.#at = begin;
    this.#push(block ? 'blockBegin' : 'variableBegin', '');
    const open: string[] = [];
    const end = block ? BLOCK_END : VARIABLE_END;
    for (;;) {
      while (this.#at < source.length && isSpace(source.charCodeAt(this.#at))) this.#at++;
      if (this.#at >= source.length) {
        throw new TemplateError(`unexpected end of template, expected '${block ? '%}' : '}}'}'`, this.#lineAt(begin));
      }
      end.lastIndex = this.#at;
      const match = open.length ? null : end.exec(source);
      if (match) {
        this.#push(block ? 'blockEnd' : 'variableEnd', '');
        this.#move(this.#at + match[0].length);
        return;
      }
      this.#expressionToken(open);
    }
  }

  #expressionToken(open: string[]): void {
    const first = this.#source[this.#at]!;
    if (first === '"' || first === "'") return this.#string(first);
    const digit = first >= '0' && first <= '9';
    const afterDot = this.#tokens.at(-1)?.value === '.' && this.#tokens.at(-1)?.type === 'operator';
    const number = digit ? ((afterDot ? undefined : this.#match(FLOAT)) ?? this.#match(INTEGER)) : undefined;
    if (number !== undefined) {
      return this.#take(!afterDot && /^[\d_]+(\.|[eE])/.test(number) ? 'float' : 'integer', number);
    }
    const name = this.#match(NAME);
    if (name !== undefined) return this.#take('name', name);
    const operator = this.#match(OPERATOR);
    if (operator === undefined) {
      throw new TemplateError(`unexpected char ${JSON.stringify(first)}`, this.#lineAt(this.#at));
    }
    if (operator in CLOSING) open.push(CLOSING[operator]!);
    else if (operator === ')' || operator === ']' || operator === '}') {
      const expected = open.pop();
      if (expected !== operator) {
        const told = expected === undefined ? '' : `, expected '${expected}'`;
        throw new TemplateError(`unexpected '${operator}'${told}`, this.#lineAt(this.#at));
      }
    }
    this.#take('operator', operator);
  }

  #string(quote: string): void {
    let end = this.#at + 1;
    while (end < this.#source.length && this.#source[end] !== quote) end += this.#source[end] === '\\' ? 2 : 1;
    if (end >= this.#source.length) {
      throw new TemplateError(
        `unexpected char ${JSON.stringify(quote)}: the string does not end`,
        this.#lineAt(this.#at),
      );
    }
    this.#push('string', unescape(this.#source.slice(this.#at + 1, end)));
    this.#at = end + 1;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#source)?.[0];
  }

  #take(type: TokenType, value: string): void {
    this.#push(type, value);
    this.#at += value.length;
  }

  #move(to: number): void {
    this.#at = to;
    this.#lineStarts = this.#source[to - 1] === '\n';
  }

  #push(type: TokenType, value: string): void {
    this.#tokens.push({ type, value, line: this.#lineAt(this.#at) });
  }

  /** Positions are asked for in ascending order, but for those of errors. */
  #lineAt(position: number): number {
    for (; this.#counted < position && this.#counted < this.#source.length; this.#counted++) {
      if (this.#source.charCodeAt(this.#counted) === 10) this.#line++;
    }
    return this.#line;
  }
}

const ESCAPES: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  v: '\v',
  a: '\x07',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '\n': '',
};

/** Python's escapes; an unknown one stays as it is written. */
function unescape(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3})|([^]))/g,
    (whole, x?: string, u?: string, U?: string, octal?: string, other?: string) => {
      const hex = x ?? u ?? U;
      if (hex !== undefined) {
        const code = parseInt(hex, 16);
        if (code > 0x10ffff) throw new TemplateError(`illegal Unicode character ${whole}`);
        return String.fromCodePoint(code);
      }
      if (octal !== undefined) return String.fromCharCode(parseInt(octal, 8));
      return ESCAPES[other!] ?? whole;
    },
  );
}
