export { createNnImports, NnErrno, type NnImportOptions, type NnImports } from '../guest/nn/imports';
export type { AllowedModels, ModelSource } from '../guest/local';
export type { GuestLimits } from '../portable/guest/quota';
export type { MemorySource } from '../portable/guest/memory';
