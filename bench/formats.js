'use strict';

// What each weight format costs: multiply-adds of a prefill (what its kernels reach) and gigabytes of a decode (what of the
// machine's read speed they reach), on random models of one shape, so that nothing but the format differs.
//
//   npm run bench -- --formats [Q4_0,Q8_0,...] [--shape llama-0.5b] [--runs 3] [--threads 2] [--llama-bench PATH] [--json] [--write]
//
// --write: puts the table into docs/performance.md. Models are made in a folder of the system's temporary one, and deleted again.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { factsOf } = require('./ggufFacts');
const { writeRandomModel } = require('./randomModel');
const { writeTable, alignedLine } = require('./writeTable');
const run = require('./run');

const WORK = [
  { kind: 'hash' },
  { kind: 'prefill', tokens: 256 },
  { kind: 'decode', tokens: 32, depth: 16 },
  { kind: 'share', tokens: 8, depth: 16, turns: 9 },
];
const [, PREFILL, DECODE, SHARE] = [0, 1, 2, 3];

function measure(file, format, values) {
  const threads = Number(values.threads);
  const facts = factsOf(file);
  const work = WORK.map((one) => (one.kind === 'share' ? { ...one, threads, bytes: facts.bytesPerToken } : one));
  const peers = values['llama-bench'] ? [run.llamaBench(values['llama-bench'])] : [];
  const [ours, peer] = run.alternate([run.realm(), ...peers], { model: file, threads, work }, Number(values.runs));
  const speed = (result, index) => result && run.medianOf(result, (trial) => trial.results[index].speed);
  const prefill = speed(ours, PREFILL);
  const decode = speed(ours, DECODE);
  const gigabytes = (decode * facts.bytesPerToken) / 1e9;
  return {
    format,
    bits: (8 * facts.bytesPerToken) / facts.multiplyAdds,
    prefill,
    gmacs: (prefill * facts.multiplyAdds) / 1e9,
    decode,
    gigabytes,
    share: run.medianOf(ours, (trial) => trial.results[SHARE].share),
    prefillRatio: prefill / speed(peer, PREFILL),
    decodeRatio: decode / speed(peer, DECODE),
    hash: ours.trials[0].results[0].hash,
  };
}

function main(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      shape: { type: 'string', default: 'llama-0.5b' },
      runs: { type: 'string', default: '3' },
      threads: { type: 'string', default: '2' },
      'llama-bench': { type: 'string' },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
    },
  });
  const { getEngineInfo } = require('..');
  const { formats, isa } = getEngineInfo();
  const names = positionals[0]?.split(',') ?? formats.map(({ name }) => name);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-formats-'));
  const rows = [];
  const print = (cells) => console.log(alignedLine(cells, 8, 10));
  const caption = `${values.shape} on ${run.cpuName()}, ${values.threads} threads, engine ${isa}, median of ${values.runs}`;
  if (!values.json) {
    console.log(caption);
    print(HEAD);
  }
  try {
    for (const name of names) {
      const file = path.join(folder, 'model.gguf');
      writeRandomModel(values.shape, name, file);
      rows.push(measure(file, name, values));
      if (!values.json) print(cellsOf(rows.at(-1)));
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
  if (values.json) console.log(JSON.stringify({ cpu: run.cpuName(), isa, shape: values.shape, rows }, null, 2));
  if (values.write) writeTable('docs/performance.md', 'formats', caption, [HEAD, ...rows.map(cellsOf)]);
}

const HEAD = ['format', 'bits', 'prefill/s', 'GMAC/s', 'decode/s', 'GB/s', 'share', 'prefill x', 'decode x'];

function cellsOf({ format, bits, prefill, gmacs, decode, gigabytes, share, prefillRatio, decodeRatio }) {
  const ratio = (number) => (Number.isFinite(number) ? number.toFixed(2) : '');
  const speeds = [bits.toFixed(2), prefill.toFixed(1), gmacs.toFixed(0), decode.toFixed(1), gigabytes.toFixed(1)];
  return [format, ...speeds, `${(100 * share).toFixed(0)} %`, ratio(prefillRatio), ratio(decodeRatio)];
}

module.exports = { main };
