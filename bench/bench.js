'use strict';

// How fast a model runs here, each trial in a process of its own, peers alternating with ours.
//
//   npm run bench -- [model.gguf] [--threads N] [--prefill 512] [--decode 128] [--depth 128] [--runs 5]
//                    [--peers] [--llama-bench PATH] [--json]
//
// --peers: node-llama-cpp too (installed into bench/peers when it is not there), with our number of threads and as it comes.
// --llama-bench: llama.cpp's own program too. Prints the median of each figure, and ours in multiples of each peer's.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '0' },
    prefill: { type: 'string', default: '512' },
    decode: { type: 'string', default: '128' },
    depth: { type: 'string', default: '128' },
    runs: { type: 'string', default: '5' },
    peers: { type: 'boolean', default: false },
    'llama-bench': { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const model = positionals[0] ?? process.env.MODEL_PATH ?? path.join(__dirname, '../models/tiny-atlas-q4_k_m.gguf');
const number = (name) => Number(values[name]);

const threads = number('threads') || (os.availableParallelism?.() ?? os.cpus().length);
const work = { model, threads, prefill: number('prefill'), decode: number('decode'), depth: number('depth') };

function trial(file, options) {
  return JSON.parse(
    execFileSync(process.execPath, [path.join(__dirname, file), JSON.stringify(options)], { encoding: 'utf8' }),
  );
}

/** llama.cpp's llama-bench: the same counts on the same file, one repetition. */
function llamaBench(program) {
  const shape = ['-p', values.prefill, '-n', values.decode, '-d', '0', '-r', '1', '-o', 'json'];
  const args = ['-m', model, '-t', String(threads), ...shape];
  const rows = JSON.parse(execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  const speed = (find) => rows.find(find)?.avg_ts;
  return {
    engine: 'llama-bench',
    prefill: speed((row) => row.n_gen === 0),
    decode: speed((row) => row.n_prompt === 0),
  };
}

function installPeers() {
  const cwd = path.join(__dirname, 'peers');
  if (fs.existsSync(path.join(cwd, 'node_modules'))) return;
  console.error('installing the peers into bench/peers ...');
  execFileSync('npm', ['ci', '--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund'], {
    cwd,
    stdio: 'ignore',
  });
}

function median(numbers) {
  const sorted = numbers.filter((n) => n !== undefined).sort((a, b) => a - b);
  return sorted.length ? sorted[Math.floor(sorted.length / 2)] : undefined;
}

if (values.peers) installPeers();
const engines = [
  () => trial('trial.js', work),
  ...(values['llama-bench'] ? [() => llamaBench(values['llama-bench'])] : []),
  ...(values.peers ? [true, false].map((tuned) => () => trial('peers/nodeLlamaCpp.mjs', { ...work, tuned })) : []),
];
const trials = new Map();
for (let run = 0; run < number('runs'); run++) {
  for (const engine of engines) {
    const result = engine();
    trials.set(result.engine, [...(trials.get(result.engine) ?? []), result]);
  }
}

const FIGURES = [
  ['prefill', `prefill ${values.prefill}, tokens/s`],
  ['decode', `decode ${values.decode}, tokens/s`],
  ['decodeGBs', 'decode, GB/s of weights'],
  ['loadMs', 'load, ms'],
  ['firstTokenMs', 'load to first token, ms'],
  ['rssMB', 'peak memory, MB'],
  ['eventLoopP99Ms', 'event loop delay p99, ms'],
];
const medians = [...trials].map(([engine, list]) => ({
  engine,
  ...Object.fromEntries(FIGURES.map(([key]) => [key, median(list.map((trial) => trial[key]))])),
}));

if (values.json) {
  console.log(
    JSON.stringify(
      { cpu: os.cpus()[0].model, model: path.basename(model), medians, trials: Object.fromEntries(trials) },
      null,
      2,
    ),
  );
} else {
  console.log(`${path.basename(model)} on ${os.cpus()[0].model}, median of ${values.runs}`);
  for (const [key, name] of FIGURES) {
    const [us, ...peers] = medians.filter((m) => m[key] !== undefined);
    const cell = (m) => `${m.engine} ${m[key].toFixed(1)}`;
    const others = peers.map((m) => `${cell(m)} (${(us[key] / m[key]).toFixed(2)}x)`);
    console.log(`  ${name.padEnd(28)} ${[cell(us), ...others].join('   ')}`);
  }
}
