import { RealmError } from '../../portable/errors';
import { type Budget, overLimit } from './budget';
import { Interpreter } from './interpreter';
import { parse } from './parser';
import type { Statement } from './syntax';
import type { Str } from './text';
import { TemplateError, type Value } from './values';

/** Templates that are kept parsed: a model has one or two, a process a few models. */
const KEPT = 32;

const parsed = new Map<string, Template>();

/** A parsed template. */
export class Template {
  constructor(readonly statements: readonly Statement[]) {}

  /** The template of a text, parsed at the first use. */
  static of(text: string): Template {
    let template = parsed.get(text);
    if (template) parsed.delete(text);
    else template = new Template(guarded('the chat template can’t be read', () => parse(text)));
    parsed.set(text, template);
    if (parsed.size > KEPT) parsed.delete(parsed.keys().next().value!);
    return template;
  }

  /** @throws RealmError E_INVALID_ARGUMENT where the template refuses, E_LIMIT where it would take too much */
  render(variables: ReadonlyMap<string, Value>, budget: Budget, now: Date): Str {
    return guarded('the chat template refused the conversation', () =>
      new Interpreter(budget, now).render(this.statements, variables),
    );
  }
}

/** What a template says goes into logs: control characters are written out, but for the ends of lines. */
const plain = (text: string): string => text.replace(/(?!\n)\p{Cc}/gu, (one) => JSON.stringify(one).slice(1, -1));

function guarded<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    if (cause instanceof TemplateError) {
      const where = cause.line === undefined ? '' : ` (line ${cause.line})`;
      throw new RealmError('E_INVALID_ARGUMENT', `${what}: ${plain(cause.message)}${where}`, { cause });
    }
    // Depth and sizes are counted, so that this is for stacks and heaps that were small from the start.
    if (cause instanceof RangeError) throw overLimit(`takes more room than there is: ${cause.message}`);
    throw cause;
  }
}
