import { RealmError } from '../portable/errors';
import { whenAborted } from './abort';
import { binding, type JobEvent } from './binding';
import { fromNative, native } from './errors';
import { ObservedJob, tellPasses, type JobFacts } from './observe';
import { Processing, type LogitsProcessor } from './processing';

export interface Job {
  cancel(): void;
  /** The last event of a job that did its work. */
  end: Promise<JobEvent>;
}

const OUT_OF_MEMORY = 'no memory for what the job had to tell';

/** How a generation ended: the JSON of `realm_job_end`. */
export interface GenerationEnd {
  finishReason: 'stop' | 'length' | 'cancelled';
  /** What ended it, where that was a stop string or a token. */
  stop: string | number | null;
  /** With a format: whether all that it says was held to. */
  checked?: boolean;
  promptTokens: number;
  cachedTokens: number;
  generatedTokens: number;
  draftedTokens: number;
  acceptedTokens: number;
  timings: { queued: number; prompt: number; generation: number };
}

/** @internal How a generation ended, of its last event. */
export const endOf = ({ end }: JobEvent): GenerationEnd => JSON.parse(end ?? '{}') as GenerationEnd;

/** Why a signal fired; of a polyfill that does not tell, what the platform says in its place. */
export const reasonOf = ({ reason }: AbortSignal): unknown =>
  reason === undefined ? new DOMException('This operation was aborted', 'AbortError') : reason;

/** The error is made here, where the stack leads to whoever waits. */
async function outcomeOf(
  last: Promise<JobEvent>,
  signal: AbortSignal | undefined,
  processing: Processing | undefined,
): Promise<JobEvent> {
  const event = await last;
  if (processing?.thrown) throw processing.thrown.error;
  const { error } = event;
  const cancelled = error
    ? (error as { code?: string }).code === 'E_CANCELLED'
    : endOf(event).finishReason === 'cancelled';
  if (cancelled && signal?.aborted) throw reasonOf(signal);
  if (error) throw fromNative(error);
  return event;
}

/**
 * Starts work on the engine's threads. `facts`: for whoever observes. `processor`: of a job whose options say so.
 *
 * A signal that fires cancels the work; `end` then rejects with the signal's reason, when the engine has let go of it.
 * Nothing keeps listening to the signal after the end.
 */
export function startJob(
  facts: JobFacts,
  start: (onEvent: (event: JobEvent | undefined) => void) => bigint,
  signal: AbortSignal | undefined,
  onNews?: (event: JobEvent) => void,
  processor?: { processor: LogitsProcessor | undefined; choice: number },
): Job {
  if (signal?.aborted) return { cancel() {}, end: Promise.reject(reasonOf(signal)) };

  let resolve!: (event: JobEvent) => void;
  const last = new Promise<JobEvent>((done) => (resolve = done));
  const onEvent = (told: JobEvent | undefined): void => {
    const event = told ?? { text: '', end: '', error: new RealmError('E_OUT_OF_MEMORY', OUT_OF_MEMORY) };
    if (event.text !== '' || event.tokens) {
      observed.news(event);
      onNews?.(event);
    }
    processing?.add(job, event);
    if (event.end === undefined) return;
    ignore();
    observed.end(event);
    resolve(event);
  };
  const cancel = () => binding.cancelJob(job);
  const processing = processor?.processor && new Processing(processor.processor, processor.choice, cancel);
  tellPasses(facts);
  const job = native(() => start(onEvent));
  const observed = new ObservedJob(facts);
  const ignore = whenAborted(signal, cancel);
  return { cancel, end: outcomeOf(last, signal, processing) };
}

/**
 * Does work on the engine's threads while this one waits: the event loop stands still until it is done.
 *
 * @param run starts it, and returns after the last event
 * @returns the last event of a job that did its work
 */
export function waitForJob(
  facts: JobFacts,
  run: (onEvent: (event: JobEvent) => boolean) => void,
  onNews?: (event: JobEvent) => void,
): JobEvent {
  tellPasses(facts);
  let observed: ObservedJob | undefined;
  let last: JobEvent | undefined;
  try {
    native(() =>
      run((event) => {
        // What can't be started is no job.
        observed ??= new ObservedJob(facts);
        if (event.text !== '' || event.tokens) {
          observed.news(event);
          onNews?.(event);
        }
        if (event.end !== undefined) last = event;
        return true;
      }),
    );
    if (!last) throw new RealmError('E_CANCELLED', 'the thread that waited is about to end');
    if (last.error) throw fromNative(last.error);
    return last;
  } catch (error) {
    last ??= { text: '', end: '', error: error as Error };
    throw error;
  } finally {
    if (last) observed?.end(last);
  }
}

/** A generation or a run that the closing of its model, or of its session, has ended. */
export function closedMeanwhile(what: 'model' | 'session' = 'model'): RealmError {
  return new RealmError('E_CANCELLED', `the ${what} was closed before the work was done`);
}
