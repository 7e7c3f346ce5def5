'use strict';

// What formats cost, on one thread: compiling a schema, the whole mask at each token of a value, taking the token.
//
//   npm run bench -- --structured [--model FILE.gguf] [--suite FILE.jsonl] [--isa avx512|v3|plain] [--json]
//
// The model's vocabulary is all that is read of it (REALM_GOLDEN/tokenizers/qwen2.gguf has 151,936 tokens). The suite has a JSON object a
// line: `schema` and `tests`, of which those that are `valid` are walked (REALM_SUITES/maskbench-sample.jsonl).

const path = require('node:path');
const { parseArgs } = require('node:util');
const { enginesThatRun } = require('../scripts/build');
const { root } = require('../scripts/steps');
const { NAMES, runEngine } = require('./engine');
const { alignedLine } = require('./writeTable');

/** A folder of reference data outside of the repository. */
const shared = (variable, name) => process.env[variable] ?? path.join(root, '..', 'shared', name);

async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      model: { type: 'string', default: path.join(shared('REALM_GOLDEN', 'golden'), 'tokenizers', 'qwen2.gguf') },
      suite: { type: 'string', default: path.join(shared('REALM_SUITES', 'suites'), 'maskbench-sample.jsonl') },
      isa: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const isa = values.isa ?? enginesThatRun()[0];
  const lines = await runEngine(isa, 'grammars', values.model, values.suite);
  if (values.json) {
    console.log(JSON.stringify({ isa, lines }, null, 2));
    return;
  }
  const figures = lines.filter((line) => line.length > 3);
  for (const [what, count, more] of lines.filter((line) => line.length === 3))
    console.log(`${what}: ${count} (${more})`);
  console.log(NAMES[isa]);
  console.log(alignedLine(['', 'count', 'mean', 'p50', 'p90', 'p99', 'p99.9', 'max'], 14, 10));
  for (const line of figures) console.log(alignedLine(line, 14, 10));
}

module.exports = { main };
