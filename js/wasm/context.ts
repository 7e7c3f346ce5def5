import type { Calls } from '../guest/calls';
import type { GuestMemory } from '../guest/memory';
import type { GuestModels } from '../guest/models';

/** What the imports of one guest share. */
export interface GuestContext {
  memory: GuestMemory;
  models: GuestModels;
  calls: Calls;
  /** Ids of models already loaded by name: a guest that asks again gets the same. */
  named: Map<string, number>;
  /** Hands text to the host; false: it wants no more. */
  onText: (text: string) => boolean;
}

export type Import = (...args: unknown[]) => number;
