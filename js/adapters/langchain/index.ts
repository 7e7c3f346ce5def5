/** `@realm/realm-node/langchain`: models for LangChain (`@langchain/core` is a peer dependency), in process. */
export { ChatRealm, type ChatRealmParams } from './chatModel';
export { RealmEmbeddings, type RealmEmbeddingsParams } from './embeddings';
export { RealmRerank, type RealmRerankParams } from './reranker';
export type { RealmCallOptions } from './options';
