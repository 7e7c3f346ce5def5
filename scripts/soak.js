'use strict';

// `npm run soak [-- loads N | aborts N | cuts N | exits N]`: the same thing a thousand times, and nothing of it left. Prints a line for each; exits 1 when something is.
//
//   loads    a model is opened, used and closed: memory, descriptors, threads and maps are flat after the first 500. (V8's young generation grows in steps of
//            megabytes over thousands of them, so it is kept small: --max-semi-space-size.)
//   aborts   generations are stopped at random moments, before, while and after they run: each ends once, how soon is told, and the next one is right
//   cuts     a file gets shorter at a random moment while it is loaded, used mapped, stored and looked through: E_TRUNCATED or E_IO each time
//   exits    a process ends at a random moment, in one of five ways, while it works: with the status that it would have without us

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { root } = require('./steps');

const tinyAtlas = path.join(root, 'models/tiny-atlas-q4_k_m.gguf');
const PROMPT = 'The capital of France is';
/** Bytes a load that the allocator may keep: it is not exact, and pages that were given back count only when the system looks. */
const SLOPE = 2048;

/** The same moments every time. */
function moments(seed) {
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
}

function usage() {
  globalThis.gc?.();
  const count = (what) => fs.readdirSync(`/proc/self/${what}`).length;
  const maps = fs.readFileSync('/proc/self/maps', 'utf8').split('\n').length;
  return { rss: process.memoryUsage().rss, descriptors: count('fd'), threads: count('task'), maps };
}

async function loads(times) {
  const { loadModel, loadModelSync } = require(root);
  const bytes = fs.readFileSync(tinyAtlas);
  const problems = [];
  let before;
  let after;
  const warm = 500;
  // The least of the last tenth of each part: what is above it has not been collected yet.
  const least = (one, other) => (one && one.rss < other.rss ? one : other);
  const tenth = Math.ceil(times / 10);
  for (let i = 0; i < warm + times; i++) {
    const source = i % 3 === 0 ? bytes : tinyAtlas;
    const model =
      i % 5 === 0 ? loadModelSync(source) : await loadModel(source, { weights: i % 2 ? 'packed' : 'mapped' });
    const { text } = await model.generate(PROMPT, { maxTokens: 4 });
    if (text !== ' Paris.') problems.push(`load ${i}: another text: ${text}`);
    model.close();
    if (i < warm && i >= warm - tenth) before = least(before, usage());
    if (i >= warm + times - tenth) after = least(after, usage());
  }
  for (const what of ['descriptors', 'threads', 'maps'])
    if (after[what] > before[what] + (what === 'maps' ? 16 : 2))
      problems.push(`${what}: ${before[what]} -> ${after[what]}`);
  const slope = (after.rss - before.rss) / times;
  if (slope > SLOPE) problems.push(`memory grows by ${Math.round(slope)} bytes a load`);
  return { what: `${times} loads: ${Math.round(slope)} bytes each, ${JSON.stringify(after)}`, problems };
}

async function aborts(times) {
  const { loadModel } = require(root);
  const model = await loadModel(tinyAtlas);
  const random = moments(7);
  const problems = [];
  const ends = {};
  const waits = [];
  const began = usage();
  for (let i = 0; i < times; i += 4) {
    const one = async () => {
      const controller = new AbortController();
      let aborted;
      const abort = () => {
        aborted ??= performance.now();
        controller.abort();
      };
      const late = setTimeout(abort, random() * 20);
      if (random() < 0.05) abort();
      try {
        await model.generate('Once upon a time', {
          maxTokens: 200,
          ignoreEos: true,
          temperature: 1,
          seed: i,
          signal: controller.signal,
        });
        return 'ended';
      } catch (error) {
        waits.push(performance.now() - aborted);
        return error.name;
      } finally {
        clearTimeout(late);
      }
    };
    for (const end of await Promise.all([one(), one(), one(), one()])) ends[end] = (ends[end] ?? 0) + 1;
  }
  for (const end of Object.keys(ends))
    if (end !== 'ended' && end !== 'AbortError') problems.push(`${ends[end]} x ${end}`);
  const { text } = await model.generate(PROMPT, { maxTokens: 4 });
  if (text !== ' Paris.') problems.push(`afterwards another text: ${text}`);
  const stats = model.stats?.();
  if (stats && stats.running !== 0) problems.push(`${stats.running} jobs are left`);
  model.close();
  const after = usage();
  if (after.threads > began.threads) problems.push(`threads: ${began.threads} -> ${after.threads}`);
  waits.sort((a, b) => a - b);
  const soonest = (share) => `${(waits[Math.ceil(share * waits.length) - 1] ?? 0).toFixed(1)} ms`;
  return {
    what: `${times} aborts: ${JSON.stringify(ends)}, after ${soonest(0.5)} (median), ${soonest(0.99)} (p99), ${soonest(1)} (worst)`,
    problems,
  };
}

