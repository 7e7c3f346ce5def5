'use strict';

// How fast a model runs here, each trial in a process of its own, peers alternating with ours.
//
//   npm run bench -- [model.gguf] [--threads N] [--prefill 512] [--decode 128] [--depth 128] [--runs 5]
//                    [--llama-bench PATH] [--json]
//
// Prints the median of each figure and, with --llama-bench (llama.cpp's own program), the ratio to it in the same run.

const { execFileSync } = require('node:child_process');
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
    'llama-bench': { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const model = positionals[0] ?? process.env.MODEL_PATH ?? path.join(__dirname, '../models/tiny-atlas-q4_k_m.gguf');
const number = (name) => Number(values[name]);

function ours() {
  const options = { model, threads: number('threads'), prefill: number('prefill'), decode: number('decode'), depth: number('depth') };
  return JSON.parse(execFileSync(process.execPath, [path.join(__dirname, 'trial.js'), JSON.stringify(options)], { encoding: 'utf8' }));
}

/** llama.cpp's llama-bench: the same counts on the same file, one repetition. */
function llamaBench(program) {
  const threads = values.threads === '0' ? String(os.availableParallelism?.() ?? os.cpus().length) : values.threads;
  const shape = ['-p', values.prefill, '-n', values.decode, '-d', '0', '-r', '1', '-o', 'json'];
  const rows = JSON.parse(execFileSync(program, ['-m', model, '-t', threads, ...shape], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  const speed = (find) => rows.find(find)?.avg_ts;
  return { engine: 'llama-bench', prefill: speed((row) => row.n_gen === 0), decode: speed((row) => row.n_prompt === 0) };
}

function median(numbers) {
  const sorted = numbers.filter((n) => n !== undefined).sort((a, b) => a - b);
  return sorted.length ? sorted[Math.floor(sorted.length / 2)] : undefined;
}

const engines = [ours, ...(values['llama-bench'] ? [() => llamaBench(values['llama-bench'])] : [])];
const trials = new Map();
for (let run = 0; run < number('runs'); run++) {
  for (const engine of engines) {
    const trial = engine();
    trials.set(trial.engine, [...(trials.get(trial.engine) ?? []), trial]);
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
  console.log(JSON.stringify({ cpu: os.cpus()[0].model, model: path.basename(model), medians, trials: Object.fromEntries(trials) }, null, 2));
} else {
  console.log(`${path.basename(model)} on ${os.cpus()[0].model}, median of ${values.runs}`);
  for (const [key, name] of FIGURES) {
    const cells = medians.filter((m) => m[key] !== undefined).map((m) => `${m.engine} ${m[key].toFixed(1)}`);
    const [us, peer] = medians.map((m) => m[key]);
    console.log(`  ${name.padEnd(28)} ${cells.join('   ')}${us && peer ? `   ratio ${(us / peer).toFixed(2)}` : ''}`);
  }
}
