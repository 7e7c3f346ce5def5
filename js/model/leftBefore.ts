/**
 * A generator whose work has begun: who leaves it ends the work at once, also before its first step, when it has no `finally` to
 * run yet, and while a step is still to come.
 *
 * @param onLeave ends the work; resolves when it is over
 */
export function leftBefore<T>(
  steps: AsyncGenerator<T, void, undefined>,
  onLeave: () => PromiseLike<unknown>,
): AsyncGenerator<T, void, undefined> {
  const end = steps.return.bind(steps);
  return Object.assign(steps, {
    async return(value: void | PromiseLike<void>) {
      const [last] = await Promise.all([end(value), onLeave()]);
      return last;
    },
  });
}

/** Ends work that is left: whatever comes of it. */
export const leave = (work: { cancel(): void } & PromiseLike<unknown>): Promise<unknown> => {
  work.cancel();
  return Promise.resolve(work).catch(() => {});
};
