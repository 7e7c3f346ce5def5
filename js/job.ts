import { binding, type JobEvent } from './binding';
import { fromNative, native, RealmError } from './errors';

/** How a job ended well. */
export interface JobEnd {
  model: bigint;
  promptTokens: number;
  /** Of a generation: 1 stop, 2 length, 3 cancelled. */
  finishReason: number;
  memory: ArrayBuffer | undefined;
  /** Of a generation: guessed ids that the model has looked at, and how many of them were chosen. */
  draftedTokens: number;
  acceptedTokens: number;
}

export interface Job {
  cancel(): void;
  end: Promise<JobEnd>;
}

const CANCELLED = 3;

/**
 * Starts work on the engine's threads.
 *
 * A signal that fires cancels the work; `end` then rejects with the signal's reason, when the engine has let go of it.
 * Nothing keeps listening to the signal after the end.
 */
export function startJob(
  start: (event: JobEvent) => bigint,
  signal: AbortSignal | undefined,
  onTokens?: (text: string, tokens: ArrayBuffer | undefined) => void,
): Job {
  if (signal?.aborted) return { cancel() {}, end: Promise.reject(signal.reason as Error) };

  let resolve!: (end: JobEnd) => void, reject!: (reason: unknown) => void;
  const end = new Promise<JobEnd>((yes, no) => ([resolve, reject] = [yes, no]));
  const event: JobEvent = (text, tokens, done, error, model, promptTokens, finishReason, memory, ...drafts) => {
    if (onTokens && (text !== '' || tokens)) onTokens(text, tokens);
    if (!done) return;
    signal?.removeEventListener('abort', cancel);
    const cancelled = finishReason === CANCELLED || (error as { code?: string } | undefined)?.code === 'E_CANCELLED';
    if (cancelled && signal?.aborted) reject(signal.reason);
    else if (error) reject(fromNative(error));
    else {
      const [draftedTokens, acceptedTokens] = drafts;
      resolve({ model, promptTokens, finishReason, memory, draftedTokens, acceptedTokens });
    }
  };
  const job = native(() => start(event));
  const cancel = () => binding.cancelJob(job);
  signal?.addEventListener('abort', cancel);
  return { cancel, end };
}

/** A generation or a run that the closing of its model has ended. */
export function closedMeanwhile(): RealmError {
  return new RealmError('E_CANCELLED', 'the model was closed before the work was done');
}
