'use strict';

// Sentences a second that become vectors, beside llama.cpp and node-llama-cpp. Sentences are token ids, so that every engine has the same;
// each of ours is one call of `model.embed` with all of them, theirs take one sentence after the other, as their programs do.
//
//   npm run bench -- --embeddings MODEL.gguf ... [--llama-bench PATH] [--peers] [--tokens 16,64,256] [--runs 5] [--threads 2] [--write]
//
// --peers: node-llama-cpp too (installed into bench/peers). --write: puts the table into docs/performance.md. A model of BERT's shape
// with random weights: node bench/randomModel.js bert-base F16 FILE.gguf

const { execFileSync } = require('node:child_process');
const path = require('node:path');
const { performance } = require('node:perf_hooks');
const { parseArgs } = require('node:util');
const { writeTable, alignedLine } = require('./writeTable');
const run = require('./run');

const HEAD = ['model', 'tokens a sentence', 'sentences/s', 'of llama-bench', 'of node-llama-cpp'];

/** Tokens of all sentences of a trial: enough that it takes a while, whatever their length. */
const TOKENS = 8192;

/** The sentence number `salt`. */
const sentence = (count, salt, vocabSize) =>
  Array.from({ length: count }, (_, i) => 1000 + ((i * 7919 + salt * 104729) % (vocabSize - 1000)));

async function trial({ model: file, threads, tokens }) {
  const { loadModel } = require('..');
  const model = await loadModel(file, { threads });
  const { vocabSize } = model.info;
  const count = Math.ceil(TOKENS / tokens);
  const texts = Array.from({ length: count }, (_, i) => Uint32Array.from(sentence(tokens, i, vocabSize)));
  await model.embed(texts.slice(0, 8));
  const start = performance.now();
  await model.embed(texts);
  console.log(JSON.stringify({ speed: count / ((performance.now() - start) / 1000) }));
  model.close();
}

function llamaBench(program, { model, threads, tokens }) {
  const args = ['-m', model, '-t', String(threads), '-embd', '1', '-p', String(tokens), '-n', '0', '-r', '20'];
  const text = execFileSync(program, [...args, '-o', 'json'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return { speed: JSON.parse(text)[0].avg_ts / tokens };
}

function measure(given, { program, peers, runs }) {
  const engines = [
    () => run.nodeTrial('embeddings.js', given),
    ...(program ? [() => llamaBench(program, given)] : []),
    ...(peers ? [() => run.nodeTrial('peers/embeddings.mjs', { ...given, all: TOKENS })] : []),
  ];
  const speeds = engines.map(() => []);
  for (let i = 0; i < runs; i++) engines.forEach((engine, which) => speeds[which].push(engine().speed));
  return speeds.map(run.median);
}

function main(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      'llama-bench': { type: 'string' },
      peers: { type: 'boolean', default: false },
      tokens: { type: 'string', default: '16,64,256' },
      runs: { type: 'string', default: '5' },
      threads: { type: 'string', default: String(run.usableThreads()) },
      write: { type: 'boolean', default: false },
    },
  });
  if (values.peers) run.installPeers();
  const how = { program: values['llama-bench'], peers: values.peers, runs: Number(values.runs) };
  const rows = [HEAD];
  console.log(alignedLine(HEAD, 34, 20));
  for (const model of positionals) {
    for (const tokens of values.tokens.split(',').map(Number)) {
      const [ours, ...others] = measure({ model, tokens, threads: Number(values.threads) }, how);
      const ratios = others.map((speed) => `${(ours / speed).toFixed(2)}x`);
      const [ofBench, ofPeer] = how.program ? ratios : ['', ...ratios];
      rows.push([path.basename(model), String(tokens), ours.toFixed(1), ofBench ?? '', ofPeer ?? '']);
      console.log(alignedLine(rows.at(-1), 34, 20));
    }
  }
  const caption = `${run.cpuName()}, ${values.threads} threads, ${new Date().toISOString().slice(0, 10)}; median of ${values.runs}`;
  if (values.write) writeTable('docs/performance.md', 'embeddings', caption, rows);
}

module.exports = { main, sentence };

if (require.main === module) void trial(JSON.parse(process.argv[2]));
