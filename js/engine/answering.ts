import { parentPort } from 'node:worker_threads';
import { RealmError } from '../portable/errors';
import { fromNative } from './errors';
import type { Answer, Order } from './thread';

/** The other side of `Thread`: what the script of a thread calls, once. */
export function answering<Work, Result>(
  doWork: (work: Work) => Result,
  transferred: (result: Result) => ArrayBuffer[] = () => [],
): void {
  const port = parentPort;
  port?.on('message', ({ call, work }: Order<Work>) => {
    try {
      const result = doWork(work);
      port.postMessage({ call, result } satisfies Answer<Result>, transferred(result));
    } catch (thrown) {
      const error = fromNative(thrown);
      const code = error instanceof RealmError ? error.code : 'E_INTERNAL';
      const message = error instanceof Error ? error.message : 'the thread failed';
      port.postMessage({ call, error: { code, message } } satisfies Answer<Result>);
    }
  });
}
