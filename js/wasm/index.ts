import { optionsObject } from '../engine/check';
import { LocalModels, type AllowedModels } from '../guest/local';
import { createImports, type ImportOptions, type RealmImports } from '../portable/imports/imports';

export { GuestCode, type GuestCodeName } from '../portable/guest/faults';
export type { AllowedModels, ModelSource } from '../guest/local';
export type { MemorySource } from '../portable/guest/memory';
export type { GuestLimits } from '../portable/guest/quota';
export type { RealmImports } from '../portable/imports/imports';
export { createExtismFunctions, type ExtismContext, type ExtismFunction, type ExtismFunctions } from './extism';
export { runGuest, type GuestRun, type GuestRunOptions } from './run';

export interface RealmImportOptions extends ImportOptions {
  /** The models the guest may load, by the names it uses. */
  models?: AllowedModels;
}

/**
 * The import object of Option 2: module `env`, raw pointers. Hand it to `WebAssembly.instantiate` as it is, or spread it
 * into one of your own; then `attach` the instance. One import object serves one guest: its models and their
 * key/value caches are its own, the weights are shared with everybody.
 *
 * No call throws into the guest: failures are negative numbers (`GuestCode`), and `realm_last_error` tells why.
 */
export function createRealmImports(options: RealmImportOptions = {}): RealmImports {
  return createImports(new LocalModels(optionsObject(options).models), options);
}
