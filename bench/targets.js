'use strict';

// The figures this engine is held to, each as a ratio within one run, with the least and the aim.
//
//   npm run bench -- --targets --llama-bench PATH [--only smollm2-prefill,...] [--runs N] [--threads 2]
//                    [--smollm2 FILE] [--random FOLDER] [--save FILE.json] [--write] [--list]
//
// --smollm2: SmolLM2-135M-Instruct in Q4_1 (default: in REALM_MODELS, or ../shared/models).
// --random: where the random-weight models of 1.1B lie; those that are missing are made (default: a folder in the system's
//   temporary one, 5 GB).
// --save: results are added to that file row by row; a row that is in it is not measured again. Delete it to begin anew.
// --write: puts the table into docs/performance.md, and its comparisons into README.md.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { factsOf } = require('./ggufFacts');
const { writeRandomModel } = require('./randomModel');
const { writeTable } = require('./writeTable');
const { enginesThatRun } = require('../scripts/build');
const { measure: measureSampling } = require('./sampling');
const run = require('./run');

const RANDOM = ['q4_0', 'q4_k_m', 'q8_0', 'q6_k', 'q5_k_m', 'q4_1'];

const VOCABULARY = 262_144;

const TITLES = {
  smollm2: 'SmolLM2-135M Q4_1',
  ...Object.fromEntries(RANDOM.map((name) => [name, `1.1B ${name.toUpperCase()}`])),
};

const PREFILL = { kind: 'prefill', tokens: 512 };
const DECODE = { kind: 'decode', tokens: 128, depth: 128 };
const SHORT_PREFILL = { kind: 'prefill', tokens: 256 };
const SHARE = { kind: 'share', tokens: 8, depth: 16, turns: 15 };
const V3 = { environment: { REALM_ISA: 'v3' } };

const speedOf = (result, index = 0) => run.medianOf(result, (trial) => trial.results[index].speed);
const firstToken = (result) => run.medianOf(result, (trial) => trial.load.firstTokenMs);

/** Our speed in multiples of a peer's, in one case. */
const against = (peer, model, one, { least, aim, options } = {}) => ({
  what: `${TITLES[model]}, ${one.kind} of ${one.tokens}${options === V3 ? ', AVX2 alone' : ''}: times ${peer}`,
  least,
  aim,
  unit: 'x',
  measure(bench) {
    const [ours, theirs] = bench.alternate(model, [one], [run.realm(options), bench.peer(peer)]);
    return said(
      speedOf(ours) / speedOf(theirs),
      `${speedOf(ours).toFixed(1)} against ${speedOf(theirs).toFixed(1)} tokens/s`,
    );
  },
});

const said = (value, detail) => ({ value, detail });

/** Decoding's share of what a streaming loop reads, taking turns with it every few tokens. */
const bandwidth = (model) => ({
  what: `${TITLES[model]}, decode: share of the read speed`,
  least: 80,
  aim: 95,
  unit: ' %',
  measure(bench) {
    const facts = factsOf(bench.file(model));
    const cache = (SHARE.depth + SHARE.tokens / 2) * facts.cacheNumbers * 2;
    const work = { ...SHARE, bytes: facts.bytesPerToken + cache, threads: bench.threads };
    const [ours] = bench.alternate(model, [work], [run.realm()]);
    const of = (key) => run.medianOf(ours, (trial) => trial.results[0][key]);
    const detail = `${of('speed').toFixed(1)} tokens/s, ${of('reads').toFixed(1)} of ${of('loop').toFixed(1)} GB/s`;
    return said(100 * of('share'), detail);
  },
});

