/**
 * Work that does not look at a signal.
 *
 * @throws the signal's reason, also while the work goes on
 */
export async function unlessAborted<T>(signal: AbortSignal | undefined, work: () => PromiseLike<T> | T): Promise<T> {
  if (!signal) return work();
  signal.throwIfAborted();
  let leave!: () => void;
  const aborted = new Promise<never>((_, reject) => (leave = () => reject(signal.reason as Error)));
  const ignore = whenAborted(signal, leave);
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    ignore();
  }
}

const waiting = new WeakMap<AbortSignal, { all: Set<() => void>; run: () => void }>();

/**
 * Calls `cancel` when the signal fires, until the function that is returned is called. However many wait for a signal, it has
 * one listener: of more than ten Node warns as of a leak.
 */
export function whenAborted(signal: AbortSignal | undefined, cancel: () => void): () => void {
  if (!signal) return () => {};
  const known = waiting.get(signal);
  const entry = known ?? { all: new Set<() => void>(), run: () => entry.all.forEach((one) => one()) };
  if (!known) {
    waiting.set(signal, entry);
    signal.addEventListener('abort', entry.run);
  }
  entry.all.add(cancel);
  return () => {
    if (!entry.all.delete(cancel) || entry.all.size > 0) return;
    signal.removeEventListener('abort', entry.run);
    waiting.delete(signal);
  };
}
