import { type Arguments, TemplateError, type Value } from './values';

/** Positional and named arguments by a function's parameters, in their order; what was not given is `undefined`. */
export function bind(
  name: string,
  parameters: readonly string[],
  { positional, named }: Arguments,
): (Value | undefined)[] {
  if (positional.length > parameters.length) {
    throw new TemplateError(`${name}() takes at most ${parameters.length} arguments (${positional.length} given)`);
  }
  const bound: (Value | undefined)[] = [...positional];
  bound.length = parameters.length;
  for (const [key, value] of named) {
    const at = parameters.indexOf(key);
    if (at < 0) throw new TemplateError(`${name}() got an unexpected keyword argument '${key}'`);
    if (at < positional.length) throw new TemplateError(`${name}() got multiple values for argument '${key}'`);
    bound[at] = value;
  }
  return bound;
}

/** An argument that can't be left out. */
export function required(name: string, parameter: string, value: Value | undefined): Value {
  if (value === undefined) throw new TemplateError(`${name}() missing required argument: '${parameter}'`);
  return value;
}
