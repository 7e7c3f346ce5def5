'use strict';

// npm run structured -- [count] [file.jsonl]: random texts over the tests' schemas, and those of a file (a line each, { schema }); every one
// must parse and be a value of its schema for Ajv. Then the hostile formats: each ends in an error; the longest, and how late timers were.

const fs = require('node:fs');
const path = require('node:path');
const { monitorEventLoopDelay } = require('node:perf_hooks');
const { root } = require('./steps');

const { default: Ajv } = require('ajv/dist/2020');
const { default: addFormats } = require('ajv-formats');
const { loadModel } = require(root);

/** Those that a text is held to: others, and those of numbers, are notes. */
const FORMATS = [
  ...['date', 'time', 'date-time', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid', 'uri', 'uri-reference'],
  ...['json-pointer', 'regex'],
];
const RANDOM = { temperature: 30, topK: 0, topP: 1, minP: 0 };

/** What Ajv says of a schema's values; null: it can't read the schema. */
function checkerOf(schema) {
  const draft = /draft-0?[3467]/.test(String(schema?.$schema)) ? require('ajv').default : Ajv;
  // Old identifiers and a dialect that Ajv does not load say nothing about values.
  const { $schema, id, ...rest } = typeof schema === 'object' && schema !== null ? schema : { allOf: [schema] };
  void [$schema, id];
  try {
    return addFormats(new draft({ strict: false, logger: false }), FORMATS).compile(rest);
  } catch {
    return null;
  }
}

async function texts(model, schemas, count) {
  const seen = { texts: 0, wrong: 0, refused: 0, unread: 0 };
  for (let i = 0; seen.texts < count && i < count * 3; i++) {
    const schema = schemas[i % schemas.length];
    const isValid = checkerOf(schema);
    const compiled = await model.compileFormat(schema).catch(() => null);
    if (!isValid || !compiled) {
      seen[compiled ? 'unread' : 'refused']++;
      continue;
    }
    const maxTokens = compiled.minTokens + (i % 4 === 0 ? 0 : (i * 37) % Math.max(1, 200 - compiled.minTokens));
    const options = { format: compiled, seed: i, speculation: i % 2 === 0, ...RANDOM };
    if (maxTokens > (model.info.contextLength ?? 0) - 8) continue;
    const { text, value } = await model.generate('Name:', { ...options, maxTokens });
    seen.texts++;
    if (isValid(value)) continue;
    seen.wrong++;
    const [error] = isValid.errors ?? [];
    console.log(
      `wrong: ${JSON.stringify(schema).slice(0, 200)}\n  ${text.slice(0, 200)}\n  ${error?.instancePath} ${error?.message}`,
    );
  }
  return seen;
}

async function hostile(model) {
  const formats = require(path.join(root, 'test/fixtures/hostileFormats'));
  const seen = { formats: formats.length, taken: 0, longest: 0 };
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  for (const format of formats) {
    const begin = process.hrtime.bigint();
    await model.compileFormat(format).then(
      () => seen.taken++,
      () => {},
    );
    seen.longest = Math.max(seen.longest, Number(process.hrtime.bigint() - begin) / 1e6);
  }
  delay.disable();
  return { ...seen, loopP99: delay.percentile(99) / 1e6 };
}

async function main() {
  const [count = '1000', file] = process.argv.slice(2);
  const model = await loadModel(path.join(root, 'models/tiny-atlas-q4_k_m.gguf'));
  const schemas = file
    ? fs
        .readFileSync(file, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line).schema)
    : require(path.join(root, 'test/fixtures/schemas'));
  const seen = await texts(model, schemas, Number(count));
  console.log(
    `${seen.texts} random texts, ${seen.wrong} of them wrong; ${seen.refused} schemas not taken, ${seen.unread} that Ajv does not read`,
  );
  const { formats, taken, longest, loopP99 } = await hostile(model);
  console.log(
    `${formats} hostile formats, ${taken} taken, the longest ${longest.toFixed(0)} ms; event loop p99 ${loopP99.toFixed(1)} ms`,
  );
  model.close();
  process.exitCode = seen.wrong > 0 || taken > 0 ? 1 : 0;
}

main();