/** What is done with a file until it fails. Each gives the codes in which that may end, and nothing is left open. */
const USES = {
  async load(path) {
    const { loadModel } = require(root);
    for (;;) {
      const model = await loadModel(path);
      try {
        await model.generate(PROMPT, { maxTokens: 2 });
      } finally {
        model.close();
      }
    }
  },
  async mapped(path) {
    const { loadModel } = require(root);
    const model = await loadModel(path, { weights: 'mapped' });
    try {
      for (;;) await model.generate(PROMPT, { maxTokens: 2, cachePrompt: false });
    } finally {
      model.close();
    }
  },
  async store(path) {
    const { storeModel, embedTokens, forwardLayer, computeLogits, removeModel } = require(root);
    for (;;) {
      const id = storeModel(path);
      try {
        computeLogits(id, forwardLayer(id, 0, embedTokens(id, [1, 2, 3]), 0));
      } finally {
        removeModel(id);
      }
    }
  },
  async verify(path) {
    const { loadModel } = require(root);
    const model = await loadModel(path, { vocabOnly: true });
    try {
      for (;;) await model.verify();
    } finally {
      model.close();
    }
  },
};

/** Shortens files from a thread of its own, so that it happens in the midst of a call that blocks. */
const CUTTER = `
  const { workerData: shared, parentPort } = require('node:worker_threads');
  const fs = require('node:fs');
  parentPort.on('message', ({ path, size, after }) => {
    Atomics.wait(new Int32Array(shared), 0, 0, after);
    fs.truncateSync(path, size);
    parentPort.postMessage('cut');
  });`;

async function cuts(times) {
  const random = moments(13);
  const whole = fs.readFileSync(tinyAtlas);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-cuts-'));
  const cutter = new Worker(CUTTER, { eval: true, workerData: new SharedArrayBuffer(4) });
  const problems = [];
  const ends = {};
  try {
    for (const [name, use] of Object.entries(USES))
      for (let i = 0; i < times; i++) {
        const file = path.join(folder, `${name}-${i}.gguf`);
        fs.writeFileSync(file, whole);
        const cut = once(cutter, 'message');
        cutter.postMessage({ path: file, size: Math.floor(random() * (whole.length - 1)), after: random() * 60 });
        const end = await use(file).catch((error) => error.code ?? String(error));
        await cut;
        ends[`${name} ${end}`] = (ends[`${name} ${end}`] ?? 0) + 1;
        // A file that is opened when it has been cut is a file of which a part is missing, whichever.
        if (!['E_TRUNCATED', 'E_IO', 'E_BOUNDS'].includes(end)) problems.push(`${name} ${i}: ${end}`);
        fs.rmSync(file);
      }
  } finally {
    await cutter.terminate();
    fs.rmSync(folder, { recursive: true });
  }
  return { what: `${times} cuts in each of ${Object.keys(USES).length} ways: ${JSON.stringify(ends)}`, problems };
}

const WAYS = {
  exit: ['process.exit(3)', 3],
  end: ['model.close()', 0],
  throw: ['setImmediate(() => { throw new Error("on purpose") })', 1],
  terminate: ['process.kill(process.pid, "SIGTERM")', 'SIGTERM'],
  interrupt: ['process.kill(process.pid, "SIGINT")', 'SIGINT'],
};

async function exits(times) {
  const random = moments(11);
  const names = Object.keys(WAYS);
  const problems = [];
  for (let i = 0; i < times; i++) {
    const [how, expected] = WAYS[names[i % names.length]];
    const script = `
      const { loadModelSync } = require(${JSON.stringify(root)});
      const model = loadModelSync(${JSON.stringify(tinyAtlas)});
      const work = () => model.generate('Once upon a time', { maxTokens: 300, ignoreEos: true }).then(work, () => {});
      work(); work();
      setTimeout(() => { ${how} }, ${Math.floor(random() * 100)});`;
    const child = spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
    const watchdog = setTimeout(() => child.kill('SIGKILL'), 20_000);
    const [code, signal] = await new Promise((resolve) => child.once('close', (...end) => resolve(end)));
    clearTimeout(watchdog);
    if ((signal ?? code) !== expected) problems.push(`${i} ${how}: ${signal ?? code}`);
  }
  return { what: `${times} exits`, problems };
}

const SOAKS = { loads, aborts, cuts, exits };

async function main([only, count]) {
  let bad = 0;
  for (const [name, soak] of Object.entries(SOAKS)) {
    if (only && only !== name) continue;
    const began = Date.now();
    const { what, problems } = await soak(Number(count ?? 1000));
    console.log(`${what}, ${((Date.now() - began) / 1000).toFixed(0)} s: ${problems.length ? 'NOT clean' : 'clean'}`);
    for (const problem of problems.slice(0, 20)) console.log(`  ${problem}`);
    bad += problems.length;
  }
  process.exitCode = bad ? 1 : 0;
}
void main(process.argv.slice(2));
