import { whenAborted } from './abort';
import { binding, type JobEvent } from './binding';
import { fromNative, native } from './errors';
import { RealmError } from '../portable/errors';

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

/** What came since the last time. */
export type TokensEvent = (text: string, tokens: ArrayBuffer | undefined) => void;

export interface Job {
  cancel(): void;
  end: Promise<JobEnd>;
}

const CANCELLED = 3;

/** How a job ended: well, or with an error of the addon's. */
interface Outcome {
  end: JobEnd;
  error: unknown;
}

/** The error is made here, where the stack leads to whoever waits. */
async function endOf(outcome: Promise<Outcome>, signal: AbortSignal | undefined): Promise<JobEnd> {
  const { end, error } = await outcome;
  const cancelled = end.finishReason === CANCELLED || (error as { code?: string } | undefined)?.code === 'E_CANCELLED';
  if (cancelled && signal?.aborted) throw signal.reason;
  if (error) throw fromNative(error);
  return end;
}

/**
 * Starts work on the engine's threads.
 *
 * A signal that fires cancels the work; `end` then rejects with the signal's reason, when the engine has let go of it.
 * Nothing keeps listening to the signal after the end.
 */
export function startJob(
  start: (event: JobEvent) => bigint,
  signal: AbortSignal | undefined,
  onTokens?: TokensEvent,
): Job {
  if (signal?.aborted) return { cancel() {}, end: Promise.reject(signal.reason as Error) };

  let resolve!: (outcome: Outcome) => void;
  const outcome = new Promise<Outcome>((done) => (resolve = done));
  const event: JobEvent = (text, tokens, done, error, model, promptTokens, finishReason, memory, ...drafts) => {
    if (onTokens && (text !== '' || tokens)) onTokens(text, tokens);
    if (!done) return;
    ignore();
    const [draftedTokens, acceptedTokens] = drafts;
    resolve({ end: { model, promptTokens, finishReason, memory, draftedTokens, acceptedTokens }, error });
  };
  const job = native(() => start(event));
  const cancel = () => binding.cancelJob(job);
  const ignore = whenAborted(signal, cancel);
  return { cancel, end: endOf(outcome, signal) };
}

/** A generation or a run that the closing of its model has ended. */
export function closedMeanwhile(): RealmError {
  return new RealmError('E_CANCELLED', 'the model was closed before the work was done');
}
