/** Characters that are made tokens of before others have their turn: a millisecond or two. */
const SLICE = 16_384;

/** Work on texts one by one; where they are long together, other events have their turn in between. */
export async function inTurns<T, R>(
  items: readonly T[],
  lengthOf: (item: T) => number,
  work: (item: T, index: number) => R,
  signal: AbortSignal | undefined,
): Promise<R[]> {
  const results: R[] = [];
  let length = 0;
  for (const [i, item] of items.entries()) {
    length += lengthOf(item);
    if (length > SLICE && i > 0) {
      length = 0;
      await new Promise(setImmediate);
      signal?.throwIfAborted();
    }
    results.push(work(item, i));
  }
  return results;
}
