'use strict';

// `npm run mutants [-- PATTERN] [--again]`: takes one check at a time out of the engine, and sees that a test goes red.
//
// The checks are every `if (…) throw` of managed/ and those of scripts/mutants/rows.json. All are switched in one build of a copy of the tree, under
// build/mutants: an environment variable says which one is out. First the corpus of hostile files and the engine's tests run with all of them in, which
// tells what refuses where; then each is taken out, and the files and tests where it refused run again. What was noticed is kept there, and not run again
// as long as the source that the check is in is the same (--again: all): a run that was ended goes on where it was. Exits 1 when nobody noticed one that
// is no second line of defence.

const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { allRows, isManaged } = require('./mutants/rows');
const { tree, copy, buildTests, buildEngine, xunit, jest } = require('./mutants/tree');
const { root, files, say, seconds } = require('./steps');

const folder = path.join(root, 'build/mutants');
const RECORD = path.join(folder, 'results.json');
/** Where nothing of a stranger's is checked, which take long, or which read the sources. */
const LEFT_OUT = ['Conformance', 'Kernels.Emitted', 'Kernels.G', 'Parallel', 'Sources']
  .map((name) => `FullyQualifiedName!~Realm.Tests.${name}`)
  .join('&');
/** Files of the corpus that are tried for a row before it counts as not noticed. */
const TRIES = 8;
/** Classes of tests that run in one process: to start takes longer than most do. Where the first are content, the next are asked, a few times. */
const TOGETHER = 8;
const ROUNDS = 4;

const hostile = () => require(path.join(tree, 'test/hostile/run.js'));

/** With all checks in: which refuse in which file of the corpus and which class of tests. { corpus: Map, tests: Map } of a row's number. */
async function refusals() {
  const hits = path.join(folder, 'hits.txt');
  const corpus = new Map();
  const tests = new Map();
  const add = (map, number, where) => map.set(number, (map.get(number) ?? new Set()).add(where));
  fs.rmSync(hits, { force: true });
  process.env.REALM_MUTANT_HITS = hits;
  say('the corpus of hostile files ...');
  const run = await hostile().runCorpus('main');
  for (const result of run.results.values()) for (const number of result.hits ?? []) add(corpus, number, result.number);
  delete process.env.REALM_MUTANT_HITS;
  say("the engine's tests ...");
  fs.writeFileSync(hits, '');
  const { output } = await xunit(undefined, { REALM_MUTANT_HITS: hits }, LEFT_OUT);
  if (!/^(Passed|Failed)!/m.test(output) || /aborted|crashed/i.test(output))
    throw new Error(`with every check in place the tests end early:\n${output.slice(-3000)}`);
  // To be watched takes time and memory, of which some tests keep account.
  const failed = [...new Set([...output.matchAll(/^ *Failed (Realm\.Tests[\w.]+)\.\w+/gm)].map(([, name]) => name))];
  if (failed.length) {
    const { code, output: again } = await xunit(failed);
    if (code !== 0) throw new Error(`with every check in place not all tests are green:\n${again.slice(-3000)}`);
  }
  for (const line of fs.readFileSync(hits, 'utf8').split('\n')) {
    const [number, test] = line.split(' ');
    if (test) add(tests, Number(number), test);
  }
  return { corpus, tests };
}

async function noticedByCorpus(number, where) {
  const { runCorpus, problems, recorded } = hostile();
  process.env.REALM_MUTANT = String(number);
  try {
    for (const file of [...where].slice(0, TRIES)) {
      const found = problems(await runCorpus('main', 1, file, file), recorded()).filter(
        (one) => !/: \d+ (ms|MB)$/.test(one),
      );
      if (found.length) return `the corpus's ${found[0].slice(0, 60)}`;
    }
  } finally {
    delete process.env.REALM_MUTANT;
  }
  return undefined;
}

async function noticedByTests(number, names, run) {
  if (names.length === 0) return undefined;
  const { code, output } = await run(names, { REALM_MUTANT: String(number) });
  const all = names.join(', ').replaceAll('Realm.Tests.', '');
  if (code === 'SIGKILL') return `${all} (hangs)`;
  if (!/Passed!|Failed!|^Tests:|aborted|crashed/im.test(output))
    throw new Error(`no test of ${all} ran:\n${output.slice(-800)}`);
  if (code === 0) return undefined;
  return /^ *Failed Realm\.Tests\.([\w.]+)/m.exec(output)?.[1] ?? all;
}

