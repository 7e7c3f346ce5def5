import { Markers } from './markers';
import type { CallSyntax } from './types';

/** A text with fields, `<function={name}>`, as it is read: texts that must come, line breaks between them at will, and fields. */
export type Step = { readonly text: string } | { readonly field: string };

const FIELD = /\{(name|id|index|key|string|type)\}/;

/** White space around line breaks, and at the ends, is as the model likes; so is that between a mark and a list's bracket. */
export function steps(pattern: string): Step[] {
  return pattern.split(FIELD).flatMap((part, at): Step[] => {
    if (at % 2) return [{ field: part }];
    return part
      .split(/[ \t]*\n\s*|(?<=[^\s[])(?=\[\s*$)|(?<=^\s*\])(?=<[|/]|\[\/)/)
      .map((text) => text.trim())
      .filter((text) => text)
      .map((text) => ({ text }));
  });
}

/** Calls as the parser reads them. */
export interface ReadyCalls {
  readonly syntax: CallSyntax;
  readonly section: { readonly open: readonly Step[]; readonly close: readonly Step[] } | undefined;
  readonly open: readonly Step[];
  readonly close: readonly Step[];
  readonly separator: string;
  /** Texts at which a call or all of them begin, and what has been read with it. */
  readonly triggers: readonly Trigger[];
  /** What may come after the name where no text does. */
  readonly afterName: Markers;
}

export interface Trigger {
  readonly text: string;
  readonly enters: 'section' | 'call' | 'bare';
  /** Steps read with it. */
  readonly steps: number;
}

export function readyCalls(syntax: CallSyntax): ReadyCalls {
  const section = syntax.section && { open: steps(syntax.section.open), close: steps(syntax.section.close) };
  const open = steps(syntax.call.open);
  const close = steps(syntax.call.close);
  const triggers: Trigger[] = [];
  const add = (text: string | undefined, enters: Trigger['enters'], count: number) => {
    if (text && text.length > 2 && !triggers.some((known) => known.text === text))
      triggers.push({ text, enters, steps: count });
  };
  const first = section?.open[0];
  if (first && 'text' in first) add(first.text, 'section', 1);
  // Models leave out the outer of two tags at times: each that stands on a line of its own begins a call.
  for (let at = 0; at < open.length; at++) {
    const step = open[at]!;
    if (!('text' in step)) break;
    add(step.text, 'call', at + 1);
  }
  if (syntax.mark) add(syntax.mark, 'bare', 0);
  return {
    syntax,
    section,
    open,
    close,
    separator: syntax.separator.trim(),
    triggers,
    afterName: new Markers(endsOfName(syntax, close)),
  };
}

/** What ends a name that nothing fixed follows: the first argument, or the call's end. */
function endsOfName({ arguments: given }: CallSyntax, close: readonly Step[]): string[] {
  const [closing] = close;
  const end = closing && 'text' in closing ? [closing.text] : [];
  switch (given.kind) {
    case 'tagged': {
      const [first] = steps(given.open);
      return first && 'text' in first ? [...end, first.text] : end;
    }
    case 'elements':
      return [...end, given.prefix];
    case 'python':
      return [...end, '('];
    default:
      return [...end, '{'];
  }
}
