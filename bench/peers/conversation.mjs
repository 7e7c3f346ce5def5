// A conversation of ten turns with node-llama-cpp's own session, streamed: the same work as ../conversation.js.

import { performance } from 'node:perf_hooks';
import { getLlama, LlamaChatSession, LlamaLogLevel } from 'node-llama-cpp';

const { model: modelPath, threads, tokens, questions } = JSON.parse(process.argv[2]);
const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error, maxThreads: threads });
const model = await llama.loadModel({ modelPath });
const context = await model.createContext({ contextSize: 2048, threads });
const sequence = context.getSequence();
for await (const _ of sequence.evaluate(model.tokenize('Once'), { temperature: 0 })) break;
await sequence.clearHistory();
const start = performance.now();
const session = new LlamaChatSession({ contextSequence: sequence });
let generated = 0;
for (const question of questions)
  await session.prompt(question, {
    ...{ maxTokens: tokens, temperature: 0 },
    onToken: (some) => (generated += some.length),
  });
console.log(JSON.stringify({ milliseconds: performance.now() - start, generated }));
process.exit(0);
