import { begin, type Context, type Header } from './context';
import { isId } from './ids';
import { JSON_DIALECT, readString, readValue } from './literals';
import type { Reading } from './source';

/** Keys of an envelope: the pattern's, and those that models of all families mix up. */
interface Keys {
  /** Undefined: the key of the arguments is the name. */
  readonly name: string | undefined;
  readonly arguments: ReadonlySet<string>;
  readonly id: ReadonlySet<string>;
}

const known = new Map<string, Keys>();

function keysOf(pattern: string): Keys {
  let keys = known.get(pattern);
  if (!keys) {
    const key = (field: string) => new RegExp(`"([^"{]+)":\\s*"?\\{${field}\\}`).exec(pattern)?.[1];
    const named = key('name');
    keys = {
      name: named,
      arguments: new Set([key('arguments') ?? 'arguments', 'arguments', 'parameters']),
      id: new Set([key('id') ?? 'id', 'id', 'tool_call_id']),
    };
    known.set(pattern, keys);
  }
  return keys;
}

/** Keys whose value may be the object that has the name. */
const WITHIN = new Set(['function', 'function_call', 'tool_call']);

/** Keys that say nothing that isn't known. */
const TOLD = new Set(['type', 'index', 'strict']);

/**
 * Reads a call that is one JSON object. False where it is none, with nothing told; what follows the name that can't be read ends a
 * call that is told to be so.
 */
export function* readEnvelope(context: Context, pattern: string): Reading<boolean> {
  return yield* new Envelope(context, keysOf(pattern)).read();
}

class Envelope {
  private readonly header: Header = {};
  /** Arguments that came before the name. */
  private held: string[] | undefined;
  private begun = false;
  /** No arguments came. */
  private empty = true;
  /** Members that say nothing of a call. */
  private surplus = '';
  private depth = 0;

  constructor(
    private readonly context: Context,
    private readonly keys: Keys,
  ) {}

  *read(): Reading<boolean> {
    const whole = yield* this.readObject();
    if (!this.begun && whole && this.header.name !== undefined) this.begin();
    if (!this.begun) return false;
    const { source, deltas } = this.context;
    const rest = source.stopRecord();
    if (whole && this.empty) deltas.arguments('{}');
    if (whole) deltas.endCall();
    else deltas.endCall((yield* source.peek()) < 0 ? 'cut' : 'malformed');
    // What is no part of a call is text.
    deltas.text('content', whole ? this.surplus : this.surplus + rest);
    return true;
  }

  private *readObject(): Reading<boolean> {
    const { source } = this.context;
    yield* source.space();
    if (!(yield* source.accept('{'))) return false;
    yield* source.space();
    if (yield* source.accept('}')) return true;
    for (;;) {
      yield* source.space();
      const key = yield* this.readText();
      if (key === undefined) return false;
      yield* source.space();
      if (!(yield* source.accept(':'))) return false;
      yield* source.space();
      if (!(yield* this.readMember(key))) return false;
      yield* source.space();
      if (yield* source.accept('}')) return true;
      if (!(yield* source.accept(','))) return false;
    }
  }

  private *readMember(key: string): Reading<boolean> {
    const { source } = this.context;
    const { keys, header } = this;
    if (WITHIN.has(key) && this.depth === 0 && (yield* source.peek()) === 123) {
      this.depth++;
      return yield* this.readObject();
    }
    if (key === keys.name || (keys.name === undefined && header.name === undefined)) {
      const name = keys.name === undefined ? key : yield* this.readText();
      // A second name, or one that is no text, is no name.
      if (name === undefined || name === '' || header.name !== undefined || !this.allowed(name)) return false;
      header.name = name;
      if (keys.name !== undefined) return true;
    } else if (!keys.arguments.has(key)) {
      return yield* this.readOther(key);
    }
    return yield* this.readArguments();
  }

  /** Whether this may be a tool: where nothing marks calls, only one that there is. */
  private allowed(name: string): boolean {
    const { calls, tools } = this.context;
    return !calls.syntax.bare || !tools || tools.has(name);
  }

  private *readArguments(): Reading<boolean> {
    const { source, deltas } = this.context;
    if (this.held || this.begun) return false;
    if (this.header.name === undefined) {
      const held: string[] = (this.held = []);
      return yield* this.readValue((text) => held.push(text));
    }
    this.begin();
    this.empty = false;
    if (!(yield* this.readValue(deltas.arguments))) return false;
    source.startRecord();
    return true;
  }

  private *readValue(write: (text: string) => void): Reading<boolean> {
    const { source } = this.context;
    if ((yield* source.peek()) !== 34) return yield* readValue(source, JSON_DIALECT, write);
    // OpenAI's API has them as a string: its text is what is meant.
    const pieces: string[] = [];
    const whole = yield* readString(source, JSON_DIALECT, (text) => pieces.push(text));
    const text = pieces.join('');
    write(whole ? (JSON.parse(text) as string) || '{}' : text);
    return whole;
  }

  private begin(): void {
    const { deltas, source } = this.context;
    begin(this.context, this.header);
    this.begun = true;
    if (!this.held) return;
    this.held.forEach(deltas.arguments);
    this.empty = false;
    source.startRecord();
  }

  private *readOther(key: string): Reading<boolean> {
    const { source } = this.context;
    const pieces: string[] = [];
    if (!(yield* readValue(source, JSON_DIALECT, (text) => pieces.push(text)))) return false;
    const text = pieces.join('');
    const value = this.keys.id.has(key) ? (JSON.parse(text) as unknown) : undefined;
    if (typeof value === 'string' && isId(value)) this.header.id = value;
    else if (!TOLD.has(key)) this.surplus += `${JSON.stringify(key)}: ${text}\n`;
    return true;
  }

  /** A JSON string's text. */
  private *readText(): Reading<string | undefined> {
    const { source } = this.context;
    const next = yield* source.peek();
    if (next !== 34 && next !== 39) return undefined;
    const pieces: string[] = [];
    if (!(yield* readString(source, JSON_DIALECT, (text) => pieces.push(text)))) return undefined;
    return JSON.parse(pieces.join('')) as string;
  }
}
