import type { Context } from './context';
import { escaped, jsonOf, readValue, JSON_DIALECT } from './literals';
import { isId } from './ids';
import { Markers } from './markers';
import { readField } from './readField';
import { argumentTypes, typeOf } from './schemaTypes';
import type { Reading, Source } from './source';
import { type ReadyCalls, steps, type Step } from './syntax';
import type { JsonSchema } from '../../options/structure';
import type { TaggedSyntax } from './types';

interface ReadyTags {
  readonly syntax: TaggedSyntax;
  readonly open: readonly Step[];
  /** What may follow an argument: another, or the call's end. */
  readonly next: Markers;
  /** The end of a value: with the line break before it, and without. */
  readonly ends: Markers;
  readonly lineAfterOpen: boolean;
}

const known = new WeakMap<TaggedSyntax, ReadyTags>();

function ready(syntax: TaggedSyntax, calls: ReadyCalls): ReadyTags {
  let tags = known.get(syntax);
  if (!tags) {
    const open = steps(syntax.open);
    const close = syntax.close.trim();
    const first = [open[0], calls.close[0]].flatMap((step) => (step && 'text' in step ? [step.text] : []));
    const ends = [close];
    if (syntax.cdata) ends.push(`]]>${close}`);
    tags = {
      syntax,
      open,
      next: new Markers(first),
      ends: new Markers(/\n\s*$/.test(syntax.open) ? [`\n${close}`, ...ends] : ends),
      lineAfterOpen: /\n\s*$/.test(syntax.open),
    };
    known.set(syntax, tags);
  }
  return tags;
}

/** Reads arguments, a tag each, and writes them as a JSON object. False where something else comes. */
export function* readTagged(context: Context, syntax: TaggedSyntax, schema: JsonSchema | undefined): Reading<boolean> {
  const { source, calls, deltas } = context;
  const tags = ready(syntax, calls);
  const write = deltas.arguments;
  write('{');
  for (let count = 0; ; count++) {
    yield* source.space();
    const next = yield* tags.next.accept(source);
    if (next !== 0) {
      if (next > 0) source.unread(tags.next.texts[next]!);
      const whole = next > 0;
      if (whole) write('}');
      return whole;
    }
    const fields = yield* readOpening(source, tags);
    if (typeof fields === 'string') {
      write(fields);
      return false;
    }
    write(`${count ? ',' : ''}${JSON.stringify(fields.key)}:`);
    if (!(yield* readArgument(context, tags, typesOf(fields, schema)))) return false;
  }
}

interface Fields {
  key: string;
  string?: string;
  type?: string;
}

/** The rest of an opening tag; where it is none, the text of what was read of it. */
function* readOpening(source: Source, { open }: ReadyTags): Reading<Fields | string> {
  const fields: Record<string, string> = {};
  source.startRecord((open[0] as { text: string }).text);
  for (let at = 1; at < open.length; at++) {
    const step = open[at]!;
    if ('text' in step) {
      yield* source.space();
      if (!(yield* source.accept(step.text))) return source.stopRecord();
      continue;
    }
    const after = open[at + 1];
    const value = yield* readField(source, after && 'text' in after ? new Markers([after.text]) : undefined);
    if (value === undefined || (step.field !== 'key' && !isId(value))) return source.stopRecord();
    fields[step.field] = value;
  }
  source.stopRecord();
  return fields as unknown as Fields;
}

/** The types that an argument may have, as its tag says, or its schema. */
function typesOf({ key, string, type }: Fields, schema: JsonSchema | undefined): ReadonlySet<string> | undefined {
  if (string === 'true' || type === 'string') return new Set(['string']);
  const types = argumentTypes(schema, key);
  if (string !== undefined || type !== undefined) return types?.has('string') && types.size === 1 ? types : NO_STRING;
  return types;
}

const NO_STRING: ReadonlySet<string> = new Set(['number', 'boolean', 'null', 'array', 'object']);
/** First characters of values that are no strings. */
const VALUE = /[[{\-0-9tfnTFN+.]/;

function* readArgument(context: Context, tags: ReadyTags, types: ReadonlySet<string> | undefined): Reading<boolean> {
  const { source, deltas } = context;
  if (tags.lineAfterOpen) {
    if ((yield* source.peek()) === 13) source.at++;
    if ((yield* source.peek()) === 10) source.at++;
  }
  if (tags.syntax.cdata && (yield* source.accept('<![CDATA['))) return yield* readText(context, tags);
  if (types?.size === 1 && types.has('string')) return yield* readText(context, tags);
  const first = yield* source.peek();
  if (first < 0) return false;
  const letter = String.fromCharCode(first);
  if (!types && !VALUE.test(letter)) return yield* readText(context, tags);
  if (types && !types.has('string') && (letter === '[' || letter === '{')) {
    if (!(yield* readValue(source, JSON_DIALECT, deltas.arguments))) return false;
    yield* source.space();
    return yield* source.accept(tags.syntax.close.trim());
  }
  const pieces: string[] = [];
  const whole = yield* untilEnd(source, tags, (text) => pieces.push(text));
  deltas.arguments(whole ? converted(pieces.join(''), types) : pieces.join(''));
  return whole;
}

function* readText({ source, deltas }: Context, tags: ReadyTags): Reading<boolean> {
  deltas.arguments('"');
  const whole = yield* untilEnd(source, tags, (text) => deltas.arguments(escaped(text)));
  if (whole) deltas.arguments('"');
  return whole;
}

/** Reads to the tag that ends a value: it does where an argument or the end of the call follows. */
function* untilEnd(source: Source, { ends, next }: ReadyTags, write: (text: string) => void): Reading<boolean> {
  for (;;) {
    const end = yield* ends.until(source, (text) => text && write(text));
    if (end < 0) return false;
    const space = yield* source.space();
    const follows = yield* next.accept(source);
    if (follows >= 0) {
      source.unread(next.texts[follows]!);
      return true;
    }
    if ((yield* source.peek()) < 0) return true;
    write(ends.texts[end]! + space);
  }
}

/** A value's text as JSON: of the types that may be, if it can be one, else a string. */
export function converted(text: string, types: ReadonlySet<string> | undefined): string {
  const json = jsonOf(text);
  if (json !== undefined && (types ? types.has(typeOf(JSON.parse(json))) : !json.startsWith('"'))) return json;
  return JSON.stringify(text);
}
