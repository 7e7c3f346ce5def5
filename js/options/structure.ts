import type { FromSchema } from './fromSchema';

/** The type of `value` of a result with a format. */
export type FormatValue<F> = F extends undefined
  ? undefined
  : F extends 'json' | boolean
    ? unknown
    : F extends CompiledFormatLike<infer Value>
      ? Value
      : F extends StandardSchema<infer Output>
        ? Output
        : F extends { readonly choice: readonly (infer Text)[] }
          ? Text
          : F extends
                | { readonly regex: string }
                | { readonly gbnf: string }
                | { readonly lark: string }
                | { readonly structure: Node }
            ? string
            : FromSchema<F>;

/** A JSON Schema, draft 2020-12 unless it says otherwise. */
export type JsonSchema = Readonly<Record<string, unknown>> | boolean;

/**
 * A schema of a library (Zod 4, ArkType), which tells its JSON Schema and checks values: https://standardschema.dev. Only what is used
 * of it.
 */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => ValidationResult<Output> | Promise<ValidationResult<Output>>;
    readonly jsonSchema?: {
      readonly input: (options: { target: 'draft-2020-12' }) => Record<string, unknown>;
    };
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

/** What a schema's check says: the value as it makes it, or what is wrong with it. */
export type ValidationResult<Output = unknown> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] };

/** A compiled format, made by `model.compileFormat`. */
export interface CompiledFormatLike<Value = unknown> {
  /** So many tokens suffice for a whole text. */
  readonly minTokens: number;
  readonly warnings: readonly string[];
  readonly checked: boolean;
  test(text: string): boolean;
  /** Of the types only. */
  readonly value?: Value;
}

/**
 * What a text keeps to, whatever the model would rather say: `'json'`, any JSON value; a JSON Schema, or a schema of a library; `{ regex }`,
 * which the whole text matches; `{ choice }`, one of some texts; `{ gbnf }`, a grammar as llama.cpp has them; `{ lark }`, one as
 * llguidance has them; `{ structure }`, a tree of these, of texts as they are, and of free text; or one of these compiled.
 */
export type Format =
  | 'json'
  | StandardSchema
  | CompiledFormatLike
  | { readonly regex: string }
  | { readonly choice: readonly string[] }
  | { readonly gbnf: string }
  | { readonly lark: string }
  | { readonly structure: Node }
  | JsonSchema;

/**
 * What an answer is made of. Tokens of the vocabulary that mark something (control tokens, and those that look like a tag, such as
 * `<tool_call>`) stand only where a literal is written like one.
 */
export type Node =
  /** A text. Where a part of it is written like a token that marks something, it is that token. */
  | string
  | { readonly sequence: readonly Node[] }
  | { readonly choice: readonly Node[] }
  | {
      readonly repeat: Node;
      /** Default 0. */
      readonly min?: number;
      /** Default: any number. */
      readonly max?: number;
      readonly separator?: Node;
    }
  /** A value of a JSON Schema, without white space. */
  | { readonly json: JsonSchema }
  | { readonly regex: string }
  | { readonly grammar: Format }
  | {
      /** Any text, none too, in which these do not occur. */
      readonly text: { readonly without: readonly string[] };
      /** After so many tokens it ends with the character under way: what follows is then forced. */
      readonly maxTokens?: number;
    };
