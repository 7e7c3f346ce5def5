'use strict';

// One trial in a process of its own: load, prefill, decode, on random token ids. Prints one line of JSON. Started by bench.js.

const { performance, monitorEventLoopDelay } = require('node:perf_hooks');
const { loadModel, getEngineInfo } = require('..');

async function main({ model: file, threads, prefill, decode, depth }) {
  const began = performance.now();
  const model = await loadModel(file, threads ? { threads } : {});
  const loaded = performance.now();
  const { vocabSize, bytes } = model.info;
  const ids = (count) => Uint32Array.from({ length: count }, (_, i) => (i * 7919 + 13) % vocabSize);

  // The first pass touches all weights once; what counts comes after it.
  await model.generate(ids(1), { maxTokens: 1, ignoreEos: true });
  const firstToken = performance.now();

  const beforePrefill = performance.now();
  await model.generate(ids(prefill), { maxTokens: 1, ignoreEos: true });
  const prefillSeconds = (performance.now() - beforePrefill) / 1000;

  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  let first;
  let count = 0;
  for await (const chunk of model.generate(ids(depth), { maxTokens: decode + 1, ignoreEos: true })) {
    if (first === undefined) {
      first = performance.now();
      count = -chunk.tokens.length;
    }
    count += chunk.tokens.length;
  }
  const decodeSeconds = (performance.now() - first) / 1000;
  delay.disable();

  console.log(
    JSON.stringify({
      engine: `realm ${getEngineInfo().isa}`,
      loadMs: loaded - began,
      firstTokenMs: firstToken - began,
      prefill: prefill / prefillSeconds,
      decode: count / decodeSeconds,
      decodeGBs: (bytes * count) / decodeSeconds / 1e9,
      rssMB: process.resourceUsage().maxRSS / 1024,
      eventLoopP99Ms: delay.percentile(99) / 1e6,
    }),
  );
  model.close();
}

main(JSON.parse(process.argv[2])).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
