// One trial of node-llama-cpp in a process of its own: the same work as ../trial.js, through its JavaScript API, streaming
// every token. `tuned` uses as many threads as ours; otherwise it runs as it comes.

import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';

const { model: modelPath, threads, prefill, decode, depth, tuned } = JSON.parse(process.argv[2]);

const began = performance.now();
const llama = await getLlama({
  gpu: false,
  build: 'never',
  logLevel: LlamaLogLevel.error,
  ...(tuned ? { maxThreads: threads } : {}),
});
const model = await llama.loadModel({ modelPath });
const context = await model.createContext({
  contextSize: prefill + depth + decode + 64,
  ...(tuned ? { threads } : {}),
});
const sequence = context.getSequence();
const loaded = performance.now();
const vocabSize = model.fileInfo.metadata.tokenizer.ggml.tokens.length;
const ids = (count) => Array.from({ length: count }, (_, i) => (i * 7919 + 13) % vocabSize);

/** Evaluates a prompt and takes `count` tokens, in a context that holds nothing before. */
async function run(prompt, count) {
  await sequence.clearHistory();
  let first;
  let taken = 0;
  for await (const _ of sequence.evaluate(prompt, { temperature: 0, yieldEogToken: true })) {
    first ??= performance.now();
    if (++taken === count) break;
  }
  return { first, taken };
}

await run(ids(1), 1);
const firstToken = performance.now();
const beforePrefill = performance.now();
await run(ids(prefill), 1);
const prefillSeconds = (performance.now() - beforePrefill) / 1000;
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
const { first, taken } = await run(ids(depth), decode + 1);
const decodeSeconds = (performance.now() - first) / 1000;
delay.disable();
console.log(
  JSON.stringify({
    engine: tuned ? 'node-llama-cpp' : 'node-llama-cpp as it comes',
    loadMs: loaded - began,
    firstTokenMs: firstToken - began,
    prefill: prefill / prefillSeconds,
    decode: (taken - 1) / decodeSeconds,
    rssMB: process.resourceUsage().maxRSS / 1024,
    eventLoopP99Ms: delay.percentile(99) / 1e6,
  }),
);
process.exit(0);
