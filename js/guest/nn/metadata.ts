import type { Format } from '../../options/structure';
import { GuestFault } from '../../portable/guest/faults';
import { checkOptionsLength, objectOf } from '../../portable/guest/json';

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
  /** Of `grammar` (GBNF) or `json-schema`. */
  format?: Format;
}

const NUMBERS = ['n-predict', 'temp', 'top-p', 'top-k', 'min-p', 'repeat-penalty', 'seed'] as const;
/** What would change the answer, and is not there. */
const MISSING = ['image', 'embedding'];

export function readMetadata(text: string): NnOptions {
  checkOptionsLength('the options', text);
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
  const format = formatOf(given);
  if (format !== undefined) options.format = format;
  return options;
}

/** A grammar is a text of GBNF; a schema is an object, or its JSON as a text. */
function formatOf({ grammar, 'json-schema': schema }: Record<string, unknown>): Format | undefined {
  if (grammar && schema) throw new GuestFault('INVALID_ARGUMENT', 'grammar and json-schema cannot be given at once');
  if (grammar) {
    if (typeof grammar !== 'string') throw new GuestFault('INVALID_ARGUMENT', 'the option grammar is not a text');
    return { gbnf: grammar };
  }
  if (!schema) return undefined;
  return typeof schema === 'string' ? objectOf('json-schema', schema) : (schema as Format);
}
