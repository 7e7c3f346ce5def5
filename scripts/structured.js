'use strict';

// What issue "structured output" promises, measured. Each part alone by its name, all of them without one:
//
//   npm run structured -- texts   [--count 1000] [--suite FILE.jsonl]   random texts of schemas: valid, and the same however they are made
//   npm run structured -- compare [--count 4] [--suite FILE.jsonl]      texts that a schema takes and refuses, beside Ajv
//   npm run structured -- hostile                                       formats that are wrong or too large
//   npm run structured -- parser  [--count 100000]                      changed answers through the parser of calls
//   npm run structured -- calls   [--count 100] [--model FILE.gguf]     a real model that must call a tool
//
// The suite has a JSON object a line, with `schema` (REALM_SUITES/maskbench-sample.jsonl); without one the tests' own schemas are taken.

const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { root } = require('./steps');
const { loadModel } = require(root);

const TINY = path.join(root, 'models/tiny-atlas-q4_k_m.gguf');

/** [name, schema] each. */
function schemasOf(suite) {
  if (suite) {
    const lines = fs.readFileSync(suite, 'utf8').split('\n').filter(Boolean);
    return lines.map((line, i) => [JSON.parse(line).name ?? String(i), JSON.parse(line).schema]);
  }
  const plain = require(path.join(root, 'test/fixtures/schemas')).map((schema, i) => [String(i), schema]);
  return [...plain, ...Object.entries(require(path.join(root, 'test/fixtures/realSchemas')))];
}

/** Each prints what it saw, and gives whether that is right. */
const PARTS = {
  async texts(model, { count = '1000', suite }) {
    const schemas = schemasOf(suite).map(([, schema]) => schema);
    const seen = await require('./structured/texts').texts(model, schemas, Number(count));
    console.log(
      `${seen.texts} random texts, ${seen.wrong} of them wrong, ${seen.different} others when made alone; ` +
        `${seen.refused} schemas not taken, ${seen.unread} that Ajv does not read`,
    );
    return seen.wrong + seen.different === 0;
  },
  async compare(model, { count = '4', suite }) {
    const seen = await require('./structured/compare').compare(model, schemasOf(suite), { rounds: Number(count) });
    seen.refused.forEach((line) => console.log(`not taken: ${line}`));
    console.log(
      `${seen.texts} texts of ${seen.schemas} schemas, ${seen.valid} valid: ${seen.wrong} wrongly taken, ${seen.lost} wrongly refused; ` +
        `${seen.refused.length} schemas not taken`,
    );
    return seen.wrong === 0;
  },
  async hostile(model) {
    const seen = await require('./structured/hostile').hostile(model);
    console.log(
      `${seen.formats} hostile formats, ${seen.taken} taken, the longest ${seen.longest.toFixed(0)} ms; ` +
        `timers late by ${seen.loopP99.toFixed(1)} ms (p99), ${seen.loopMax.toFixed(1)} ms (most)`,
    );
    return seen.taken === 0 && seen.longest < 2500;
  },
  async parser(model, { count = '100000' }) {
    const seen = require('./structured/parser').parser(Number(count));
    console.log(
      `${seen.answers} changed answers of ${seen.families} families: ${seen.thrown} thrown, ${seen.lost} with text lost; ` +
        `a call of 1 MB ${seen.megabyte.toFixed(1)} ms, of 0.1 MB ${seen.tenth.toFixed(1)} ms`,
    );
    return seen.thrown + seen.lost === 0;
  },
  async calls(_, { count = '100', model: file }) {
    const model = await loadModel(file ?? require(path.join(root, 'test/fixtures/places')).smollm2 ?? TINY);
    const seen = await require('./structured/calls').calls(model, Number(count));
    console.log(
      `${seen.answers} answers, ${seen.calls} calls, ${seen.wrong} answers wrong; half of them with ${seen.least} tokens, the least`,
    );
    model.close();
    return seen.wrong === 0;
  },
};

async function main() {
  const text = { type: 'string' };
  const { values, positionals } = parseArgs({
    options: { count: text, suite: text, model: text },
    allowPositionals: true,
  });
  const model = await loadModel(TINY);
  for (const name of positionals.length ? positionals : Object.keys(PARTS)) {
    if (!PARTS[name]) throw new Error(`there is no part '${name}'; they are ${Object.keys(PARTS).join(', ')}`);
    if (!(await PARTS[name](model, values))) process.exitCode = 1;
  }
  model.close();
}

main();
