import type { JsonSchema, Node } from '../../options/structure';
import { resolved, typesOf } from './schemaTypes';
import type { ArgumentSyntax, TaggedSyntax } from './types';

/** Arguments of a schema, as a family writes them. */
export function argumentNode(syntax: ArgumentSyntax, schema: JsonSchema): Node {
  switch (syntax.kind) {
    case 'tagged':
      return members(new Writer(schema, tagged(syntax)), syntax.separator);
    case 'python':
      return { sequence: ['(', members(new Writer(schema, keyword), ', '), ')'] };
    case 'braces':
      return new Writer(schema, (writer, key, value) => [`${key}:`, braced(writer, value, syntax.quote, 0)]).braces(
        schema,
        0,
      );
    case 'elements':
      return members(new Writer(schema, (writer, key, value) => element(writer, key, value, syntax, 0)), '');
    default:
      return { json: schema };
  }
}

/** One argument. */
type WriteArgument = (writer: Writer, key: string, value: JsonSchema) => Node[];

/** What is known while a tool's arguments are written. */
class Writer {
  constructor(
    readonly whole: JsonSchema,
    readonly write: WriteArgument,
  ) {}

  types(schema: JsonSchema): ReadonlySet<string> | undefined {
    return typesOf(schema, this.whole);
  }

  /** A JSON value; what the whole schema defines can be referred to. */
  json(schema: JsonSchema): Node {
    if (typeof this.whole !== 'object' || typeof schema !== 'object') return { json: schema };
    const { $defs, definitions } = this.whole;
    return {
      json: { ...schema, ...($defs !== undefined && { $defs }), ...(definitions !== undefined && { definitions }) },
    };
  }

  /** The values that a schema names, if it does. */
  values(schema: JsonSchema): readonly unknown[] | undefined {
    const { const: constant, enum: values } = (resolved(schema, this.whole) ?? {}) as {
      const?: unknown;
      enum?: unknown;
    };
    if (constant !== undefined) return [constant];
    return Array.isArray(values) ? (values as unknown[]) : undefined;
  }

  braces(schema: JsonSchema, depth: number): Node {
    return depth > 16 ? '{}' : { sequence: ['{', members(this, ',', schema), '}'] };
  }
}

/** The arguments of a schema, in its order: those that it requires, and any of the others. */
function members(writer: Writer, separator: string, schema: JsonSchema = writer.whole): Node {
  const object = resolved(schema, writer.whole) as
    { properties?: Record<string, JsonSchema>; required?: unknown } | undefined;
  const required = new Set(Array.isArray(object?.required) ? (object.required as unknown[]) : []);
  const keys = Object.entries(object?.properties ?? {});
  const nodes = keys.map(([key, value]): Node => ({ sequence: writer.write(writer, key, value) }));
  if (!nodes.length) return '';
  if (!separator) {
    return { sequence: nodes.map((node, at) => (required.has(keys[at]![0]) ? node : { repeat: node, max: 1 })) };
  }
  // From the last to the first: what may follow an argument, with the separator before it, and what may come first.
  let first: Node[] = [''];
  let following: Node[] = [];
  for (let at = nodes.length - 1; at >= 0; at--) {
    const node = nodes[at]!;
    const needed = required.has(keys[at]![0]);
    const begun: Node = { sequence: [node, ...following] };
    first = needed ? [begun] : [begun, ...first];
    const separated: Node = { sequence: [separator, node] };
    following = [needed ? separated : { repeat: separated, max: 1 }, ...following];
  }
  return first.length === 1 ? first[0]! : { choice: first };
}

/** A value as bare text: a string as it is, all else as JSON. */
function bare(writer: Writer, schema: JsonSchema, end: string): Node {
  const values = writer.values(schema);
  if (values?.length)
    return { choice: values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))) };
  const types = writer.types(schema);
  if (types && !types.has('string')) return writer.json(schema);
  return freeText(writer, schema, end);
}

