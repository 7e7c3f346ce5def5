/** A JSON Schema, draft 2020-12 unless it says otherwise. */
export type JsonSchema = Readonly<Record<string, unknown>> | boolean;

/**
 * What a text keeps to, whatever the model would rather say: `'json'`, any JSON value; a JSON Schema; `{ regex }`, which the whole text
 * matches; `{ choice }`, one of some texts; `{ gbnf }`, a grammar as llama.cpp has them; `{ lark }`, one as llguidance has them;
 * `{ structure }`, a tree of these, of texts as they are, and of free text.
 */
export type Format =
  | 'json'
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
