import type { Calls } from '../guest/calls.js';
import type { GuestAnswers } from '../guest/answers.js';
import type { EngineModel } from '../guest/engine.js';
import type { GuestMemory } from '../guest/memory.js';
import type { GuestModels } from '../guest/models.js';
import type { Quota } from '../guest/quota.js';

/** What the imports of one guest share. */
export interface GuestContext {
  memory: GuestMemory;
  models: GuestModels<EngineModel>;
  calls: Calls;
  quota: Quota;
  /** Ids of models already loaded by name: a guest that asks again gets the same. */
  named: Map<string, number>;
  /** Hands text to the host; false: it wants no more. */
  onText: (text: string) => boolean;
  /** The same with the reasoning of an answer. */
  onReasoning: (text: string) => boolean;
  answers: GuestAnswers;
}

export type Import = (...args: unknown[]) => number;
