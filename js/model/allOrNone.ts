/**
 * All results, or, when all have ended, the first error; `onFailure` is called at once with that of each that fails.
 */
export async function allOrNone<T>(work: readonly Promise<T>[], onFailure: (error: unknown) => void): Promise<T[]> {
  for (const one of work) one.catch(onFailure);
  const settled = await Promise.allSettled(work);
  return settled.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}
