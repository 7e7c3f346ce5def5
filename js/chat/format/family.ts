import type { ChatFormat } from './types';

/** What a family is known to write. What is left out is found from the template. */
export interface Family {
  readonly name: string;
  /** Models of it, for the table in docs/tools.md. */
  readonly models: string;
  /** Lists of texts: all of one list are in the template, or in what it makes of a conversation with calls. */
  readonly marks: readonly (readonly string[])[];
  /** What the family writes, by what the template says and makes of a conversation: details differ between models. */
  readonly format: (evidence: string) => KnownFormat;
}

export type KnownFormat = Partial<
  Pick<ChatFormat, 'reasoning' | 'content' | 'channels' | 'ids' | 'parallel' | 'begun'>
> &
  Pick<ChatFormat, 'calls'>;

export const THINK = { start: '<think>\n', end: '\n</think>\n\n' } as const;
