import { hasMembers, invalid, optionsObject, show } from '../engine/check';
import type { Model } from '../model/model';
import { knownNames } from '../portable/known';

/** Whether something is a model, of whatever copy of this package. */
export const isModel = (value: unknown): value is Model =>
  hasMembers(value) && typeof value.close === 'function' && 'info' in value;

/** A model that was given. */
export function modelOf(name: string, value: unknown): Model {
  if (isModel(value)) return value;
  throw invalid(`${name} must be an open model, got ${show(value)}`);
}

/**
 * What a constructor was given, with its names and its model checked.
 *
 * @param options names that belong into one of the others: whoever writes one beside it is told where
 */
export function paramsOf<T extends { model: Model }>(
  name: string,
  params: T,
  names: readonly string[],
  options: { readonly of: string; readonly names: readonly string[] } = { of: '', names: [] },
): T {
  const given = optionsObject(params, `the parameter of ${name}`) as T;
  const astray = Object.keys(given).find((each) => options.names.includes(each) && !names.includes(each));
  if (astray !== undefined)
    throw invalid(`${name} has no option ${show(astray)}; did you mean ${show(`${options.of}.${astray}`)}?`);
  knownNames(name, given, names);
  modelOf('model', given.model);
  return given;
}
