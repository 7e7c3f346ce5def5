'use strict';

// What formats cost, on one thread: compiling a schema, the whole mask at each token of a value, taking the token.
//
//   npm run bench -- --structured [--model FILE.gguf] [--suite FILE.jsonl] [--isa avx512|v3|plain] [--json] [--schemas 40] [--peers] [--llama-cpp FOLDER]
//
// With --peers the same by @mlc-ai/web-xgrammar, with --llama-cpp by llama.cpp (a checkout that is built in its folder `build`; a C++ compiler is
// needed), over so many schemas spread over the suite: compiling takes the one seconds at times, a mask the other tens of milliseconds.
//
// The model's vocabulary is all that is read of it (REALM_GOLDEN/tokenizers/qwen2.gguf has 151,936 tokens). The suite has a JSON object a
// line: `schema` and `tests`, of which those that are `valid` are walked (REALM_SUITES/maskbench-sample.jsonl).

const { execFileSync } = require('node:child_process');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { enginesThatRun } = require('../scripts/build');
const { root } = require('../scripts/steps');
const { NAMES, runEngine } = require('./engine');
const { installPeers } = require('./run');
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
      peers: { type: 'boolean', default: false },
      'llama-cpp': { type: 'string' },
      schemas: { type: 'string', default: '40' },
    },
  });
  const isa = values.isa ?? enginesThatRun()[0];
  const lines = await runEngine(isa, 'grammars', values.model, values.suite);
  const peers = peersOf(values);
  if (values.json) {
    console.log(JSON.stringify({ isa, lines, peers }, null, 2));
    return;
  }
  const figures = lines.filter((line) => line.length > 3);
  for (const [what, count, more] of lines.filter((line) => line.length === 3))
    console.log(`${what}: ${count} (${more})`);
  console.log(NAMES[isa]);
  console.log(alignedLine(['', 'count', 'mean', 'p50', 'p90', 'p99', 'p99.9', 'max'], 14, 10));
  for (const line of figures) console.log(alignedLine(line, 14, 10));
  for (const [name, peer] of Object.entries(peers)) {
    console.log(`${name}: ${peer.schemas} schemas, ${peer.refused} refused, ${peer.lost} values not taken`);
    for (const line of peer.lines) console.log(alignedLine(line.map(String), 14, 10));
  }
}

/** What others say of the same, each in a process of its own. */
function peersOf({ model, suite, schemas, peers, 'llama-cpp': llamaCpp }) {
  const found = {};
  if (peers) {
    installPeers();
    const args = [path.join(__dirname, 'peers/xgrammar.mjs'), model, suite, schemas];
    const text = execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    // It prints warnings before.
    found['web-xgrammar'] = JSON.parse(text.trim().split('\n').at(-1));
  }
  if (llamaCpp)
    found['llama.cpp'] = require('./peers/llamaGrammar').measure(path.resolve(llamaCpp), model, suite, Number(schemas));
  return found;
}

module.exports = { main };
