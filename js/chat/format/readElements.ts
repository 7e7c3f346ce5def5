import type { JsonSchema } from '../../options/structure';
import type { Context } from './context';
import { escaped } from './literals';
import { Markers } from './markers';
import { converted } from './readTagged';
import { propertyOf, resolved, typesOf } from './schemaTypes';
import type { Reading } from './source';
import type { ArgumentSyntax } from './types';

type Elements = Extract<ArgumentSyntax, { kind: 'elements' }>;

/** Deeper ones are no arguments. */
const MOST_DEPTH = 64;
const NAME_END = new Markers(['>']);

/** Reads arguments that are elements, lists and objects as elements within, as a JSON object. */
export function* readElements(context: Context, syntax: Elements, schema: JsonSchema | undefined): Reading<boolean> {
  return yield* new ElementReader(context, syntax, schema).readMembers(schema, '', 0);
}

class ElementReader {
  constructor(
    private readonly context: Context,
    private readonly syntax: Elements,
    private readonly whole: JsonSchema | undefined,
  ) {}

  /** Members up to the tag that closes what they are in, which stays unread for the call itself (`''`). */
  *readMembers(schema: unknown, name: string, depth: number): Reading<boolean> {
    const { source, deltas } = this.context;
    const { prefix, item } = this.syntax;
    let close = '';
    for (let count = 0; ; count++) {
      yield* source.space();
      if (!(yield* source.accept(prefix))) return false;
      if (yield* source.accept('</')) {
        if (!count) deltas.arguments('{');
        deltas.arguments(count ? close : '}');
        if (name) return yield* source.accept(`${name}>`);
        source.unread(`${prefix}</`);
        return true;
      }
      const key = (yield* source.accept('<')) ? yield* this.readName() : undefined;
      if (key === undefined) return false;
      if (!count) {
        // A list is one of items; a call's arguments never are.
        close = name && key === item ? ']' : '}';
        deltas.arguments(close === ']' ? '[' : '{');
      } else {
        deltas.arguments(',');
      }
      if (close === '}') deltas.arguments(`${JSON.stringify(key)}:`);
      const inner = close === ']' ? this.itemsOf(schema) : propertyOf(this.resolved(schema), key);
      if (!(yield* this.readElement(key, inner, depth + 1))) return false;
    }
  }

  private *readName(): Reading<string | undefined> {
    let name = '';
    const { source } = this.context;
    while ((yield* NAME_END.accept(source)) < 0) {
      const code = yield* source.peek();
      if (code < 0 || code === 10 || name.length > 256) {
        this.context.deltas.arguments(escaped(name));
        return undefined;
      }
      name += source.text[source.at++]!;
    }
    return name;
  }

  private *readElement(name: string, schema: unknown, depth: number): Reading<boolean> {
    const { source, deltas } = this.context;
    const { prefix } = this.syntax;
    const types = schema === undefined ? undefined : typesOf(schema, this.whole ?? true);
    const closing = `${prefix}</${name}>`;
    if (yield* source.accept(closing)) {
      deltas.arguments(empty(types));
      return true;
    }
    if (!types?.has('string') && (yield* source.accept(`${prefix}<`))) {
      source.unread(`${prefix}<`);
      return depth < MOST_DEPTH && (yield* this.readMembers(schema, name, depth));
    }
    const end = new Markers([closing]);
    if (types?.size === 1 && types.has('string')) {
      deltas.arguments('"');
      if ((yield* end.until(source, (text) => deltas.arguments(escaped(text)))) < 0) return false;
      deltas.arguments('"');
      return true;
    }
    const pieces: string[] = [];
    const found = yield* end.until(source, (text) => pieces.push(text));
    const text = pieces.join('');
    deltas.arguments(found < 0 ? escaped(text) : converted(text, types));
    return found >= 0;
  }

  private resolved(schema: unknown): JsonSchema | undefined {
    return resolved(schema, this.whole ?? true) as JsonSchema | undefined;
  }

  private itemsOf(schema: unknown): unknown {
    const list = this.resolved(schema);
    return typeof list === 'object' ? list.items : undefined;
  }
}

/** An element without anything in it. */
function empty(types: ReadonlySet<string> | undefined): string {
  if (types?.has('string')) return '""';
  if (types?.has('array')) return '[]';
  return types?.has('object') ? '{}' : 'null';
}
