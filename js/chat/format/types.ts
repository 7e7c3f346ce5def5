import type { JsonSchema } from '../../options/structure';

/**
 * How a family of models writes an answer: what surrounds its reasoning, its text and its calls of tools. Plain data, found by
 * `describeChat` from the model's chat template. Parts that mark something are written as the template writes them, white space
 * and all; the parser takes any white space where they have a line break.
 */
export interface ChatFormat {
  /** A row of the table of families; `rendered` and `generic` are none. */
  readonly family: string;
  /** From the table, from renderings of the template, or neither: then calls are JSON under a grammar. */
  readonly found: 'table' | 'rendered' | 'generic';
  readonly reasoning?: ReasoningSyntax;
  /** What stands around the text that is no part of it; which is which doesn't matter to the parser. */
  readonly content?: ContentSyntax;
  /** Answers made of messages with headers that say where each goes. */
  readonly channels?: ChannelSyntax;
  readonly calls?: CallSyntax;
  /** The beginning of an answer's first mark, where the prompt has it already. */
  readonly begun?: string;
  /** Texts that end an answer, and are no part of it where nothing follows. */
  readonly ends: readonly string[];
  /** An answer may have several calls. */
  readonly parallel: boolean;
  readonly ids: IdForm;
  readonly takes: TakenByTemplate;
}

export interface ReasoningSyntax {
  readonly start: string;
  readonly end: string;
  /** The field of a message in which the template wants it back; undefined: it doesn't. */
  readonly field?: string;
  /** Texts that end it too, and belong to what follows: models that go on with a call at once. */
  readonly endedBy?: readonly string[];
}

export interface ContentSyntax {
  readonly start: string;
  readonly end: string;
  /** Other texts that are no part of an answer, such as the end of a message. */
  readonly around?: readonly string[];
}

/** Text around something: what opens it and what closes it. */
export interface Tags {
  readonly open: string;
  readonly close: string;
}

export interface CallSyntax {
  /** Around all calls of an answer. */
  readonly section?: Tags;
  /** Around each. `{name}`, `{id}` and `{index}` stand for what they say. */
  readonly call: Tags;
  /** Between two calls. */
  readonly separator: string;
  /** Nothing marks a call: an answer that begins like one is one, if it calls a tool that there is. */
  readonly bare?: boolean;
  /** May stand before what is else unmarked: then it is a call, whatever its name. */
  readonly mark?: string;
  /** Where an answer is an object even if it calls nothing: what stands before its text as a JSON string, `{"content":`. */
  readonly text?: string;
  readonly arguments: ArgumentSyntax;
}

export type ArgumentSyntax =
  /** A JSON object, after the name. */
  | { readonly kind: 'json' }
  /** One JSON object that has the name too: `{"name": "{name}", "arguments": {arguments}}`. */
  | { readonly kind: 'envelope'; readonly pattern: string }
  /** A tag an argument. */
  | TaggedSyntax
  /** `(key=value, …)`, literals as Python writes them; `raw`: strings are not escaped, they end where an argument may end. */
  | { readonly kind: 'python'; readonly raw?: boolean }
  /** `{key:value, …}`: keys without quotes, strings between two of `quote`, nothing escaped. */
  | { readonly kind: 'braces'; readonly quote: string }
  /** An element an argument, lists and objects as elements within; `prefix` stands before each tag, `item` is a list's. */
  | { readonly kind: 'elements'; readonly prefix: string; readonly item: string };

export interface TaggedSyntax {
  readonly kind: 'tagged';
  /** `{key}` is the argument's name; `{string}` says `true` of a string and else `false`, `{type}` the type of the value. */
  readonly open: string;
  readonly close: string;
  readonly separator: string;
  /** Values may stand in `<![CDATA[` and `]]>`. */
  readonly cdata?: boolean;
}

export interface ChannelSyntax {
  /** Begins a message after the first, whose beginning the prompt has: `<|start|>assistant`. */
  readonly start: string;
  /** Ends the header. */
  readonly message: string;
  readonly ends: readonly string[];
  /** Header of an answer's text, of reasoning, and of a call (`{name}`), as they are written under a grammar. */
  readonly content: string;
  readonly reasoning: string;
  readonly call: string;
  /** Words of a header that say that a message is reasoning. */
  readonly reasoningWords: readonly string[];
  /** What stands before the name of a tool in `to=`; undefined: the call itself has the name. */
  readonly recipient?: string;
}

/** `call`: 24 letters and digits after `call_`; `nine`: nine of them; `functions-index`: `functions.NAME:INDEX`, counted over a conversation. */
export type IdForm = 'call' | 'nine' | 'functions-index';

/** What a template takes: see `TemplateCapabilities`. */
export interface TakenByTemplate {
  readonly system: boolean;
  readonly tools: boolean;
  readonly toolCalls: boolean;
  readonly toolResults: boolean;
  readonly objectArguments: boolean;
  readonly typedContent: boolean;
  readonly variables: readonly string[];
  /** What the template writes after an answer's text. */
  readonly after: string;
}

export interface ToolSchema {
  readonly name: string;
  readonly parameters?: JsonSchema;
}

export type ChatDelta =
  | { readonly type: 'content' | 'reasoning'; readonly text: string }
  | { readonly type: 'tool-call-start'; readonly index: number; readonly id: string; readonly name: string }
  /** JSON text; all of a call's together are its arguments. */
  | { readonly type: 'tool-call-delta'; readonly index: number; readonly arguments: string }
  | CallEnd;

export interface CallEnd {
  readonly type: 'tool-call';
  readonly index: number;
  readonly id: string;
  readonly name: string;
  /** The value; undefined where `invalid` says what is wrong. */
  readonly arguments: unknown;
  /** The answer ended inside the call, or what it says can't be read; the deltas have all of its text. */
  readonly invalid?: 'cut' | 'malformed';
}
