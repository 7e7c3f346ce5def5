import type { Deltas } from './deltas';
import type { Source } from './source';
import type { ReadyCalls } from './syntax';
import type { ToolSchema } from './types';

/** What the readers of an answer's parts share. */
export interface Context {
  readonly source: Source;
  readonly deltas: Deltas;
  readonly calls: ReadyCalls;
  /** By name; undefined: nobody said. */
  readonly tools: ReadonlyMap<string, ToolSchema> | undefined;
  /** An id for a call, perhaps the one that the model wrote. */
  readonly newId: (name: string, written: string | undefined) => string;
}

/** What a call is about to be: nothing has been told of it yet, and its text is kept in case it is none. */
export interface Header {
  name?: string;
  id?: string;
}

/** Tells of a call; its arguments may follow. */
export function begin({ source, deltas, newId }: Context, { name, id }: Header): void {
  source.stopRecord();
  deltas.startCall(newId(name!, id), name!);
}
