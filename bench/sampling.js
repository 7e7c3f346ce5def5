'use strict';

// What choosing a token takes, in microseconds (first quartile), on one thread: the engine's sampler in a program of its own
// (bench/sampling), on logits of a few kinds. Without --isa: for each library that this processor runs.
//
//   npm run bench -- --sampling [--vocabulary 262144] [--isa avx512|v3|plain] [--json] [--write]
//
// --write: puts the table into docs/performance.md.

const { execFileSync } = require('node:child_process');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { ENGINES, RID } = require('../scripts/build');
const { publish } = require('../scripts/dotnet');
const { root, files, isCurrent, perform } = require('../scripts/steps');
const { writeTable } = require('./writeTable');
const run = require('./run');

const PROJECT = 'bench/sampling/Sampling.csproj';
const NAMES = { avx512: 'AVX-512', v3: 'AVX2', plain: 'plain' };

/** The program for an instruction set, built where it is not up to date. */
async function programFor(isa) {
  const at = `build/bench/sampling-${isa}`;
  const step = {
    name: `sampling ${isa}`,
    inputs: [...files('managed', '.cs'), ...files('bench/sampling', '.cs', '.csproj')],
    outputs: [`${at}/publish/sampling`],
    extra: [ENGINES[isa].ilc, RID],
    work: () =>
      publish(`sampling ${isa}`, PROJECT, { rid: RID, at, properties: { IlcInstructionSet: ENGINES[isa].ilc } }),
  };
  if (!isCurrent(step)) await perform(step);
  return path.join(root, at, 'publish/sampling');
}

/** The libraries that this processor runs, the best first. */
function isasHere() {
  const { isa } = require('..').getEngineInfo();
  return { avx512: ['avx512', 'v3'], avx2: ['v3'] }[isa] ?? ['plain'];
}

/** [{ isa, logits, way, microseconds }] */
async function measure(vocabulary, isas = isasHere()) {
  const results = [];
  for (const isa of isas) {
    const lines = execFileSync(await programFor(isa), [String(vocabulary)], { encoding: 'utf8' })
      .trim()
      .split('\n');
    for (const line of lines) {
      const [logits, way, microseconds] = line.split('|');
      results.push({ isa, logits, way, microseconds: Number(microseconds) });
    }
  }
  return results;
}

/** A line for each way to choose, a column for each kind of logits and library. */
function tableOf(results) {
  const distinct = (key) => [...new Set(results.map((result) => result[key]))];
  const columns = distinct('logits').flatMap((logits) => distinct('isa').map((isa) => ({ logits, isa })));
  const head = ['', ...columns.map(({ logits, isa }) => `${logits}, ${NAMES[isa]}`)];
  const timeOf = (way, { logits, isa }) =>
    results.find((one) => one.way === way && one.logits === logits && one.isa === isa).microseconds;
  return [head, ...distinct('way').map((way) => [way, ...columns.map((column) => timeOf(way, column).toFixed(0))])];
}

async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      vocabulary: { type: 'string', default: '262144' },
      isa: { type: 'string' },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
    },
  });
  const results = await measure(Number(values.vocabulary), values.isa && [values.isa]);
  const caption = `${values.vocabulary} logits on ${run.cpuName()}, one thread, microseconds`;
  if (values.json) {
    console.log(JSON.stringify({ cpu: run.cpuName(), vocabulary: Number(values.vocabulary), results }, null, 2));
    return;
  }
  const table = tableOf(results);
  console.log(caption);
  for (const cells of table) console.log(cells.map((cell, i) => (i ? cell.padStart(18) : cell.padEnd(18))).join(''));
  if (values.write) writeTable('docs/performance.md', 'sampling', caption, table);
}

module.exports = { main, measure, isasHere };
