import { commonEnd, commonStart, fromTag, withoutStarts } from './commonText';
import type { KnownFormat } from './family';
import { jsonOf } from './literals';
import { type SampleCall, writtenAnswer } from './samples';
import type { ArgumentSyntax, CallSyntax, ContentSyntax, ReasoningSyntax, TaggedSyntax } from './types';

const TEXT = 'realm_answer';
const THOUGHT = 'realm_thought';
/** Names and values that occur nowhere else. */
const NAMES = ['realm_tool_a', 'realm_tool_b'] as const;
const KEYS = ['text', 'more'] as const;
const VALUES = ['realm_value_a', 'realm_value_b'] as const;
const TAGS = /<[^<>\n]+>|\[\/?[A-Z_]+\]/g;

/** What families mostly have around their reasoning, for templates that write none of an earlier turn. */
const REASONING = [
  { start: '<think>', end: '</think>' },
  { start: '[THINK]', end: '[/THINK]' },
  { start: '<|START_THINKING|>', end: '<|END_THINKING|>' },
];

const call = (at: 0 | 1): SampleCall => ({ name: NAMES[at], arguments: { [KEYS[at]]: VALUES[at] } });

/** A format from what differs between renderings of a template; undefined where it writes no calls, or in no way known here. */
export function renderedFormat(template: string, field: string | undefined): KnownFormat | undefined {
  const around = surroundings(template, field);
  const one = writtenAnswer(template, { calls: [call(0)] });
  if (!one?.text.includes(NAMES[0])) return undefined;
  const two = writtenAnswer(template, { calls: [call(0), call(1)] })?.text;
  const shape = shapeOf(template, one.text);
  if (!shape) return undefined;
  const starts = [around.reasoning?.start, around.reasoning?.end, around.content?.start, around.content?.end];
  const before = withoutStarts(
    fielded(one.text.slice(0, shape.from)),
    starts.filter((start) => start !== undefined),
  );
  const after = withoutTail(one.text.slice(shape.to), around.tail);
  const both = two?.includes(NAMES[1]) ? shape.inBoth(two) : undefined;
  const calls = both
    ? severalCalls(two!.slice(both[0], both[1]), before, after, one.before)
    : singleCall(before, after);
  return {
    ...(around.reasoning && { reasoning: around.reasoning }),
    ...(around.content && { content: around.content }),
    ...(/length\s*!=\s*9\b/.test(template) && { ids: 'nine' as const }),
    ...(calls.begun && { begun: calls.begun }),
    calls: { ...calls.syntax, arguments: shape.arguments },
  };
}

interface Surroundings {
  readonly reasoning?: ReasoningSyntax;
  readonly content?: ContentSyntax;
  /** What ends an answer. */
  readonly tail: string;
}

