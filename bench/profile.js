'use strict';

// Where the time goes: samples of a prefill and of a decode, by what the code does. Linux, with `perf`, from a built repository.
//
//   npm run bench -- --profile [model.gguf] [--threads 2] [--seconds 3] [--symbols] [--write]
//
// --symbols: the names with most samples too. --write: puts the table into docs/performance.md.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { writeTable, alignedLine } = require('./writeTable');
const run = require('./run');

const KINDS = [
  ['loading', /__Pack|PackedWeights|Formats_.*Load|Gguf|Tokenizers/],
  ['matrix products', /Gemm|Kernels_Emitted|^\[unknown\] anon/],
  [
    'what surrounds them (stores, gates)',
    /Step__|Blocks_Output|SwiGlu|Deal__|MatrixWork|MatrixLoop|Matrices|Linear__|Cut__/,
  ],
  ['attention', /Attention(?!__Position)|Attend|KeyBlock|_Exp__/],
  ['rounding activations', /Activations|Refine|Inputs__/],
  ['norms, rotations, the cache', /RmsNorm|Rope|Position|Reduce|Element__|Halves|Embed|DecodeRow|SingleToHalf/],
  [
    'waiting for the other thread',
    /SpinBarrier|HelperThreads|WeightsAhead|sched_yield|SwitchToThread|Thread__Yield|WorkerPool|do_sched/,
  ],
  ['sampling, scheduling', /Sampling|Generation|Scheduler/],
];

/** Symbols of the threads that compute, most samples first. What came before `delay` ms, the loading, does not count. */
function sample(folder, model, threads, one, repeats, delay) {
  const data = path.join(folder, 'perf.data');
  const work = Array.from({ length: repeats }, () => one);
  const trial = [path.join(__dirname, 'trial.js'), JSON.stringify({ model, threads, work })];
  const record = [
    'record',
    '-o',
    data,
    '-q',
    '-e',
    'cpu-clock',
    '-F',
    '1999',
    '-D',
    String(delay),
    process.execPath,
    ...trial,
  ];
  execFileSync('perf', record, { stdio: ['ignore', 'ignore', 'inherit'] });
  const report = [
    'report',
    '-i',
    data,
    '--stdio',
    '-q',
    '-t',
    '\t',
    '--sort',
    'comm,dso,symbol',
    '-F',
    'sample,comm,dso,symbol',
  ];
  const text = execFileSync('perf', report, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 64 << 20, // a line is as wide as the longest name
  });
  return text
    .split('\n')
    .map((line) => line.split('\t').map((cell) => cell.trim()))
    .filter(([samples, thread]) => samples && /^realm[ -](engine|worker)$/.test(thread))
    .map(([samples, , dso, symbol]) => {
      const unnamed = /anon/.test(dso) || /0x[0-9a-f]{8,}/.test(symbol);
      const name = unnamed ? `[unknown] anon` : symbol.replace(/^\[.\] /, '').replace(/realm_Realm_/g, '');
      return { samples: Number(samples), name };
    })
    .sort((a, b) => b.samples - a.samples);
}

function kindOf(name) {
  return KINDS.find(([, pattern]) => pattern.test(name))?.[0] ?? 'the system and the rest';
}

/** Shares of all samples but those of loading, by kind, largest first. */
function shares(symbols) {
  const sums = new Map();
  for (const { samples, name } of symbols) {
    const kind = kindOf(name);
    if (kind !== 'loading') sums.set(kind, (sums.get(kind) ?? 0) + samples);
  }
  const all = [...sums.values()].reduce((a, b) => a + b, 0);
  return new Map([...sums].map(([kind, samples]) => [kind, samples / all]));
}

/** perf finds the names of a stripped library by its build id. */
function addNames() {
  const root = path.join(__dirname, '../build/managed');
  if (!fs.existsSync(root))
    throw new Error('there is no build/managed: npm run build makes it, with the names of functions');
  for (const isa of fs.readdirSync(root)) {
    const file = path.join(root, isa, 'publish/realm.so.dbg');
    if (fs.existsSync(file)) execFileSync('perf', ['buildid-cache', '--update', file], { stdio: 'ignore' });
  }
}

function main(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      threads: { type: 'string', default: '2' },
      seconds: { type: 'string', default: '3' },
      symbols: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
    },
  });
  const model = positionals[0] ?? path.join(__dirname, '../models/tiny-atlas-q4_k_m.gguf');
  const threads = Number(values.threads);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-profile-'));
  const cases = {
    'prefill 512': { kind: 'prefill', tokens: 512 },
    'decode after 128': { kind: 'decode', tokens: 128, depth: 128 },
    'decode after 1,500': { kind: 'decode', tokens: 128, depth: 1500 },
    '8 sequences': { kind: 'batch', tokens: 128, depth: 128, sequences: 8 },
  };
  const found = {};
  try {
    addNames();
    for (const [name, one] of Object.entries(cases)) {
      const trial = run.realm()({ model, threads, work: [one] });
      const [{ speed, tooLong }] = trial.results;
      if (tooLong) continue;
      const delay = Math.ceil(trial.load.firstTokenMs) + 200;
      // A decode begins with a prefill: its part is small, and named with the rest.
      const repeats = Math.max(1, Math.round((Number(values.seconds) * speed) / (one.tokens * (one.sequences ?? 1))));
      const symbols = sample(folder, model, threads, one, repeats, delay);
      found[name] = shares(symbols);
      if (!values.symbols) continue;
      console.log(`\n${name}`);
      for (const { samples, name: symbol } of symbols.slice(0, 25)) {
        console.log(`  ${String(samples).padStart(7)}  ${kindOf(symbol).padEnd(38)} ${symbol}`);
      }
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
  const kinds = [...new Set(Object.values(found).flatMap((shares) => [...shares.keys()]))];
  const percent = (share = 0) => `${(100 * share).toFixed(1)} %`;
  const rows = kinds.map((kind) => [kind, ...Object.values(found).map((shares) => percent(shares.get(kind)))]);
  const head = ['', ...Object.keys(found)];
  const caption = `${path.basename(model)} on ${run.cpuName()}, ${threads} threads, shares of the samples`;
  console.log(caption);
  for (const cells of [head, ...rows]) console.log(alignedLine(cells, 40, 20));
  if (values.write) writeTable('docs/performance.md', 'profile', caption, [head, ...rows]);
}

module.exports = { main };
