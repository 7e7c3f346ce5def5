import { hasMembers, invalid, oneOf, show } from '../engine/check';
import { nearest } from '../portable/nearest';
import { RealmError } from '../portable/errors';
import { structureJson } from './checkStructure';
import { SCHEMA_KEYWORDS } from './schemaKeywords';
import type { StandardSchema, ValidationResult } from './structure';

/** As the engine reads it; `validate` is for this side. */
export interface NativeFormat {
  type: 'json' | 'json_schema' | 'regex' | 'choice' | 'gbnf' | 'lark' | 'structure';
  text: string;
  whitespace?: Whitespace;
  unsupported?: Unsupported;
  validate?: StandardSchema['~standard']['validate'];
}

/** White space in JSON: none; a blank behind each comma and colon; any, up to 20 characters in a place. */
export type Whitespace = 'compact' | 'spaced' | 'flexible';

/** What is done with what a schema says and can't be held: it is an error, or left out with a warning. */
export type Unsupported = 'error' | 'ignore';

const NOTATIONS = ['regex', 'gbnf', 'lark'] as const;
/** Members that say a format, where there is no other. */
const WAYS: readonly string[] = [...NOTATIONS, 'choice', 'structure'];
const KINDS =
  "'json', a JSON Schema, a schema of a library, a compiled format, or { regex }, { choice }, { gbnf }, { lark } or { structure }";

const compiled = new WeakMap<object, NativeFormat>();

/** @internal Notes of what format an object is, so that it can be given as one. */
export const noteCompiled = (object: object, format: NativeFormat): void => void compiled.set(object, format);

/** @internal Whether texts of the format are JSON. */
export const isJsonFormat = ({ type }: NativeFormat): boolean => type === 'json' || type === 'json_schema';

/** @internal */
export const whitespaceOf = (name: string, value: unknown): Whitespace | undefined =>
  value === undefined ? undefined : oneOf(name, value, ['compact', 'spaced', 'flexible'] as const, 'compact');

/** @internal */
export const unsupportedOf = (name: string, value: unknown): Unsupported | undefined =>
  value === undefined ? undefined : oneOf(name, value, ['error', 'ignore'] as const, 'error');

/** @internal */
export function formatOf(name: string, value: unknown): NativeFormat | undefined {
  if (value === undefined) return undefined;
  if (value === 'json') return { type: 'json', text: '' };
  if (typeof value === 'boolean') return { type: 'json_schema', text: String(value) };
  if (typeof value !== 'function' && !hasMembers(value)) throw invalid(`${name} must be ${KINDS}, got ${show(value)}`);
  const done = compiled.get(value);
  if (done) return done;
  const given = value as Readonly<Record<string, unknown>>;
  if ('~standard' in given) return standardFormat(name, given as unknown as StandardSchema);
  const names = Object.keys(given).filter((one) => given[one] !== undefined);
  const [only] = names;
  // Everything is a value of a schema of one keyword that is not known: that is a slip of the pen.
  const known = [...WAYS, ...SCHEMA_KEYWORDS];
  if (only !== undefined && names.length === 1 && /^[a-z]+$/i.test(only) && !known.includes(only))
    throw invalid(`${name} has no option ${show(only)}; did you mean ${show(nearest(only, known))}?`);
  const said = names.filter((one) => WAYS.includes(one));
  if (said.length > 1 && said.length === names.length)
    throw invalid(`${name} must be one of ${said.map((one) => `{ ${one} }`).join(' and ')}, got both`);
  // With other members it is a JSON Schema that has keywords of its own.
  const isWay = (way: string): boolean => names.length === 1 && names[0] === way;
  for (const notation of NOTATIONS) {
    if (!isWay(notation)) continue;
    const text = given[notation];
    if (typeof text !== 'string') throw invalid(`${name}.${notation} must be a string, got ${show(text)}`);
    return { type: notation, text: within(`${name}.${notation}`, text) };
  }
  if (isWay('choice')) {
    const { choice } = given;
    if (!Array.isArray(choice) || choice.length === 0 || !choice.every((text) => typeof text === 'string'))
      throw invalid(`${name}.choice must be an array of strings with something in it, got ${show(choice)}`);
    return { type: 'choice', text: within(`${name}.choice`, JSON.stringify(choice)) };
  }
  if (isWay('structure'))
    return { type: 'structure', text: structureJson(`${name}.structure`, given.structure, formatOf) };
  return { type: 'json_schema', text: within(name, jsonOf(name, given)) };
}

/** A library's schema: what it takes is generated, and what it makes of that is the value. */
function standardFormat(name: string, schema: StandardSchema): NativeFormat {
  const standard = schema['~standard'];
  if (typeof standard?.jsonSchema?.input !== 'function')
    throw invalid(
      `${name} is a schema of ${standard?.vendor === undefined ? 'a library' : show(standard.vendor)} that does not tell its JSON Schema (~standard.jsonSchema): ` +
        'give its JSON Schema instead (Valibot: toJsonSchema of @valibot/to-json-schema; Zod 3: zod-to-json-schema)',
    );
  let json: Record<string, unknown>;
  try {
    json = standard.jsonSchema.input({ target: 'draft-2020-12' });
  } catch (cause) {
    throw invalid(`${name} can't be said as a JSON Schema: ${(cause as Error)?.message ?? show(cause)}`, { cause });
  }
  const validate = (value: unknown): ValidationResult | Promise<ValidationResult> => standard.validate(value);
  return { type: 'json_schema', text: closed(jsonOf(name, json)), validate };
}

/**
 * A library's schema without members that it does not declare: it would take them and drop them. Where schemas are met together (`allOf`)
 * one may declare what another does not, so nothing is changed.
 */
function closed(text: string): string {
  let isMet = false;
  const schema: unknown = JSON.parse(text, (name, value: unknown) => {
    isMet ||= name === 'allOf';
    return value;
  });
  if (isMet) return text;
  const close = (part: unknown): unknown => {
    if (typeof part !== 'object' || part === null) return part;
    if (Array.isArray(part)) return part.map(close);
    const given = part as Record<string, unknown>;
    const isOpen =
      given.type === 'object' && isPlainObject(given.properties) && !OTHER_MEMBERS.some((name) => name in given);
    const parts = Object.entries(given).map(([name, value]) => [name, VALUES.includes(name) ? value : close(value)]);
    return { ...Object.fromEntries(parts), ...(isOpen && { additionalProperties: false }) };
  };
  return JSON.stringify(close(schema));
}

const isPlainObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
/** Keywords that declare members elsewhere. */
const OTHER_MEMBERS = ['additionalProperties', 'patternProperties', '$ref', 'anyOf', 'oneOf', 'if', 'dependentSchemas'];
/** Keywords with values, which are no schemas. */
const VALUES = ['const', 'enum', 'default', 'examples'];

/** What is too long for the engine goes no further: copies of it alone would keep timers waiting. */
function within(name: string, text: string): string {
  if (text.length <= MOST_CHARACTERS) return text;
  throw new RealmError('E_LIMIT', `${name} has ${text.length} characters; at most ${MOST_CHARACTERS} are read`);
}

/** As managed/Grammars/GrammarLimits.cs has it, in bytes. */
const MOST_CHARACTERS = 4 << 20;

function jsonOf(name: string, schema: object): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(schema);
  } catch (error) {
    throw invalid(`${name} is no JSON: ${(error as Error)?.message ?? show(error)}`);
  }
  if (text === undefined) throw invalid(`${name} is no JSON, but ${show(schema)}`);
  return text;
}
