import { GuestFault } from '../portable/guest/faults';

/** WasmEdge's options that this engine has; the others (threads, n-gpu-layers, ctx-size, ...) change nothing and are passed over. */
export interface NnOptions {
  'n-predict'?: number;
  temp?: number;
  'top-p'?: number;
  'top-k'?: number;
  'min-p'?: number;
  'repeat-penalty'?: number;
  seed?: number;
  'reverse-prompt'?: string;
}

const NUMBERS = ['n-predict', 'temp', 'top-p', 'top-k', 'min-p', 'repeat-penalty', 'seed'] as const;
/** What would change the answer, and is not there. */
const MISSING = ['grammar', 'json-schema', 'image', 'embedding'];

export function readMetadata(text: string): NnOptions {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new GuestFault('INVALID_ARGUMENT', 'the options are not JSON');
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new GuestFault('INVALID_ARGUMENT', 'the options are not a JSON object');
  }
  const given = json as Record<string, unknown>;
  for (const name of MISSING) {
    if (given[name]) throw new GuestFault('UNSUPPORTED', `the option ${name} is not supported`);
  }
  const options: NnOptions = {};
  for (const name of NUMBERS) {
    const value = given[name];
    if (value === undefined) continue;
    if (typeof value !== 'number') throw new GuestFault('INVALID_ARGUMENT', `the option ${name} is not a number`);
    options[name] = value;
  }
  const stop = given['reverse-prompt'];
  if (typeof stop === 'string' && stop !== '') options['reverse-prompt'] = stop;
  return options;
}
