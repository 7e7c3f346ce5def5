/** A value as text, whatever it is: of one that can't be said (a detached array, a proxy) its kind. */
export function asText(value: unknown): string {
  try {
    return String(value);
  } catch {
    return `a value of type ${typeof value}`;
  }
}