/** A string without quotes, up to a text that ends it, as long as its schema says and of its pattern. */
function freeText(writer: Writer, schema: JsonSchema, end: string): Node {
  const { minLength, maxLength, pattern } = (resolved(schema, writer.whole) ?? {}) as Record<string, unknown>;
  // The end is told by its first character, in strings that are held to something.
  const letter = `[^${end[0]!.replace(/[\]\\^-]/, '\\$&')}]`;
  if (typeof pattern === 'string') {
    const inner = pattern.replace(/^\^|(?<!\\)\$$/g, '');
    const [before, after] = [
      pattern.startsWith('^') ? '' : `${letter}*`,
      /(?<!\\)\$$/.test(pattern) ? '' : `${letter}*`,
    ];
    return { regex: `${before}(?:${inner})${after}` };
  }
  if (minLength === undefined && maxLength === undefined) return { text: { without: [end] } };
  return { regex: `${letter}{${Number(minLength ?? 0)},${maxLength === undefined ? '' : Number(maxLength)}}` };
}

function tagged(syntax: TaggedSyntax): WriteArgument {
  return (writer, key, value) => {
    const types = writer.types(value);
    const isString = !types || types.has('string');
    const type = isString ? 'string' : types.size === 1 ? [...types][0]! : 'object';
    const open = syntax.open.replace('{key}', key).replace('{string}', String(isString)).replace('{type}', type);
    return [open, bare(writer, value, syntax.close.trim()), syntax.close];
  };
}

/** `key=value`: JSON is read there too; a string may stand in single quotes. */
const keyword: WriteArgument = (writer, key, value) => {
  const types = writer.types(value);
  const json = writer.json(value);
  const free = types?.size === 1 && types.has('string') && !writer.values(value);
  const quoted: Node = { sequence: ["'", { regex: "[^'\\\\\\n]*" }, "'"] };
  return [`${key}=`, free ? { choice: [json, quoted] } : json];
};

/** A value in braces: `{key:<|"|>text<|"|>,n:1}`. */
function braced(writer: Writer, schema: JsonSchema, quote: string, depth: number): Node {
  const quoted = (text: string) => `${quote}${text}${quote}`;
  const values = writer.values(schema);
  if (values?.length)
    return { choice: values.map((value) => (typeof value === 'string' ? quoted(value) : JSON.stringify(value))) };
  const types = writer.types(schema) ?? new Set(['string']);
  const { items } = (resolved(schema, writer.whole) ?? {}) as { items?: JsonSchema };
  const nodes = [...types].map((type): Node => {
    if (type === 'string') return { sequence: [quote, freeText(writer, schema, quote), quote] };
    if (type === 'object')
      return new Writer(writer.whole, (inner, key, value) => [
        `${key}:`,
        braced(inner, value, quote, depth + 1),
      ]).braces(schema, depth);
    if (type === 'array' && depth < 16) {
      return { sequence: ['[', { repeat: braced(writer, items ?? true, quote, depth + 1), separator: ',' }, ']'] };
    }
    return type === 'array' ? '[]' : { json: { type } };
  });
  return nodes.length === 1 ? nodes[0]! : { choice: nodes };
}

type Elements = Extract<ArgumentSyntax, { kind: 'elements' }>;

function element(writer: Writer, key: string, schema: JsonSchema, syntax: Elements, depth: number): Node[] {
  const { prefix, item } = syntax;
  const open = `${prefix}<${key}>`;
  const close = `${prefix}</${key}>`;
  const types = writer.types(schema);
  if (depth < 16 && types?.size === 1 && types.has('object')) {
    const inner = new Writer(writer.whole, (within, name, value) => element(within, name, value, syntax, depth + 1));
    return [open, members(inner, '', schema), close];
  }
  if (depth < 16 && types?.size === 1 && types.has('array')) {
    const { items } = (resolved(schema, writer.whole) ?? {}) as { items?: JsonSchema };
    return [open, { repeat: { sequence: element(writer, item, items ?? true, syntax, depth + 1) } }, close];
  }
  return [open, bare(writer, schema, prefix), close];
}
