import { RealmError } from './errors.js';
import { nearest } from './nearest.js';

/** What is wrong with the names of a call's options: one that there is not, with the nearest. One without a value asks for nothing. */
export function unknownOption(call: string, options: object, names: readonly string[]): string | undefined {
  const one = Object.entries(options).find(([name, value]) => value !== undefined && !names.includes(name));
  if (!one) return undefined;
  const [name] = one;
  const meant = JSON.stringify(nearest(name, names));
  return `${call} has no option ${JSON.stringify(name.slice(0, 40))}; did you mean ${meant}?`;
}

/** @throws RealmError E_INVALID_ARGUMENT: see `unknownOption` */
export function knownNames<T extends object>(call: string, options: T, names: readonly string[]): T {
  const wrong = unknownOption(call, options, names);
  if (wrong !== undefined) throw new RealmError('E_INVALID_ARGUMENT', wrong);
  return options;
}
