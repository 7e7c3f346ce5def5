import { hasMembers, invalid, optionsObject } from '../engine/check';
import { unknownOption } from '../portable/known';

/** What is done with the value of an option: checks it, and fills in what is missing. */
export type Row = (name: string, value: unknown) => unknown;

/** The options of a call: a new one is a row. */
export type Table = Readonly<Record<string, Row>>;

type Values<T extends Table> = { [Name in keyof T]: ReturnType<T[Name]> };

/**
 * Reads each option once. Those of the engine become the JSON that the engine reads; the others are for this side.
 *
 * @throws RealmError E_INVALID_ARGUMENT: an option that is not there, with the nearest one; a value that does not fit
 */
export function readOptions<Engine extends Table, Here extends Table>(
  call: string,
  engine: Engine,
  here: Here,
  options: object | undefined,
): { json: string; engine: Values<Engine>; here: Values<Here> } {
  const given = optionsObject(options) as Readonly<Record<string, unknown>>;
  if (Object.keys(given).some((name) => !Object.hasOwn(engine, name) && !Object.hasOwn(here, name)))
    checkNames(call, given, names(engine, here));
  const read = <T extends Table>(table: T) =>
    Object.fromEntries(Object.entries(table).map(([name, row]) => [name, row(name, given[name])])) as Values<T>;
  const values = read(engine);
  return { json: JSON.stringify(values), engine: values, here: read(here) };
}

/**
 * A copy of options, each read once: those of the tables, wherever they come from, and whatever else the object has. Lists and literals
 * are copied too, so that what is done with them later changes nothing.
 */
export function ownOptions(
  options: object | undefined,
  ...tables: readonly Table[]
): Readonly<Record<string, unknown>> {
  const given = optionsObject(options) as Readonly<Record<string, unknown>>;
  const all = new Set([...Object.keys(given), ...names(...tables)]);
  return Object.fromEntries([...all].map((name) => [name, ownValue(given[name])]));
}

function ownValue(value: unknown): unknown {
  if (Array.isArray(value)) return [...(value as unknown[])];
  return isLiteral(value) && !isTold(value) ? { ...value } : value;
}

/** A format that is known by the object it is. */
const isTold = (value: object): boolean => '~standard' in value;

/** Whether a value is an object that no class has made. */
export function isLiteral(value: unknown): value is object {
  if (!hasMembers(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

const names = (...tables: readonly Table[]): string[] => tables.flatMap((table) => Object.keys(table));

/** Of a call while which the event loop waits: what would have to be called meanwhile can't be. */
export function refuseCallbacks(call: string, options: object | undefined, names: readonly string[]): void {
  const given = optionsObject(options) as Readonly<Record<string, unknown>>;
  const one = names.find((name) => given[name] !== undefined);
  if (one !== undefined)
    throw invalid(
      `${call} takes no ${one}: the event loop waits until it is done, so nothing could come of it meanwhile`,
    );
}

/** Options that are read one by one. */
export function knownOptions(
  call: string,
  options: object | undefined,
  known: readonly string[],
): Readonly<Record<string, unknown>> {
  const given = optionsObject(options) as Readonly<Record<string, unknown>>;
  checkNames(call, given, known);
  return given;
}

function checkNames(call: string, given: object, known: readonly string[]): void {
  const wrong = unknownOption(call, given, known);
  if (wrong !== undefined) throw invalid(wrong);
}

/** An option's name as JSON over HTTP has it: `maxTokens` is `max_tokens`. */
export const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
