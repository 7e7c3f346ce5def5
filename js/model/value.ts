import { show } from '../engine/check';
import type { valueFacts } from '../options/generate';
import type { ValidationResult } from '../options/structure';
import { RealmError } from '../portable/errors';

/**
 * What a text with a format says, as the schema's own checks make it; nothing where there is no format.
 *
 * @throws RealmError E_VALUE: they refuse it
 */
export async function valueOf(
  text: string,
  facts: ReturnType<typeof valueFacts>,
): Promise<{ value: unknown } | undefined> {
  if (!facts.hasFormat) return undefined;
  const value = read(text, facts);
  return facts.validate ? checked(await facts.validate(value)) : { value };
}

/**
 * The same at once.
 *
 * @throws RealmError E_VALUE; E_UNSUPPORTED: the schema's checks take time of their own
 */
export function valueOfSync(text: string, facts: ReturnType<typeof valueFacts>): { value: unknown } | undefined {
  if (!facts.hasFormat) return undefined;
  const value = read(text, facts);
  if (!facts.validate) return { value };
  const result = facts.validate(value);
  if (isPromise(result)) {
    // Nobody asks what comes of it.
    result.then(undefined, () => {});
    throw new RealmError('E_UNSUPPORTED', 'the schema checks values asynchronously: await generate');
  }
  return checked(result);
}

const read = (text: string, { isJson }: ReturnType<typeof valueFacts>): unknown => (isJson ? JSON.parse(text) : text);

const isPromise = (result: unknown): result is PromiseLike<unknown> =>
  typeof (result as { then?: unknown } | null | undefined)?.then === 'function';

function checked(given: ValidationResult): { value: unknown } {
  const result = given as ValidationResult | null | undefined;
  if (typeof result !== 'object' || result === null)
    throw new RealmError('E_VALUE', `the schema's validate must give { value } or { issues }, got ${show(result)}`);
  if (!result.issues) return { value: result.value };
  const [first] = result.issues;
  const why = first === undefined ? 'it does not say why' : first.message;
  throw new RealmError('E_VALUE', `the schema refuses the value: ${why}`, { cause: result.issues });
}
