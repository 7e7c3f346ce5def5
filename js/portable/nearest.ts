/** Letters to insert, delete or replace to make one of the other (Levenshtein). Case and underscores make no difference. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

const plain = (name: string): string => name.replaceAll('_', '').toLowerCase().slice(0, 64);

/** Which of some names somebody meant; of several as near, the first. */
export function nearest(name: string, names: readonly string[]): string {
  const given = plain(name);
  const far = names.map((other): [string, number] => [other, distance(given, plain(other))]);
  return far.reduce((best, other) => (other[1] < best[1] ? other : best), far[0] ?? ['', 0])[0];
}
