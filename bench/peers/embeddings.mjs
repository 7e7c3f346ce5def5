// Sentences a second of node-llama-cpp, one after the other, as its embedding context takes them: the same work as ../embeddings.js.

import { performance } from 'node:perf_hooks';
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';
import { sentence } from '../embeddings.js';

const { model: modelPath, threads, tokens, all } = JSON.parse(process.argv[2]);
const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error, maxThreads: threads });
const model = await llama.loadModel({ modelPath });
const context = await model.createEmbeddingContext({ contextSize: tokens + 8, threads });
const vocabSize = model.fileInfo.metadata.tokenizer.ggml.tokens.length;
const count = Math.ceil(all / tokens);
const texts = Array.from({ length: count }, (_, i) => sentence(tokens, i, vocabSize));
for (const text of texts.slice(0, 8)) await context.getEmbeddingFor(text);
const start = performance.now();
for (const text of texts) await context.getEmbeddingFor(text);
console.log(JSON.stringify({ speed: count / ((performance.now() - start) / 1000) }));
process.exit(0);
