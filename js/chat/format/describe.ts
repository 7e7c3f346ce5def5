import { deepFrozen } from '../../portable/frozen';
import { templateCapabilities, type TemplateCapabilities } from '../templateCapabilities';
import { takesStringArguments } from '../toolArguments';
import { FAMILIES } from './families';
import type { Family, KnownFormat } from './family';
import { GENERIC } from './generic';
import { insideReasoning } from './insideReasoning';
import { ChatParser } from './parser';
import { renderedFormat } from './renderedFormat';
import { SAMPLE_PARAMETERS, type SampleAnswer, type SampleCall, templateKey, writtenAnswer } from './samples';
import type { ChatFormat, ReasoningSyntax } from './types';

export interface DescribeOptions {
  /** Without the table of families: what the template's renderings say. For tests. */
  readonly table?: boolean;
}

const known = new WeakMap<object, Map<boolean, ChatFormat>>();

/**
 * How the models of a chat template write their answers: by the table of known families, where the template writes calls as one of
 * them does; else by what differs between renderings; else calls are JSON.
 *
 * @throws RealmError E_INVALID_ARGUMENT: the template can't be read
 */
export function describeChat(template: string, { table = true }: DescribeOptions = {}): ChatFormat {
  const key = templateKey(template);
  let formats = known.get(key);
  if (!formats) known.set(key, (formats = new Map<boolean, ChatFormat>()));
  let format = formats.get(table);
  if (!format) formats.set(table, (format = deepFrozen(described(template, table))));
  return format;
}

const CALL: SampleCall = {
  name: 'first_tool',
  arguments: { text: 'Oslo, "x"\nand {y}', count: 3, list: [1, { a: [true] }] },
};
const SECOND: SampleCall = { name: 'second_tool', arguments: { text: 'a' } };
const NEEDLE = 'realm_needle';

function described(template: string, table: boolean): ChatFormat {
  const capabilities = templateCapabilities(template);
  const { field } = capabilities.reasoning ?? {};
  const plain = writtenAnswer(template, { content: NEEDLE })?.text;
  const after = plain?.slice(plain.indexOf(NEEDLE) + NEEDLE.length) ?? '';
  const samples = [[CALL, SECOND], [CALL]].flatMap((calls) => sampleOf(template, { calls }) ?? []);
  const [sample] = samples;
  const evidence = [template, ...samples.map(({ before, text }) => before + text)].join('\n');
  const facts: Facts = { template, capabilities, after, sample, field };
  const candidates = table ? FAMILIES.filter((family) => matches(family, evidence)) : [];
  for (const family of candidates) {
    const format = completed(facts, family.name, 'table', family.format(evidence));
    if (!sample || readsBack(format, sample)) return format;
  }
  const found = sample && renderedFormat(template, field);
  if (found) {
    const format = completed(facts, 'rendered', 'rendered', found);
    if (readsBack(format, sample)) return format;
  }
  return completed(facts, 'generic', 'generic', GENERIC);
}

interface Sample {
  readonly before: string;
  readonly text: string;
  readonly calls: readonly SampleCall[];
}

function sampleOf(template: string, answer: SampleAnswer & { calls: readonly SampleCall[] }): Sample | undefined {
  const written = writtenAnswer(template, answer);
  if (!written || !answer.calls.every(({ name }) => written.text.includes(name))) return undefined;
  return { ...written, calls: answer.calls };
}

function matches({ marks }: Family, evidence: string): boolean {
  return marks.some((all) => all.every((mark) => evidence.includes(mark)));
}

/** Whether the calls that the template wrote are those that the parser finds. */
function readsBack(format: ChatFormat, { before, text, calls }: Sample): boolean {
  const tools = calls.map(({ name }) => ({ name, parameters: SAMPLE_PARAMETERS }));
  const parser = new ChatParser(format, { tools, insideReasoning: insideReasoning(before, format) });
  const found = [...parser.push(text), ...parser.end()].flatMap((delta) => (delta.type === 'tool-call' ? [delta] : []));
  const told = found.map(({ name, arguments: given }) => ({ name, arguments: given }));
  return sorted(told) === sorted(calls);
}

/** As JSON, keys in order: some templates sort them. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

interface Facts {
  readonly template: string;
  readonly capabilities: TemplateCapabilities;
  readonly after: string;
  readonly sample: Sample | undefined;
  readonly field: string | undefined;
}

function completed(facts: Facts, family: string, found: ChatFormat['found'], format: KnownFormat): ChatFormat {
  const { template, capabilities, after, sample, field } = facts;
  const { system, tools, toolCalls, toolResults, typedContent, variables, parallelToolCalls } = capabilities;
  const reasoning: ReasoningSyntax | undefined = format.reasoning && { ...format.reasoning, ...(field && { field }) };
  return {
    family,
    found,
    ...format,
    ...(reasoning && { reasoning }),
    ends: endsOf(format, after, sample?.text),
    // Nothing is known of two calls where the template writes none.
    parallel: format.parallel ?? (sample ? parallelToolCalls : true),
    ids: format.ids ?? 'call',
    takes: {
      system,
      tools,
      toolCalls: toolCalls !== undefined,
      toolResults,
      objectArguments: !takesStringArguments(template),
      typedContent,
      variables,
      after,
    },
  };
}

const TAG = /<[^<>\n]+>|\[\/?[A-Z_]+\]/g;

/** Marks at the end of what a template writes that are none of the format's own. */
function endsOf(
  { calls, content, reasoning, channels }: KnownFormat,
  after: string,
  sample: string | undefined,
): string[] {
  const own = JSON.stringify([calls, content, reasoning, channels]);
  const tail = /(?:(?:<[^<>\n]+>|\[\/?[A-Z_]+\])\s*)+$/.exec(sample ?? '')?.[0] ?? '';
  // An end that looks like no tag is one as a whole.
  const whole = after.trim();
  const ends = [...(whole.match(TAG) ?? (/^\W/.test(whole) ? [whole] : [])), ...(tail.match(TAG) ?? [])];
  return [...new Set(ends)].filter((end) => !own.includes(JSON.stringify(end).slice(1, -1)));
}
