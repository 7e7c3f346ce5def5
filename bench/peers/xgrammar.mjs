// What masks of JSON Schema take in @mlc-ai/web-xgrammar (WebAssembly), on one thread: the vocabulary and the suite of bench/structured.js.
// Prints what that prints: `compile, ms` and `mask, us` with mean, median and higher parts.

import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { line, readSuite } from './values.js';

/** The package has a CommonJS file in a folder that says it has modules. */
function load() {
  const here = path.dirname(fileURLToPath(import.meta.url));
  const folder = path.join(here, 'node_modules/@mlc-ai/web-xgrammar/lib');
  const copy = path.join(folder, 'index.cjs');
  if (!fs.existsSync(copy)) fs.copyFileSync(path.join(folder, 'index.js'), copy);
  return createRequire(import.meta.url)(copy);
}

const microseconds = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

async function main([model, suite, limit = '100', seconds = '120']) {
  const { GrammarCompiler, GrammarMatcher, TokenizerInfo } = load();
  const { tokens, schemas: given } = readSuite(model, suite, Number(limit));
  const compiler = await GrammarCompiler.createGrammarCompiler(
    await TokenizerInfo.createTokenizerInfo(tokens, 'byte_level', false),
  );
  const [compile, mask] = [[], []];
  let [refused, lost] = [0, 0];
  const until = Date.now() + Number(seconds) * 1000;
  let schemas = 0;
  for (const { schema, values } of given) {
    if (Date.now() > until) break;
    schemas++;
    let begin = microseconds();
    let grammar;
    try {
      grammar = await compiler.compileJSONSchema(schema, false, -1, [',', ':'], false);
    } catch {
      refused++;
      continue;
    }
    compile.push((microseconds() - begin) / 1000);
    for (const ids of values) {
      const matcher = await GrammarMatcher.createGrammarMatcher(grammar);
      for (const id of ids) {
        begin = process.hrtime.bigint();
        await matcher.getNextTokenBitmask();
        mask.push(Number(process.hrtime.bigint() - begin) / 1000);
        if (matcher.acceptToken(id)) continue;
        lost++;
        break;
      }
      matcher.dispose();
    }
    grammar.dispose();
  }
  console.log(
    JSON.stringify({ schemas, refused, lost, lines: [line('compile, ms', compile), line('mask, us', mask)] }),
  );
}

await main(process.argv.slice(2));
