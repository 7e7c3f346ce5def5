// One trial of node-llama-cpp in a process of its own: the same work as ../trial.js, through its JavaScript API, streaming
// every token. `tuned` uses as many threads as ours; otherwise it runs as it comes.

import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

const began = performance.now();
const { getLlama, LlamaLogLevel } = await import('node-llama-cpp');

const { model: modelPath, threads, work, tuned } = JSON.parse(process.argv[2]);
const positions = ({ tokens = 1, depth = 0 }) => tokens + depth + 8;
const most = (of, least) => Math.max(least, ...work.map(of));

const llama = await getLlama({
  gpu: false,
  build: 'never',
  logLevel: LlamaLogLevel.error,
  ...(tuned ? { maxThreads: threads } : {}),
});
const model = await llama.loadModel({ modelPath });
const context = await model.createContext({
  contextSize: most(positions, 64),
  sequences: most(({ sequences = 1 }) => sequences, 1),
  ...(tuned ? { threads } : {}),
});
const loadMs = performance.now() - began;
const vocabSize = model.fileInfo.metadata.tokenizer.ggml.tokens.length;
const contextLength = model.trainContextSize;
const ids = (count, salt = 0) => Array.from({ length: count }, (_, i) => (i * 7919 + salt * 104729 + 13) % vocabSize);

/** Evaluates a prompt and takes `count` tokens, in a context that holds nothing before. */
async function run(sequence, prompt, count, each = () => {}) {
  await sequence.clearHistory();
  let first;
  let taken = 0;
  for await (const _ of sequence.evaluate(prompt, { temperature: 0, yieldEogToken: true })) {
    first ??= performance.now();
    taken++;
    each();
    if (taken === count) break;
  }
  return { first, taken };
}

const sequence = context.getSequence();
const others = [];

const cases = {
  async prefill({ tokens }) {
    const start = performance.now();
    await run(sequence, ids(tokens), 1);
    return { speed: tokens / ((performance.now() - start) / 1000) };
  },
  async decode({ tokens, depth }) {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const { first, taken } = await run(sequence, ids(depth), tokens + 1);
    const seconds = (performance.now() - first) / 1000;
    delay.disable();
    return { speed: (taken - 1) / seconds, eventLoopP99Ms: delay.percentile(99) / 1e6 };
  },
  async busy(one) {
    const timer = setInterval(() => {
      const from = performance.now();
      while (performance.now() < from + 5);
    }, 10);
    const { speed } = await cases.decode(one);
    clearInterval(timer);
    return { speed };
  },
  async batch({ sequences, tokens, depth }) {
    while (others.length < sequences - 1) others.push(context.getSequence());
    let running = 0;
    let count = 0;
    let from;
    let to;
    await Promise.all(
      [sequence, ...others.slice(0, sequences - 1)].map(async (one, i) => {
        let begun = false;
        await run(one, ids(depth, i), tokens, () => {
          if (from !== undefined && to === undefined) count++;
          if (!begun) running++;
          begun = true;
          if (running === sequences) from ??= performance.now();
        });
        to ??= performance.now();
      }),
    );
    return { speed: count / ((to - from) / 1000) };
  },
  guess: async () => ({}), // another kind of prompt
  hash: async () => ({}), // its numbers differ from ours in the last digits
};

await run(sequence, ids(16), 1);
const firstTokenMs = performance.now() - began;
const results = [];
for (const one of work) {
  results.push(positions(one) > contextLength ? { tooLong: contextLength } : await cases[one.kind](one));
}
console.log(
  JSON.stringify({
    engine: tuned ? 'node-llama-cpp' : 'node-llama-cpp as it comes',
    load: { loadMs, firstTokenMs },
    memory: { rssMB: process.resourceUsage().maxRSS / 1024 },
    results,
  }),
);
process.exit(0);