const ROWS = {
  'smollm2-prefill': against('llama-bench', 'smollm2', PREFILL, { least: 3.5, aim: 5 }),
  'smollm2-decode': against('llama-bench', 'smollm2', DECODE, { least: 2, aim: 2.6 }),
  'smollm2-javascript': against('node-llama-cpp', 'smollm2', DECODE, { least: 4, aim: 6 }),
  'smollm2-prefill-avx2': against('llama-bench', 'smollm2', PREFILL, { least: 2, options: V3 }),
  'smollm2-decode-avx2': against('llama-bench', 'smollm2', DECODE, { least: 1.7, options: V3 }),
  'q4_0-prefill': against('llama-bench', 'q4_0', SHORT_PREFILL, { least: 1.5, aim: 2.5 }),
  'q4_k_m-prefill': against('llama-bench', 'q4_k_m', SHORT_PREFILL, { least: 1.5, aim: 2.5 }),
  'q8_0-prefill': against('llama-bench', 'q8_0', SHORT_PREFILL, { least: 1.4, aim: 3 }),
  'q6_k-prefill': against('llama-bench', 'q6_k', SHORT_PREFILL, { least: 2, aim: 3.5 }),
  'q5_k_m-prefill': against('llama-bench', 'q5_k_m', SHORT_PREFILL, { least: 3, aim: 5 }),
  'q4_1-prefill': against('llama-bench', 'q4_1', SHORT_PREFILL, { least: 3, aim: 5 }),
  'q4_0-bandwidth': bandwidth('q4_0'),
  'q4_k_m-bandwidth': bandwidth('q4_k_m'),
  'q8_0-bandwidth': bandwidth('q8_0'),
  'q6_k-bandwidth': bandwidth('q6_k'),
  'q5_k_m-bandwidth': bandwidth('q5_k_m'),
  'q4_1-bandwidth': bandwidth('q4_1'),
  'smollm2-batch-8': {
    what: `${TITLES.smollm2}, 8 sequences decoding: times one`,
    least: 3,
    aim: 5,
    unit: 'x',
    measure(bench) {
      const work = [1, 8].map((sequences) => ({ ...DECODE, kind: 'batch', sequences }));
      const [ours] = bench.alternate('smollm2', work, [run.realm()]);
      const [one, eight] = [0, 1].map((i) => speedOf(ours, i));
      return said(eight / one, `${eight.toFixed(1)} against ${one.toFixed(1)} tokens/s in all`);
    },
  },
  'smollm2-load': {
    what: `${TITLES.smollm2}, start to first token: time, of node-llama-cpp's`,
    most: 0.6,
    aim: 0.2,
    unit: 'x',
    measure(bench) {
      const [ours, theirs] = bench.alternate('smollm2', [], [run.realm(), bench.peer('node-llama-cpp')]);
      const detail = `${firstToken(ours).toFixed(0)} against ${firstToken(theirs).toFixed(0)} ms to the first token`;
      return said(firstToken(ours) / firstToken(theirs), detail);
    },
  },
  'smollm2-memory': {
    what: `${TITLES.smollm2}, memory beside weights, cache and Node itself`,
    most: 40,
    aim: 25,
    unit: ' MB',
    measure(bench) {
      const [ours] = bench.alternate('smollm2', [PREFILL, DECODE], [run.realm()]);
      const of = (key) => run.medianOf(ours, (trial) => trial.memory[key]);
      const parts = ['weights', 'cache', 'node'].map((key) => `${key} ${of(`${key}MB`).toFixed(1)}`);
      return said(of('overMB'), `${of('rssMB').toFixed(1)} MB at most, of them ${parts.join(', ')}`);
    },
  },
  'smollm2-busy': {
    what: `${TITLES.smollm2}, decode with a main thread busy half of the time`,
    least: 70,
    aim: 90,
    unit: ' %',
    measure(bench) {
      const [ours] = bench.alternate('smollm2', [DECODE, { ...DECODE, kind: 'busy' }], [run.realm()]);
      const [idle, busy] = [0, 1].map((i) => speedOf(ours, i));
      const share = run.medianOf(ours, (trial) => trial.results[1].busyShare);
      const detail = `${busy.toFixed(1)} against ${idle.toFixed(1)} tokens/s, main thread taken ${(100 * share).toFixed(0)} %`;
      return said((100 * busy) / idle, detail);
    },
  },
};

/** One model, each way to compute: how many different logits come out. */
const sameLogits = (model) => ({
  what: `${TITLES[model]}: different logits`,
  most: 1,
  unit: '',
  measure(bench) {
    const ways = [{}, { REALM_ISA: 'v3' }, { REALM_EMIT: '0' }].map((environment) => run.realm({ environment }));
    const given = { model: bench.file(model), work: [{ kind: 'hash' }] };
    const trials = [...ways.map((way) => way({ ...given, threads: bench.threads })), ways[0]({ ...given, threads: 1 })];
    const hashes = new Set(trials.map((trial) => trial.results[0].hash));
    return said(hashes.size, `${[...hashes].join(', ')} with AVX-512, AVX2, no emitted kernels, one thread`);
  },
});

/** Choosing a token by logits like those of models: a few tokens have nearly all weight. */
const choosing = (way) => ({
  what: `Choosing among ${VOCABULARY} logits, ${way}`,
  most: 50,
  unit: ' µs',
  async measure(bench) {
    const all = (await bench.sampling()).filter((result) => result.way === way);
    const of = (kind) => all.find(({ logits }) => logits === kind).microseconds;
    return said(of('peaked'), `first quartile, one thread; flat logits ${of('flat').toFixed(0)} µs`);
  },
});

for (const way of ['top-k 40', 'top-p 0.95', 'min-p 0.05', 'all three'])
  ROWS[`sampling-${way.split(' ')[0]}`] = choosing(way);
