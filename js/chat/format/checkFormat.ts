import { invalid, oneOf, show } from '../../engine/check';
import { knownOptions } from '../../options/table';
import { deepFrozen } from '../../portable/frozen';
import type { ChatFormat } from './types';

/** Checks a part, whose place messages name, and gives a copy of it. */
type Check = (at: string, value: unknown) => unknown;

/** Far more than any template writes around something. */
const MOST_CHARACTERS = 4096;
const MOST_TEXTS = 256;

const textOf =
  (least: number): Check =>
  (at, value) => {
    if (typeof value === 'string' && value.length >= least && value.length <= MOST_CHARACTERS) return value;
    const what = typeof value === 'string' ? `a text of ${value.length} characters` : show(value);
    throw invalid(`${at} must be a text of ${least} to ${MOST_CHARACTERS} characters, got ${what}`);
  };
/** May be empty: nothing stands there. */
const text = textOf(0);
const mark = textOf(1);
const flag: Check = (at, value) => {
  if (typeof value === 'boolean') return value;
  throw invalid(`${at} must be a boolean, got ${show(value)}`);
};
const marks: Check = (at, value) => {
  if (!Array.isArray(value) || value.length > MOST_TEXTS)
    throw invalid(`${at} must be an array of at most ${MOST_TEXTS} texts, got ${show(value)}`);
  return value.map((one: unknown, i) => mark(`${at}[${i}]`, one));
};
const word =
  (...words: readonly string[]): Check =>
  (at, value) =>
    oneOf(at, value ?? null, words, '');

interface Part {
  readonly needs: Readonly<Record<string, Check>>;
  readonly may?: Readonly<Record<string, Check>>;
}

const object =
  ({ needs, may = {} }: Part): Check =>
  (at, value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw invalid(`${at} must be an object, got ${show(value)}`);
    const given = knownOptions(at, value, [...Object.keys(needs), ...Object.keys(may)]);
    const checked: Record<string, unknown> = {};
    for (const [name, check] of Object.entries(needs)) checked[name] = check(`${at}.${name}`, given[name]);
    for (const [name, check] of Object.entries(may))
      if (given[name] !== undefined) checked[name] = check(`${at}.${name}`, given[name]);
    return checked;
  };

const tags = object({ needs: { open: text, close: text } });

/** Ways to write arguments, by their kind. */
const ARGUMENTS: Readonly<Record<string, Part>> = {
  json: { needs: {} },
  envelope: { needs: { pattern: mark } },
  tagged: { needs: { open: mark, close: text, separator: text }, may: { cdata: flag } },
  python: { needs: {}, may: { raw: flag } },
  braces: { needs: { quote: mark } },
  elements: { needs: { prefix: text, item: mark } },
};

const argumentsOf: Check = (at, value) => {
  const kinds = Object.keys(ARGUMENTS);
  const kind = oneOf(`${at}.kind`, (value as { kind?: unknown } | null | undefined)?.kind ?? null, kinds, '');
  const { needs, may } = ARGUMENTS[kind] as Part;
  return object({ needs: { kind: word(kind), ...needs }, may: may ?? {} })(at, value);
};

const FORMAT = object({
  needs: {},
  may: {
    family: text,
    found: word('table', 'rendered', 'generic'),
    reasoning: object({ needs: { start: text, end: mark }, may: { field: mark, endedBy: marks } }),
    content: object({ needs: { start: text, end: text }, may: { around: marks } }),
    channels: object({
      needs: {
        ...{ start: mark, message: mark, ends: marks },
        ...{ content: text, reasoning: text, call: text, reasoningWords: marks },
      },
      may: { recipient: text },
    }),
    calls: object({
      needs: { call: tags, separator: text, arguments: argumentsOf },
      may: { section: tags, bare: flag, mark, text },
    }),
    begun: text,
    ends: marks,
    parallel: flag,
    ids: word('call', 'nine', 'functions-index'),
    takes: object({
      needs: {
        ...{ system: flag, tools: flag, toolCalls: flag, toolResults: flag, objectArguments: flag, typedContent: flag },
        ...{ variables: marks, after: text },
      },
    }),
  },
});

/**
 * Parts of a format that somebody has written, checked through and through, as a copy.
 *
 * @throws RealmError E_INVALID_ARGUMENT: what is wrong, and where
 */
export function checkFormat(name: string, value: unknown): Partial<ChatFormat> | undefined {
  return value === undefined ? undefined : deepFrozen(FORMAT(name, value) as Partial<ChatFormat>);
}
