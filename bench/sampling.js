'use strict';

// What choosing a token takes, in microseconds (first quartile), on one thread, on logits of a few kinds.
//
//   npm run bench -- --sampling [--vocabulary 262144] [--isa avx512|v3|plain] [--json] [--write]
//
// Without --isa: for each library that this processor runs. --write: puts the table into docs/performance.md.

const { parseArgs } = require('node:util');
const { enginesThatRun } = require('../scripts/build');
const { NAMES, runEngine } = require('./engine');
const { writeTable, alignedLine } = require('./writeTable');
const run = require('./run');

/** [{ isa, logits, way, microseconds }] */
async function measure(vocabulary, isas = enginesThatRun()) {
  const results = [];
  for (const isa of isas) {
    for (const [logits, way, microseconds] of await runEngine(isa, 'sampling', String(vocabulary)))
      results.push({ isa, logits, way, microseconds: Number(microseconds) });
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
  if (values.json) {
    console.log(JSON.stringify({ cpu: run.cpuName(), vocabulary: Number(values.vocabulary), results }, null, 2));
    return;
  }
  const caption = `${values.vocabulary} logits on ${run.cpuName()}, one thread, microseconds`;
  const table = tableOf(results);
  console.log(caption);
  for (const cells of table) console.log(alignedLine(cells, 18, 18));
  if (values.write) writeTable('docs/performance.md', 'sampling', caption, table);
}

module.exports = { main, measure };