for (const model of ['smollm2', ...RANDOM]) ROWS[`${model}-logits`] = sameLogits(model);

/** What rows measure with. */
class Bench {
  #sampling;
  constructor(values) {
    this.values = values;
    this.threads = Number(values.threads);
  }
  file(model) {
    if (!RANDOM.includes(model)) return this.values.smollm2;
    const file = path.join(this.values.random, `llama-1.1b-${model}.gguf`);
    if (!fs.existsSync(file)) {
      fs.mkdirSync(this.values.random, { recursive: true });
      writeRandomModel('llama-1.1b', model.toUpperCase(), file);
    }
    return file;
  }
  peer(name) {
    if (name === 'llama-bench') {
      if (!this.values['llama-bench']) throw new Error('this row needs --llama-bench PATH');
      return run.llamaBench(this.values['llama-bench']);
    }
    run.installPeers();
    return run.nodeLlamaCpp(true);
  }
  sampling() {
    return (this.#sampling ??= measureSampling(VOCABULARY, enginesThatRun().slice(0, 1)));
  }
  alternate(model, work, engines) {
    // The large models are slow, and their figures stand still.
    const runs = Number(this.values.runs ?? (RANDOM.includes(model) ? 3 : 5));
    return run.alternate(engines, { model: this.file(model), threads: this.threads, work }, runs);
  }
}

function verdict({ least, most, aim }, value) {
  const within = (limit) => (least === undefined ? value <= limit : value >= limit);
  if (aim !== undefined && within(aim)) return 'aim reached';
  return within(least ?? most) ? 'pass' : 'MISS';
}

const figureOf = ({ unit }, value) => `${value.toFixed(unit === 'x' ? 2 : 0)}${unit}`;

/** Rows that were measured, for a guide. */
function tableOf(names, saved) {
  const limit = ({ least, most }) => (least === undefined ? `at most ${most}` : `${least}`);
  const rows = names.map((name) => {
    const [row, { value, detail }] = [ROWS[name], saved[name]];
    return [row.what, figureOf(row, value), limit(row), `${row.aim ?? ''}`, verdict(row, value), detail];
  });
  return [['work', 'measured', 'minimum', 'aim', '', 'from'], ...rows];
}

function print(name, row, { value, detail }) {
  const limit = row.least === undefined ? `at most ${row.most}` : `at least ${row.least}`;
  const aim = row.aim === undefined ? '' : `, aim ${row.aim}`;
  console.log(
    `${name.padEnd(22)}${figureOf(row, value).padStart(9)}  ${verdict(row, value).padEnd(12)} ${limit}${aim}  (${detail})`,
  );
}

const caption = ({ threads }) => `${run.cpuName()}, ${threads} threads, ${new Date().toISOString().slice(0, 10)}`;

async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      threads: { type: 'string', default: '2' },
      runs: { type: 'string' },
      only: { type: 'string' },
      smollm2: {
        type: 'string',
        default: path.join(
          process.env.REALM_MODELS ?? path.join(__dirname, '../../shared/models'),
          'smollm2-135m-instruct-q4_1.gguf',
        ),
      },
      random: { type: 'string', default: path.join(os.tmpdir(), 'realm-bench') },
      'llama-bench': { type: 'string' },
      save: { type: 'string' },
      write: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
    },
  });
  const names = values.only?.split(',') ?? Object.keys(ROWS);
  const unknown = names.find((name) => !ROWS[name]);
  if (unknown) throw new Error(`--only takes rows of --list; got ${unknown}`);
  if (values.list) {
    console.log(names.join('\n'));
    return;
  }
  const saved = values.save && fs.existsSync(values.save) ? JSON.parse(fs.readFileSync(values.save, 'utf8')) : {};
  const bench = new Bench(values);
  console.log(caption(values));
  for (const name of names) {
    if (!saved[name]) {
      try {
        saved[name] = await ROWS[name].measure(bench);
      } catch (error) {
        console.log(`${name.padEnd(22)}  could not be measured: ${error.message.split('\n')[0]}`);
        process.exitCode = 1;
        continue;
      }
      if (values.save) fs.writeFileSync(values.save, JSON.stringify(saved, null, 2));
    }
    print(name, ROWS[name], saved[name]);
    if (verdict(ROWS[name], saved[name].value) === 'MISS') process.exitCode = 1;
  }
  if (!values.write) return;
  const measured = names.filter((name) => saved[name]);
  writeTable('docs/performance.md', 'targets', caption(values), tableOf(measured, saved));
  const compared = measured.filter((name) => ROWS[name].unit === 'x');
  const short = tableOf(compared, saved).map(([what, figure, , , , from]) => [what, figure, from]);
  writeTable('README.md', 'speed', caption(values), short);
}

module.exports = { main };