/** What stands around reasoning and text. */
function surroundings(template: string, field: string | undefined): Surroundings {
  const plain = writtenAnswer(template, { content: TEXT });
  const at = plain?.text.indexOf(TEXT) ?? -1;
  const tail = at < 0 ? '' : plain!.text.slice(at + TEXT.length);
  const thought = field && writtenAnswer(template, { content: TEXT, reasoning: { field, text: THOUGHT } });
  const from = thought ? thought.text.indexOf(THOUGHT) : -1;
  const to = thought ? thought.text.indexOf(TEXT) : -1;
  if (!thought || from < 0 || to < from) {
    const known = REASONING.find(({ start, end }) => template.includes(start) && template.includes(end));
    return { ...(known && { reasoning: known }), tail };
  }
  const opening = thought.text.slice(0, from).trim() || /(?:<[^<>\n]+>|\[[A-Z_]+\])\s*$/.exec(thought.before)?.[0];
  const between = thought.text.slice(from + THOUGHT.length, to);
  const closing = /^\s*(?:<[^<>\n]+>|\[\/?[A-Z_]+\]|[^\s<[]+)/.exec(between)?.[0];
  if (!opening || !closing) return { tail };
  const start = between.slice(closing.length).trim();
  const own = start ? (tail.match(TAGS)?.[0] ?? '') : '';
  return {
    reasoning: { start: opening.trim(), end: closing.trim() },
    ...(start && { content: { start, end: own } }),
    tail: own ? tail.slice(tail.indexOf(own) + own.length) : tail,
  };
}

/** How arguments are written, and where a call's own part of the text begins and ends. */
interface Shape {
  readonly arguments: ArgumentSyntax;
  readonly from: number;
  readonly to: number;
  /** Where the first call's part ends and the second's begins, in a text with two. */
  inBoth(text: string): [number, number] | undefined;
}

function shapeOf(template: string, text: string): Shape | undefined {
  return envelopeShape(text) ?? objectShape(text) ?? expressionShape(template, text) ?? taggedShape(template, text);
}

/** The JSON object that begins at a place, by trying the brackets that may close it. */
function objectAt(text: string, from: number): { value: Record<string, unknown>; to: number } | undefined {
  for (let to = text.indexOf('}', from) + 1; to > 0; to = text.indexOf('}', to) + 1) {
    const json = jsonOf(text.slice(from, to));
    if (json !== undefined) return { value: JSON.parse(json) as Record<string, unknown>, to };
  }
  return undefined;
}

const isArguments = (value: unknown, at: 0 | 1): boolean =>
  JSON.stringify(value) === JSON.stringify(call(at).arguments);

/** The innermost object that has the name and the arguments. */
function envelopeAt(text: string, at: 0 | 1): { from: number; to: number; value: Record<string, unknown> } | undefined {
  const name = text.indexOf(NAMES[at]);
  for (let from = text.indexOf('{'); from >= 0; from = text.indexOf('{', from + 1)) {
    const found = objectAt(text, from);
    if (!found || found.to < name || from > name) continue;
    const entries = Object.entries(found.value);
    const named = entries.some(([key, value]) => value === NAMES[at] || (key === NAMES[at] && isArguments(value, at)));
    if (named && entries.some(([, value]) => isArguments(value, at))) return { from, ...found };
  }
  return undefined;
}

function envelopeShape(text: string): Shape | undefined {
  const found = envelopeAt(text, 0);
  if (!found) return undefined;
  const { from, to } = found;
  const object = text.slice(from, to);
  const inner = objectAt(object, object.indexOf('{', object.indexOf(`"${KEYS[0]}"`) - 8));
  const argumentsFrom = object.lastIndexOf('{', object.indexOf(`"${KEYS[0]}"`));
  const pattern =
    fielded(object.slice(0, argumentsFrom)) + '{arguments}' + fielded(object.slice(inner?.to ?? object.length));
  const indexed = pattern.replace(/("[^"]*id[^"]*":\s*")\d+"/i, '$1{index}"');
  return {
    arguments: { kind: 'envelope', pattern: indexed },
    from,
    to,
    inBoth: (both) => {
      const first = envelopeAt(both, 0);
      const second = envelopeAt(both, 1);
      return first && second && [first.to, second.from];
    },
  };
}

/** A JSON object after the name. */
function objectShape(text: string): Shape | undefined {
  const find = (within: string, at: 0 | 1) => {
    const name = within.indexOf(NAMES[at]);
    for (let from = within.indexOf('{', name); from >= 0; from = within.indexOf('{', from + 1)) {
      const found = objectAt(within, from);
      if (found && isArguments(found.value, at)) return { from, to: found.to };
    }
    return undefined;
  };
  const found = find(text, 0);
  return (
    found && {
      arguments: { kind: 'json' },
      ...found,
      inBoth: (both) => {
        const first = find(both, 0);
        const second = find(both, 1);
        return first && second && [first.to, second.from];
      },
    }
  );
}

/** `f(key='value')` or `f{key:<mark>value<mark>}`. */
function expressionShape(template: string, text: string): Shape | undefined {
  const pattern = (at: 0 | 1) =>
    new RegExp(`${NAMES[at]}(?:\\(${KEYS[at]}=['"]${VALUES[at]}['"]\\)|\\{${KEYS[at]}:(\\S+?)${VALUES[at]}\\1\\})`);
  const found = pattern(0).exec(text);
  if (!found) return undefined;
  const quote = found[1];
  const from = found.index + NAMES[0].length;
  const raw = writtenAnswer(template, { calls: [{ name: NAMES[0], arguments: { [KEYS[0]]: 'a\'b"c\nd' } }] });
  return {
    arguments: quote
      ? { kind: 'braces', quote }
      : { kind: 'python', ...(raw?.text.includes('a\'b"c\nd') && { raw: true }) },
    from,
    to: found.index + found[0].length,
    inBoth: (both) => {
      const first = pattern(0).exec(both);
      const second = pattern(1).exec(both);
      return first && second ? [first.index + first[0].length, second.index + NAMES[1].length] : undefined;
    },
  };
}

/** A tag an argument: from a call with two of them, and one whose value is no string. */
function taggedShape(template: string, text: string): Shape | undefined {
  const both = writtenAnswer(template, {
    calls: [{ name: NAMES[0], arguments: { [KEYS[0]]: VALUES[0], [KEYS[1]]: VALUES[1] } }],
  })?.text;
  const number = writtenAnswer(template, { calls: [{ name: NAMES[0], arguments: { [KEYS[0]]: 7231 } }] })?.text;
  if (!both || !number) return undefined;
  const name = both.indexOf(NAMES[0]) + NAMES[0].length;
  const firstKey = both.indexOf(KEYS[0], name);
  const firstValue = both.indexOf(VALUES[0], firstKey);
  const secondKey = both.indexOf(KEYS[1], firstValue);
  if (name < 0 || firstKey < 0 || firstValue < 0 || secondKey < 0) return undefined;
  const middle = both.slice(firstKey + KEYS[0].length, firstValue);
  const gap = both.slice(firstValue + VALUES[0].length, secondKey);
  const opening = fromTag(commonEnd(gap, both.slice(name, firstKey)));
  const ending = gap.slice(0, gap.length - opening.length);
  const close = ending.trimEnd();
  if (!opening.startsWith('<') || !close.trim()) return undefined;
  const numbered = number.slice(
    number.indexOf(KEYS[0], number.indexOf(NAMES[0])) + KEYS[0].length,
    number.indexOf('7231'),
  );
  const syntax: TaggedSyntax = {
    kind: 'tagged',
    open: `${opening}{key}${typed(middle, numbered)}`,
    close,
    separator: ending.slice(close.length),
    ...(template.includes('CDATA') && { cdata: true }),
  };
  const bounds = (within: string, at: 0 | 1): [number, number] => {
    const key = within.indexOf(KEYS[at], within.indexOf(NAMES[at]) + NAMES[at].length);
    const value = within.indexOf(VALUES[at], key) + VALUES[at].length;
    return [key - opening.length, within.indexOf(close, value) + close.length];
  };
  const [from, to] = bounds(text, 0);
  return { arguments: syntax, from, to, inBoth: (two) => [bounds(two, 0)[1], bounds(two, 1)[0]] };
}

/** A tag that says of what type the value is. */
function typed(ofString: string, ofNumber: string): string {
  if (ofString === ofNumber) return ofString;
  if (ofString.replace('true', 'false') === ofNumber) return ofString.replace('true', '{string}');
  return ofString.replace('string', 'number') === ofNumber ? ofString.replace('string', '{type}') : ofString;
}

/** A text in which names and ids are fields. */
function fielded(text: string): string {
  return text
    .replaceAll(NAMES[0], '{name}')
    .replaceAll(NAMES[1], '{name}')
    .replace(/call0000\d/g, '{id}')
    .replace(/(\{name\}:|index=")\d+/g, '$1{index}');
}

/** Without what ends an answer. */
function withoutTail(text: string, tail: string): string {
  const end = tail.trim();
  const rest = end && text.trimEnd().endsWith(end) ? text.trimEnd().slice(0, -end.length) : text;
  return rest === text ? text.slice(0, text.length - fromTag(commonEnd(text, tail)).length) : rest;
}

type Found = { readonly syntax: Omit<CallSyntax, 'arguments'>; readonly begun?: string };

function singleCall(before: string, after: string): Found {
  const open = before.trimStart();
  const close = after.trimEnd();
  return { syntax: { call: { open, close }, separator: '', ...(!open.trim() && { bare: true }) } };
}

/** Of what stands between two calls, what closes the first and what opens the second; the rest is around all. */
function severalCalls(between: string, before: string, after: string, prompt: string): Found {
  const middle = fielded(between);
  if (/^\s*[,;]?\s*$/.test(middle)) {
    const section = { open: before.trimStart(), close: after.trimEnd() };
    const bare = !/[^\s[]/.test(section.open);
    return { syntax: { section, call: { open: '', close: '' }, separator: middle, ...(bare && { bare: true }) } };
  }
  if (/^\s*,\s*\{name\}$/.test(middle)) {
    const section = { open: before.replace(/\{name\}$/, '').trimStart(), close: after.trimEnd() };
    return { syntax: { section, call: { open: '{name}', close: '' }, separator: middle.slice(0, -'{name}'.length) } };
  }
  // The prompt may have the beginning of the first call.
  const missing = middle.endsWith(before) ? middle.slice(0, middle.length - before.length) : '';
  if (missing.trim() && prompt.endsWith(missing)) {
    return { begun: missing, syntax: { call: { open: middle, close: '' }, separator: '' } };
  }
  const open = fromTag(commonEnd(middle, before));
  const rest = middle.slice(0, middle.length - open.length);
  const close = commonStart(rest, after).trimEnd();
  const section = {
    open: before.slice(0, before.length - open.length).trim(),
    close: after.slice(close.length).trim(),
  };
  return {
    syntax: {
      ...(section.open && { section }),
      call: { open, close },
      separator: rest.slice(close.length),
    },
  };
}