async function noticedByClasses(number, classes) {
  for (let at = 0; at < Math.min(classes.length, ROUNDS * TOGETHER); at += TOGETHER) {
    const who = await noticedByTests(number, classes.slice(at, at + TOGETHER), xunit);
    if (who) return who;
  }
  return undefined;
}

const green = new Map();
/** The same of Jest's files, of which those count that are green with every check in place. */
async function noticedByJest(number, names) {
  for (const name of names) {
    if (!green.has(name)) green.set(name, (await jest([name], {})).code === 0);
    const who = green.get(name) && (await noticedByTests(number, [name], jest));
    if (who) return who;
  }
  return undefined;
}

/** What notices that a row is out, or undefined. */
async function whoNotices(row, { corpus, tests }) {
  if (!isManaged(row)) return noticedByJest(row.number, row.jest);
  // Those first that are of the same folder.
  const near = `Realm.Tests.${row.file.split('/')[1]}.`;
  const classes = (tests.get(row.number) ?? []).sort((a, b) => b.startsWith(near) - a.startsWith(near));
  return (
    (await noticedByTests(row.number, row.tests, xunit)) ??
    (await noticedByCorpus(row.number, corpus.get(row.number) ?? [])) ??
    (await noticedByClasses(row.number, classes)) ??
    (await noticedByJest(row.number, row.jest))
  );
}

const digest = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex').slice(0, 24);
};
const read = (file) => fs.readFileSync(path.join(root, file), 'utf8');

/** Of all that is built and run. */
const stateOf = (rows) =>
  digest(
    JSON.stringify(rows),
    ...[
      ...files('managed', '.cs'),
      ...files('js', '.ts'),
      ...files('test', '.cs', '.js'),
      ...files('scripts/mutants', '.txt'),
    ].map(read),
  );

/** A row's in the record. */
const keyOf = ({ file, what, put, start }) => digest(file, what, put ?? '', read(file), String(start));

async function prepare(rows, state, record) {
  if (record.state === state) return;
  say(`one build with ${rows.length} checks switched ...`);
  copy(rows);
  await buildTests();
  await buildEngine();
  const plain = (map) => [...map].map(([number, where]) => [number, [...where]]);
  const { corpus, tests } = await refusals();
  record.refusals = { corpus: plain(corpus), tests: plain(tests) };
  record.state = state;
}

async function main(args) {
  const pattern = args.find((argument) => !argument.startsWith('--'));
  const rows = allRows();
  const chosen = rows.filter(({ file, what }) => !pattern || `${file} ${what}`.includes(pattern));
  fs.mkdirSync(folder, { recursive: true });
  const record = fs.existsSync(RECORD) ? JSON.parse(fs.readFileSync(RECORD, 'utf8')) : { noticed: {} };
  if (args.includes('--again')) record.noticed = {};
  const keep = () => fs.writeFileSync(RECORD, JSON.stringify(record, null, 1));
  // Of the sources as they are now: somebody may write to them meanwhile.
  const keys = new Map(chosen.map((row) => [row, keyOf(row)]));
  const todo = chosen.filter((row) => !record.noticed[keys.get(row)]);
  if (todo.length) await prepare(rows, stateOf(rows), record);
  keep();
  const where = { corpus: new Map(record.refusals?.corpus), tests: new Map(record.refusals?.tests) };
  const unnoticed = [];
  for (const row of chosen) {
    const began = Date.now();
    const before = record.noticed[keys.get(row)];
    const who = before ?? (row.second ? undefined : await whoNotices(row, where));
    if (who) record.noticed[keys.get(row)] = who;
    else if (!row.second) unnoticed.push(row);
    keep();
    const refuses = where.corpus.has(row.number) || where.tests.has(row.number);
    const none = refuses ? 'refuses, and nothing changes without it' : 'never refuses in the corpus or in xunit';
    say(
      `${who ? 'red  ' : row.second ? 'second' : 'GREEN'} | ${row.file} | ${row.what} | ${who ?? row.second ?? none} | ${before ? 'before' : seconds(began)}`,
    );
  }
  const second = chosen.filter((row) => row.second).length;
  say(
    `${chosen.length} checks, ${second} of them a second line of defence; ${chosen.length - second} taken out, ` +
      `${chosen.length - second - unnoticed.length} noticed`,
  );
  process.exitCode = unnoticed.length === 0 && chosen.length > 0 ? 0 : 1;
}

main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
