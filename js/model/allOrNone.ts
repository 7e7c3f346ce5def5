/**
 * All results, or, when all have ended, the first error; `onFailure` is called at once when one fails.
 */
export async function allOrNone<T>(work: readonly Promise<T>[], onFailure: () => void): Promise<T[]> {
  for (const one of work) one.catch(onFailure);
  const settled = await Promise.allSettled(work);
  return settled.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}
