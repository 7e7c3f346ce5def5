'use strict';

// How late JavaScript's timers are while the engine works: eight generations run and a prompt of 1 MB comes in each second. A timer of 1 ms is watched
// from another clock (monitorEventLoopDelay), and a file is read again and again with one thread in libuv's pool.
//
//   npm run bench -- --event-loop [model.gguf] [--seconds 5] [--threads N]

const fs = require('node:fs');
const path = require('node:path');
const { monitorEventLoopDelay, performance } = require('node:perf_hooks');
const { parseArgs } = require('node:util');
const run = require('./run');

const SENTENCE = 'The quick brown fox jumps over the lazy dog. ';

async function watch({ model: file, seconds, threads, idle }) {
  const { loadModel } = require('..');
  const model = await loadModel(file, threads ? { threads } : {});
  const until = performance.now() + seconds * 1000;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const reads = [];
  const reading = (async () => {
    while (performance.now() < until) {
      const start = performance.now();
      await fs.promises.readFile(__filename);
      reads.push(performance.now() - start);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  const generating = async (seed) => {
    while (performance.now() < until)
      await model.generate(SENTENCE, { maxTokens: 64, ignoreEos: true, temperature: 1, seed });
  };
  const prompting = async () => {
    const text = SENTENCE.repeat(Math.ceil(2 ** 20 / SENTENCE.length));
    // It is longer than the context, which is known when it is tokenized: all of it, away from this thread.
    while (performance.now() < until) {
      await model.generate(text, { maxTokens: 1 }).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  };
  const work = idle ? [] : [...Array.from({ length: 8 }, (_, seed) => generating(seed)), prompting()];
  await Promise.all([reading, ...work]);
  delay.disable();
  model.close();
  reads.sort((a, b) => a - b);
  const of = (share) => delay.percentile(share) / 1e6;
  return { p50: of(50), p99: of(99), most: delay.max / 1e6, readP99: reads[Math.floor(reads.length * 0.99)] };
}

function main(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { seconds: { type: 'string', default: '5' }, threads: { type: 'string' } },
  });
  const model = positionals[0] ?? process.env.MODEL_PATH ?? path.join(__dirname, '../models/tiny-atlas-q4_k_m.gguf');
  const options = { model, seconds: Number(values.seconds), threads: Number(values.threads ?? 0) };
  for (const idle of [true, false]) {
    const given = { ...options, idle };
    const { p50, p99, most, readP99 } = run.nodeTrial('eventLoop.js', given, { UV_THREADPOOL_SIZE: '1' });
    const what = idle ? 'nothing runs' : 'eight generations, and a prompt of 1 MB a second';
    const [a, b, c, d] = [p50, p99, most, readP99].map((ms) => ms.toFixed(1));
    console.log(
      `${what}: timers of 1 ms come after ${a} ms (p50), ${b} ms (p99), ${c} ms (most); a file is read in ${d} ms (p99)`,
    );
  }
}

module.exports = { main };

if (require.main === module)
  void watch(JSON.parse(process.argv[2])).then((found) => console.log(JSON.stringify(found)));
