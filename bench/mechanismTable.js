'use strict';

// What each mechanism costs beside llama.cpp: models of random weights in real shapes (mechanisms.js), prefill and decode.
//
//   npm run bench -- --mechanisms --llama-bench PATH [--only qwen3-0.6b,...] [--format Q4_K_M] [--runs 3] [--threads 2]
//                    [--random FOLDER] [--save FILE.json] [--write]
//
// --random: where the models lie; those that are missing are made (default: a folder in the system's temporary one, 17 GB).
// --save: results are added to that file row by row; a row that is in it is not measured again.
// --write: puts the table into docs/performance.md.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { MECHANISMS } = require('./mechanisms');
const { writeRandomModel } = require('./randomModel');
const { writeTable, alignedLine } = require('./writeTable');
const run = require('./run');

const WORK = [
  { kind: 'prefill', tokens: 256 },
  { kind: 'decode', tokens: 32, depth: 64 },
];
const HEAD = ['model', 'prefill', 'decode', 'tokens/s of ours', 'of llama-bench'];

function measure(shape, { folder, format, runs, threads, llamaBench }) {
  const file = path.join(folder, `${shape}-${format.toLowerCase()}.gguf`);
  if (!fs.existsSync(file)) {
    console.error(`making ${file} ...`);
    writeRandomModel(shape, format, `${file}.part`);
    fs.renameSync(`${file}.part`, file);
  }
  const engines = [run.realm(), run.llamaBench(llamaBench)];
  const [ours, theirs] = run.alternate(engines, { model: file, threads, work: WORK }, runs);
  const speed = (result, index) => run.medianOf(result, (trial) => trial.results[index].speed);
  return WORK.map((_, index) => [speed(ours, index), speed(theirs, index)]);
}

function rowOf(shape, results) {
  const times = results.map(([ours, theirs]) => `${(ours / theirs).toFixed(2)}x`);
  const speeds = [0, 1].map((who) => results.map((pair) => pair[who].toFixed(1)).join(' / '));
  return [shape, ...times, ...speeds];
}

function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      'llama-bench': { type: 'string' },
      only: { type: 'string' },
      format: { type: 'string', default: 'Q4_K_M' },
      runs: { type: 'string', default: '3' },
      threads: { type: 'string', default: String(run.usableThreads()) },
      random: { type: 'string', default: path.join(os.tmpdir(), 'realm-random') },
      save: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  });
  if (!values['llama-bench']) throw new Error('--llama-bench PATH is needed: llama.cpp built for this machine');
  const only = values.only?.split(',') ?? Object.keys(MECHANISMS);
  fs.mkdirSync(values.random, { recursive: true });
  const saved = values.save && fs.existsSync(values.save) ? JSON.parse(fs.readFileSync(values.save, 'utf8')) : {};
  const given = {
    folder: values.random,
    format: values.format,
    runs: Number(values.runs),
    threads: Number(values.threads),
    llamaBench: values['llama-bench'],
  };
  const rows = [HEAD];
  console.log(alignedLine(HEAD, 22, 20));
  for (const shape of only) {
    saved[shape] ??= measure(shape, given);
    if (values.save) fs.writeFileSync(values.save, JSON.stringify(saved, null, 1));
    rows.push(rowOf(shape, saved[shape]));
    console.log(alignedLine(rows.at(-1), 22, 20));
  }
  const caption = `${run.cpuName()}, ${values.threads} threads, ${values.format}, ${new Date().toISOString().slice(0, 10)}; median of ${values.runs}`;
  if (values.write) writeTable('docs/performance.md', 'mechanisms', caption, rows);
}

module.exports = { main };
