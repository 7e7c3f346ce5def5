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
  if ('then' in result)
    throw new RealmError('E_UNSUPPORTED', 'the schema checks values asynchronously: await generate');
  return checked(result);
}

const read = (text: string, { isJson }: ReturnType<typeof valueFacts>): unknown => (isJson ? JSON.parse(text) : text);

function checked(result: ValidationResult): { value: unknown } {
  if (!result.issues) return { value: result.value };
  const [first] = result.issues;
  throw new RealmError('E_VALUE', `the schema refuses the value: ${first?.message}`, { cause: result.issues });
}
