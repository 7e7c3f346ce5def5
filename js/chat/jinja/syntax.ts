import type { Value } from './values';

/** The tree of a template. `line` counts from one. */
export type Expression =
  | { kind: 'constant'; value: Value }
  | { kind: 'name'; name: string; line: number }
  | { kind: 'list' | 'tuple'; items: Expression[] }
  | { kind: 'dict'; pairs: [Expression, Expression][] }
  | { kind: 'and' | 'or'; terms: Expression[] }
  | { kind: 'not'; operand: Expression }
  | { kind: 'sign'; operator: '-' | '+'; operand: Expression }
  /** Operators of one precedence, from left to right: a long sum is a long list and not a deep tree. */
  | { kind: 'arithmetic'; first: Expression; rest: { operator: ArithmeticOperator; operand: Expression }[] }
  | { kind: 'concat'; parts: Expression[] }
  | { kind: 'compare'; first: Expression; rest: { operator: CompareOperator; operand: Expression }[] }
  | { kind: 'condition'; test: Expression; then: Expression; otherwise: Expression | undefined }
  | { kind: 'attribute'; object: Expression; name: string; line: number }
  | { kind: 'item'; object: Expression; index: Expression; line: number }
  | { kind: 'slice'; object: Expression; start?: Expression; stop?: Expression; step?: Expression; line: number }
  | { kind: 'call'; callee: Expression; args: CallArguments; line: number }
  | { kind: 'filter'; object: Expression; name: string; args: CallArguments; line: number }
  | { kind: 'test'; object: Expression; name: string; args: CallArguments; line: number };

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**';
export type CompareOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in';

export interface CallArguments {
  positional: Expression[];
  named: [string, Expression][];
  /** `*list` */
  rest?: Expression;
  /** `**dict` */
  keywords?: Expression;
}

export type Target =
  | { kind: 'name'; name: string }
  | { kind: 'field'; namespace: string; field: string }
  | { kind: 'targets'; items: Target[] };

export interface FilterCall {
  name: string;
  args: CallArguments;
}

export interface Parameter {
  name: string;
  fallback: Expression | undefined;
}

/** What a macro, or the body of a call block, is made of. */
export interface MacroSyntax {
  name: string;
  parameters: Parameter[];
  body: Statement[];
  /** Which of `varargs`, `kwargs`, `caller` the body reads: only then they may be given. */
  reads: ReadonlySet<string>;
}

export interface ForSyntax {
  kind: 'for';
  target: Target;
  over: Expression;
  filter: Expression | undefined;
  recursive: boolean;
  body: Statement[];
  otherwise: Statement[];
  line: number;
}

export type Statement =
  | { kind: 'text'; text: string }
  | { kind: 'output'; value: Expression; line: number }
  | { kind: 'if'; branches: { test: Expression; body: Statement[] }[]; otherwise: Statement[]; line: number }
  | ForSyntax
  | { kind: 'set'; target: Target; value: Expression; line: number }
  | { kind: 'setBlock'; target: Target; filters: FilterCall[]; body: Statement[]; line: number }
  | { kind: 'macro'; macro: MacroSyntax; line: number }
  | { kind: 'callBlock'; call: Expression; macro: MacroSyntax; line: number }
  | { kind: 'filterBlock'; filters: FilterCall[]; body: Statement[]; line: number }
  | { kind: 'with'; targets: Target[]; values: Expression[]; body: Statement[]; line: number }
  /** `generation`, `block`, `autoescape`: a scope of its own. */
  | { kind: 'scope'; body: Statement[]; line: number }
  | { kind: 'break' | 'continue' };
