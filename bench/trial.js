'use strict';

// One trial of this engine in a process of its own: loads a model, does the cases it is given, prints one line of JSON.
// Started by run.js. Prompts are token ids, so that every engine has the same; guessed tokens and the prompt cache are off: a case is the work it says.

const { performance, monitorEventLoopDelay } = require('node:perf_hooks');
const { createHash } = require('node:crypto');
const fs = require('node:fs');

const began = performance.now();
const nodeMB = memory('VmRSS');
const { loadModel, getEngineInfo } = require('..');
const { ReadLoop } = require('./readSpeed');
const { median } = require('./run');

const TEXT = 'The quick brown fox jumps over the lazy dog, and the dog does not mind: it has seen many foxes.';
const REPEATS = Array.from({ length: 4 }, (_, i) => `set('width_${i}', 100); set('height_${i}', 200);\n`).join('');
const HASHED_TOKENS = 24;

/** MB of this process now (VmRSS) or at most so far (VmHWM); elsewhere than on Linux what Node knows. */
function memory(field) {
  try {
    return Number(new RegExp(`${field}:\\s*(\\d+) kB`).exec(fs.readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
  } catch {
    return field === 'VmRSS' ? process.memoryUsage.rss() / 2 ** 20 : process.resourceUsage().maxRSS / 1024;
  }
}

const plain = (maxTokens) => ({ maxTokens, ignoreEos: true, speculation: false, cachePrompt: false });

/** Bytes of the key/value cache for that many positions. */
function cacheBytes({ layers, kvHeadCount, headSize, cacheType }, positions) {
  const PAGE = 64;
  const bytes = { f32: 4, f16: 2 }[cacheType] ?? 34 / 32;
  return Math.ceil(positions / PAGE) * PAGE * layers * kvHeadCount * headSize * 2 * bytes;
}

const cases = {
  async prefill(model, ids, { tokens }) {
    const start = performance.now();
    await model.generate(ids(tokens), plain(1));
    return { speed: tokens / ((performance.now() - start) / 1000) };
  },

  /**
   * Tokens after the first ones, by time from when those came: what a reader of the stream sees. Where all come at once, by the
   * whole time.
   */
  async decode(model, ids, { tokens, depth }) {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const start = performance.now();
    let first;
    let before = 0;
    let count = 0;
    for await (const chunk of model.generate(ids(depth), plain(tokens + 1))) {
      if (first === undefined) {
        first = performance.now();
        before = chunk.tokens.length;
      }
      count += chunk.tokens.length;
    }
    const end = performance.now();
    delay.disable();
    const speed = count > before ? (count - before) / (end - first) : count / (end - start);
    return { speed: speed * 1000, eventLoopP99Ms: delay.percentile(99) / 1e6 };
  },

  /** The same while the main thread is taken for 5 of every 10 ms. */
  async busy(model, ids, work) {
    const [TAKEN, PERIOD] = [5, 10];
    let taken = 0;
    const start = performance.now();
    const timer = setInterval(() => {
      const from = performance.now();
      while (performance.now() < from + TAKEN);
      taken += performance.now() - from;
    }, PERIOD);
    const { speed } = await cases.decode(model, ids, work);
    clearInterval(timer);
    return { speed, busyShare: taken / (performance.now() - start) };
  },

  /** All tokens of several sequences, between the moment when each has begun and the moment when one ends. */
  async batch(model, ids, { sequences, tokens, depth }) {
    let running = 0;
    let from;
    let to;
    let count = 0;
    await Promise.all(
      Array.from({ length: sequences }, async (_, i) => {
        let begun = false;
        for await (const chunk of model.generate(ids(depth, i), plain(tokens))) {
          if (from !== undefined && to === undefined) count += chunk.tokens.length;
          if (!begun) running++;
          begun = true;
          if (running === sequences && to === undefined) from ??= performance.now();
        }
        to ??= performance.now();
      }),
    );
    // Undefined where nothing came between the two moments: too few tokens for so many sequences.
    return { speed: from < to && count > 0 ? count / ((to - from) / 1000) : undefined };
  },

  /**
   * What share of the memory's read speed decoding reaches: short stretches of it take turns with a streaming loop over as many bytes as
   * a token reads, on as many threads. What a virtual machine can read changes from one second to the next; in neighbouring tenths of
   * a second it is the same for both. The median of the turns.
   */
  async share(model, ids, { tokens, depth, bytes, turns, threads }) {
    const loop = new ReadLoop(threads, bytes);
    const ROUNDS = 3;
    const taken = [];
    for (let turn = 0; turn < turns; turn++) {
      let seconds = 0;
      for (let round = 0; round < ROUNDS; round++) seconds += await loop.run();
      const { speed } = await cases.decode(model, ids, { tokens, depth });
      taken.push({ speed, reads: (speed * bytes) / 1e9, loop: (ROUNDS * loop.bytes) / seconds / 1e9 });
    }
    await loop.close();
    const middle = (pick) => median(taken.map(pick));
    const share = middle(({ reads, loop: most }) => reads / most);
    return { share, ...Object.fromEntries(['speed', 'reads', 'loop'].map((key) => [key, middle((one) => one[key])])) };
  },

  /** The first token of a prompt, and of the same prompt once more: what the prompt cache spares. */
  async cached(model, ids, { tokens }) {
    const prompt = ids(tokens, 1);
    const options = { ...plain(1), cachePrompt: true };
    const timed = async () => {
      const start = performance.now();
      const { usage } = await model.generate(prompt, options);
      return { ms: performance.now() - start, cachedTokens: usage.cachedTokens };
    };
    const first = await timed();
    const { ms, cachedTokens } = await timed();
    return { speed: tokens / (ms / 1000), firstMs: first.ms, cachedMs: ms, cachedTokens };
  },

  /** Continuing a text, with guessed tokens and without: one that repeats itself, or one that does not (it is sampled, so as not to loop). */
  async guess(model, ids, { repeats, speculation, tokens }) {
    const prompt = model.tokenize(repeats ? REPEATS : TEXT);
    const options = { ...plain(tokens + 1), speculation, ...(repeats ? {} : { temperature: 1, seed: 1 }) };
    const start = performance.now();
    const { tokens: taken, draftedTokens, acceptedTokens } = await model.generate(prompt, options);
    return { speed: taken.length / ((performance.now() - start) / 1000), draftedTokens, acceptedTokens };
  },

  async hash(model) {
    const logits = await model.logits(model.tokenize(TEXT).subarray(0, HASHED_TOKENS));
    return { hash: createHash('sha256').update(logits).digest('hex').slice(0, 16) };
  },
};

async function main({ model: file, threads, options, work }) {
  const model = await loadModel(file, { ...(threads ? { threads } : {}), ...options });
  const loadMs = performance.now() - began;
  const { info } = model;
  // Far apart and never the same twice in a row: nothing to guess, and no row of the embedding is near the last.
  const ids = (count, salt = 0) =>
    Uint32Array.from({ length: count }, (_, i) => (i * 7919 + salt * 104729 + 13) % info.vocabSize);
  const cache = ({ tokens = 1, depth = 0, sequences = 1 }) => sequences * cacheBytes(info, depth + tokens + 1);

  await model.generate(ids(16), plain(1));
  const firstTokenMs = performance.now() - began;
  const results = [];
  for (const one of work) {
    const { tokens = 0, depth = 0 } = one;
    if (depth + tokens + 1 > info.contextLength) results.push({ tooLong: info.contextLength });
    else results.push(await cases[one.kind](model, ids, one));
  }
  const rssMB = memory('VmHWM');
  const weightsMB = info.bytes / 2 ** 20;
  const cacheMB = Math.max(cacheBytes(info, 16), ...work.map(cache)) / 2 ** 20;
  const overMB = rssMB - nodeMB - weightsMB - cacheMB;
  console.log(
    JSON.stringify({
      engine: `realm ${getEngineInfo().isa}`,
      load: { loadMs, firstTokenMs },
      memory: { rssMB, nodeMB, weightsMB, cacheMB, overMB },
      results,
    }),
  );
  model.close();
}

main(JSON.parse(process.argv[2])).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
