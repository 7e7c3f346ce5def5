import type { CheckedGenerateOptions } from '../options/generate';

/** What a text with a format says; nothing where there is no format. */
export function valueOf(
  text: string,
  { hasFormat, isJson }: Pick<CheckedGenerateOptions, 'hasFormat' | 'isJson'>,
): { value: unknown } | undefined {
  if (!hasFormat) return undefined;
  return { value: isJson ? JSON.parse(text) : text };
}
