export { connect, type ConnectOptions } from './connect.mjs';
export { Client, type GenerateOptions, type ModelOptions } from './client.mjs';
export { Answer, type AnswerChunk, type AnswerResult } from './answer.mjs';
export { createRemoteImports, type RemoteImportOptions, type RemoteImports } from './guest.mjs';
export { RealmError } from './error.mjs';
