// What masks of JSON Schema take in @mlc-ai/web-xgrammar (WebAssembly), on one thread: the vocabulary and the suite of bench/structured.js.
// Prints what that prints: `compile, ms` and `mask, us` with mean, median and higher parts. Values are cut into the longest tokens there are.

import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { tokensOf } from '../ggufTokens.js';

/** The package has a CommonJS file in a folder that says it has modules. */
function load() {
  const here = path.dirname(fileURLToPath(import.meta.url));
  const folder = path.join(here, 'node_modules/@mlc-ai/web-xgrammar/lib');
  const copy = path.join(folder, 'index.cjs');
  if (!fs.existsSync(copy)) fs.copyFileSync(path.join(folder, 'index.js'), copy);
  return createRequire(import.meta.url)(copy);
}

/** Longest tokens first, as far as a value goes. */
function cutter(tokens) {
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const longest = tokens.reduce((most, { length }) => Math.max(most, length), 0);
  return (text) => {
    const cut = [];
    for (let at = 0; at < text.length;) {
      let length = Math.min(longest, text.length - at);
      while (length > 1 && !ids.has(text.slice(at, at + length))) length--;
      cut.push(ids.get(text.slice(at, at + length)));
      at += length;
    }
    return cut;
  };
}

const microseconds = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

function line(what, times) {
  times.sort((x, y) => x - y);
  const at = (part) => times[Math.min(times.length - 1, Math.floor(times.length * part))];
  const mean = times.reduce((sum, each) => sum + each, 0) / times.length;
  return [
    what,
    times.length,
    ...[mean, at(0.5), at(0.9), at(0.99), at(0.999), times.at(-1)].map((each) => each.toFixed(2)),
  ];
}

async function main([model, suite, limit = '100', seconds = '120']) {
  const { GrammarCompiler, GrammarMatcher, TokenizerInfo } = load();
  const { tokens, encode } = tokensOf(model);
  const cut = cutter(tokens);
  const compiler = await GrammarCompiler.createGrammarCompiler(
    await TokenizerInfo.createTokenizerInfo(tokens, 'byte_level', false),
  );
  const [compile, mask] = [[], []];
  let [refused, lost] = [0, 0];
  const until = Date.now() + Number(seconds) * 1000;
  const lines = fs.readFileSync(suite, 'utf8').split('\n').filter(Boolean);
  // Spread over the suite.
  const step = Math.max(1, Math.floor(lines.length / Number(limit)));
  let schemas = 0;
  for (let i = 0; i < lines.length && Date.now() < until; i += step) {
    const { schema, tests } = JSON.parse(lines[i]);
    schemas++;
    let begin = microseconds();
    let grammar;
    try {
      grammar = await compiler.compileJSONSchema(JSON.stringify(schema), false, -1, [',', ':'], false);
    } catch {
      refused++;
      continue;
    }
    compile.push((microseconds() - begin) / 1000);
    for (const { data } of tests.filter((test) => test.valid)) {
      const matcher = await GrammarMatcher.createGrammarMatcher(grammar);
      for (const id of cut(encode(JSON.stringify(data)))) {
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
