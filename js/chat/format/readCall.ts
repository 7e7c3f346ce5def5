import type { JsonSchema } from '../../options/structure';
import { begin, type Context, type Header } from './context';
import { isId } from './ids';
import { type Dialect, escaped, JSON_DIALECT, PYTHON_DIALECT, RAW_DIALECT, readValue } from './literals';
import { Markers } from './markers';
import { readElements } from './readElements';
import { readEnvelope } from './readEnvelope';
import { readField } from './readField';
import { readTagged } from './readTagged';
import type { Reading } from './source';
import type { Step } from './syntax';

/** Reads a call, of whose opening so many steps have been read. False where it is none: then nothing has been told. */
export function* readCall(context: Context, read: number): Reading<boolean> {
  const { calls, source } = context;
  const header: Header = {};
  if (!(yield* readHeader(context, read, header))) return false;
  const { arguments: given } = calls.syntax;
  if (given.kind === 'envelope') {
    if (!(yield* readEnvelope(context, given.pattern))) return false;
  } else if (!(yield* readNamed(context, header))) {
    return false;
  }
  yield* readClose(context, calls.close);
  // What comes after isn't this call's.
  source.startRecord();
  return true;
}

/** Reads what closes something, as far as it is there. */
export function* readClose({ source }: Context, close: readonly Step[]): Reading<boolean> {
  let any = false;
  for (const step of close) {
    yield* source.space();
    if (!('text' in step) || !(yield* source.accept(step.text))) break;
    any = true;
  }
  return any;
}

function* readHeader({ calls, source }: Context, read: number, header: Header): Reading<boolean> {
  const { open } = calls;
  for (let at = read; at < open.length; at++) {
    const step = open[at]!;
    if ('text' in step) {
      yield* source.space();
      if (!(yield* source.accept(step.text))) return false;
      continue;
    }
    const after = open[at + 1];
    const ends = after && 'text' in after ? new Markers([after.text]) : calls.afterName;
    const value = yield* readField(source, ends);
    if (value === undefined) return false;
    // Brackets and quotes are in no name: what has them is something else.
    if (step.field === 'name' ? /[<>{}()[\]"']/.test(value) : !isId(value)) return false;
    if (step.field === 'name') header.name = value;
    if (step.field === 'id') header.id = value;
  }
  return true;
}

/** A call whose name has been read. */
function* readNamed(context: Context, header: Header): Reading<boolean> {
  const { source, deltas, tools, calls } = context;
  // Where there is but an id, it has the name in it: `functions.NAME:INDEX`.
  const name = header.name ?? header.id?.replace(/^functions\.|:\d+$/g, '');
  if (!name || (calls.syntax.bare && tools && !tools.has(name))) return false;
  begin(context, { ...header, name });
  const whole = yield* readArguments(context, tools?.get(name)?.parameters);
  if (whole) deltas.endCall();
  else deltas.endCall((yield* source.peek()) < 0 ? 'cut' : 'malformed');
  return true;
}

const CALL_END = new Markers(['.call(', '(']);

/** A call as Python writes it where objects are the rule: `f.call(a="x")`, Llama's way with tools that it was taught. */
export function* readBuiltIn(context: Context): Reading<boolean> {
  const { source, deltas, tools } = context;
  const name = yield* readField(source, CALL_END);
  if (name === undefined || !isId(name)) return false;
  yield* CALL_END.accept(source);
  source.unread('(');
  begin(context, { name });
  const whole = yield* readKeywords(context, PYTHON_DIALECT, tools?.get(name)?.parameters);
  if (whole) deltas.endCall();
  else deltas.endCall((yield* source.peek()) < 0 ? 'cut' : 'malformed');
  source.startRecord();
  return true;
}

const braces = new Map<string, Dialect>();

function* readArguments(context: Context, schema: JsonSchema | undefined): Reading<boolean> {
  const { source, deltas, calls } = context;
  const { arguments: given } = calls.syntax;
  switch (given.kind) {
    case 'tagged':
      return yield* readTagged(context, given, schema);
    case 'elements':
      return yield* readElements(context, given, schema);
    case 'python':
      return yield* readKeywords(context, given.raw ? RAW_DIALECT : PYTHON_DIALECT, schema);
    case 'braces': {
      let dialect = braces.get(given.quote);
      if (!dialect) {
        dialect = { python: true, words: true, quote: new Markers([given.quote]) };
        braces.set(given.quote, dialect);
      }
      return yield* readValue(source, dialect, deltas.arguments);
    }
    default:
      return yield* readValue(source, JSON_DIALECT, deltas.arguments);
  }
}

/** `(key=value, …)` as a JSON object; values without a key get those of the schema, in its order. */
function* readKeywords(
  { source, deltas }: Context,
  dialect: Dialect,
  schema: JsonSchema | undefined,
): Reading<boolean> {
  const write = deltas.arguments;
  if (!(yield* source.accept('('))) return false;
  const properties = typeof schema === 'object' ? Object.keys(schema.properties ?? {}) : [];
  write('{');
  for (let count = 0; ; count++) {
    yield* source.space();
    if (yield* source.accept(')')) break;
    if (count) {
      if (!(yield* source.accept(','))) return false;
      write(',');
    }
    yield* source.space();
    const key = yield* readKeyword({ source });
    if (key !== undefined) {
      write(`${JSON.stringify(key)}:`);
    } else if (count < properties.length) {
      write(`"${escaped(properties[count]!)}":`);
    } else {
      return false;
    }
    if (!(yield* readValue(source, dialect, write))) return false;
  }
  write('}');
  return true;
}

const EQUALS = new Markers(['=']);

/** A key and what separates it from its value; undefined, with nothing read, where there is none. */
function* readKeyword({ source }: Pick<Context, 'source'>): Reading<string | undefined> {
  let word = '';
  for (let code = yield* source.peek(); isWord(code); code = yield* source.peek()) word += source.text[source.at++]!;
  const space = yield* source.space();
  if (word && (yield* EQUALS.accept(source)) === 0) return word;
  source.unread(word + space);
  return undefined;
}

function isWord(code: number): boolean {
  return (
    (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95 || code > 127
  );
}
