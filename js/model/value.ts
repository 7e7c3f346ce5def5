import type { valueFacts } from '../options/generate';
import { RealmError } from '../portable/errors';

/**
 * What a text with a format says, as the schema's own checks make it; nothing where there is no format.
 *
 * @throws RealmError E_VALUE: they refuse it
 */
export async function valueOf(
  text: string,
  { hasFormat, isJson, validate }: ReturnType<typeof valueFacts>,
): Promise<{ value: unknown } | undefined> {
  if (!hasFormat) return undefined;
  const value: unknown = isJson ? JSON.parse(text) : text;
  if (!validate) return { value };
  const checked = await validate(value);
  if (!checked.issues) return { value: checked.value };
  const [first] = checked.issues;
  throw new RealmError('E_VALUE', `the schema refuses the value: ${first?.message}`, { cause: checked.issues });
}
