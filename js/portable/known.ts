import { asText } from './asText.js';
import { RealmError } from './errors.js';
import { nearest } from './nearest.js';

/** What is wrong with the names of a call's options: one that there is not, with the nearest. One without a value asks for nothing. */
export function unknownOption(call: string, options: object, names: readonly string[]): string | undefined {
  const given = options as Readonly<Record<string, unknown>>;
  const name = Object.keys(given).find((each) => !names.includes(each) && given[each] !== undefined);
  if (name === undefined) return undefined;
  const told = JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name);
  return `${call} has no option ${told}; did you mean ${JSON.stringify(nearest(name, names))}?`;
}

const invalid = (message: string) => new RealmError('E_INVALID_ARGUMENT', message);
const told = (value: unknown): string =>
  typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : asText(value);

/** @throws RealmError E_INVALID_ARGUMENT: no object; see `unknownOption` */
export function knownNames<T extends object>(call: string, options: T | null | undefined, names: readonly string[]): T {
  const given = options ?? ({} as T);
  if (typeof given !== 'object') throw invalid(`options must be an object, got ${told(given)}`);
  const wrong = unknownOption(call, given, names);
  if (wrong !== undefined) throw invalid(wrong);
  return given;
}

/** @throws RealmError E_INVALID_ARGUMENT: one of these options is there, and no function */
export function checkFunctions(options: object, names: readonly string[]): void {
  const given = options as Readonly<Record<string, unknown>>;
  for (const name of names)
    if (given[name] !== undefined && typeof given[name] !== 'function')
      throw invalid(`${name} must be a function, got ${told(given[name])}`);
}

/** @throws RealmError E_INVALID_ARGUMENT: an option that is neither true nor false */
export function checkFlag(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean')
    throw invalid(`${name} must be true or false, got ${told(value)}`);
}
