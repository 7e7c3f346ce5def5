import { hasMembers, invalid, show, wholeNumber } from '../engine/check';
import { scalesOf } from './generate';
import { knownOptions, readOptions, type Table } from './table';

/** What stays when a session's context is full. */
export interface ContextShift {
  /** First tokens that stay. Default 4. */
  keep?: number;
  /** Last tokens that stay. Default: half of the context. */
  recent?: number;
}

export interface SessionOptions {
  /**
   * When the context is full, go on with the first tokens and the last ones, which are computed again at their new places; `true`: with
   * the defaults. Default false: a generation ends there, with `finishReason: 'length'`.
   */
  contextShift?: boolean | ContextShift;
  /** How strong each adapter of the model is, in the order of `loadModel`'s `lora`. Default: as they were opened. */
  lora?: readonly number[];
}

const MOST = 0x7fffffff;

function shiftOf(contextLength: number) {
  return (name: string, value: unknown): { keep: number; recent: number } | undefined => {
    if (value === undefined || value === false) return undefined;
    if (value !== true && !hasMembers(value))
      throw invalid(`${name} must be true, false or { keep, recent }, got ${show(value)}`);
    const given = knownOptions(name, value === true ? {} : value, ['keep', 'recent']);
    return {
      keep: wholeNumber(`${name}.keep`, given.keep, 4, MOST),
      recent: wholeNumber(`${name}.recent`, given.recent, contextLength >> 1, MOST),
    };
  };
}

/** Reads each option once, checks it, fills in what is missing. The result is what the engine reads. */
export function checkSessionOptions(
  options: SessionOptions | undefined,
  { contextLength }: { readonly contextLength: number | null },
): string {
  // `managed/Abi/SessionOptionTable.cs` has the same rows.
  const table = { contextShift: shiftOf(contextLength ?? 0), lora: scalesOf } satisfies Table;
  return readOptions('createSession', table, {}, options).json;
}
