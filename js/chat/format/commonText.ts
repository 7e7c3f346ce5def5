/** The text that both begin with. */
export function commonStart(a: string, b: string): string {
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at++;
  return a.slice(0, at);
}

/** The text that both end with. */
export function commonEnd(a: string, b: string): string {
  let count = 0;
  while (count < a.length && count < b.length && a[a.length - 1 - count] === b[b.length - 1 - count]) count++;
  return a.slice(a.length - count);
}

/** From the first tag on: what two texts have in common may begin within one. */
export function fromTag(text: string): string {
  const at = text.search(/<|\[(?=[A-Z_])/);
  return at < 0 ? text : text.slice(at);
}

/** Without the beginning that is one of these, as often as there is one. */
export function withoutStarts(text: string, starts: readonly string[]): string {
  for (let rest = text; ;) {
    const next = rest.trimStart();
    const start = starts.map((some) => some.trim()).find((some) => some && next.startsWith(some));
    if (start === undefined) return rest;
    rest = next.slice(start.length);
  }
}
