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

/** @throws RealmError E_INVALID_ARGUMENT: see `unknownOption` */
export function knownNames<T extends object>(call: string, options: T, names: readonly string[]): T {
  const wrong = unknownOption(call, options, names);
  if (wrong !== undefined) throw new RealmError('E_INVALID_ARGUMENT', wrong);
  return options;
}
