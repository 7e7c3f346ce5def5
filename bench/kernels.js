'use strict';

// What the matrix kernels reach on one thread where memory is no matter: weights in the second-level cache, as fast as they go.
//
//   npm run bench -- --kernels [Q4_0,Q8_0,...] [--isa avx512|v3|plain] [--json] [--write]
//
// REALM_EMIT=0: without kernels that are made at run time. --write: puts the table into docs/performance.md.

const { parseArgs } = require('node:util');
const { enginesThatRun } = require('../scripts/build');
const { NAMES, runEngine } = require('./engine');
const { writeTable, alignedLine } = require('./writeTable');
const run = require('./run');

const HEAD = ['format', '1 token: GB/s', '1 token: GMAC/s', '4 tokens: GMAC/s', '8 tokens: GMAC/s'];

async function measure(format, isa) {
  const [one, four, eight] = await runEngine(isa, 'kernels', format);
  return { format, gigabytes: Number(one[1]), gmacs: [one, four, eight].map(([, , gmacs]) => Number(gmacs)) };
}

async function main(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      isa: { type: 'string', default: enginesThatRun()[0] },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
    },
  });
  const { formats } = require('..').getEngineInfo();
  const rows = [];
  for (const format of positionals[0]?.split(',') ?? formats.map(({ name }) => name))
    rows.push(await measure(format, values.isa));
  if (values.json) {
    console.log(JSON.stringify({ cpu: run.cpuName(), isa: values.isa, rows }, null, 2));
    return;
  }
  const caption = `One thread of ${run.cpuName()}, ${NAMES[values.isa]}`;
  const cellsOf = ({ format, gigabytes, gmacs }) => [
    format,
    ...[gigabytes, ...gmacs].map((figure) => figure.toFixed(0)),
  ];
  const table = [HEAD, ...rows.map(cellsOf)];
  console.log(caption);
  for (const cells of table) console.log(alignedLine(cells, 10, 18));
  if (values.write) writeTable('docs/performance.md', 'kernels', caption, table);
}

module.exports = { main };
