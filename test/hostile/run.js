'use strict';

// `npm run hostile [-- --record] [--step N]`: all files of the corpus, on the main thread and in a worker, each in a child process, so that a crash is
// seen as one and a hang is ended.

const fs = require('node:fs');
const path = require('node:path');
const { corpus, line } = require('./corpus');
const { watched } = require('./watched');

const HANG = 20_000;
const LIMITS = { milliseconds: 1000, megabytes: 64 };
const RECORD = path.join(__dirname, 'corpus.txt');

/** Every `step`th file in a mode: { results: Map of number -> what came, crashes, hangs }. */
async function runCorpus(mode, step = 1, first = 1, last = corpus.length) {
  const results = new Map();
  const crashes = [];
  const hangs = [];
  for (let from = first; from <= last;) {
    let current = 0;
    const range = [mode, from, last, step];
    const end = await watched(path.join(__dirname, 'child.js'), range, HANG, (news) => {
      if (news.begin) current = news.begin;
      else results.set(news.number, news);
    });
    if (end.code === 0) break;
    (end.hung ? hangs : crashes).push({ number: current, ...end });
    from = Math.max(current, from) + step;
  }
  return { results, crashes, hangs };
}

/** What is not as expected, in words. */
function problems({ results, crashes, hangs }, expected) {
  const found = [];
  const name = (number) => `${number} (${corpus[number - 1]?.field}: ${corpus[number - 1]?.value})`;
  for (const { number, signal, code, stderr } of crashes)
    found.push(`${name(number)}: crash ${signal ?? code} ${stderr.slice(-600)}`);
  for (const { number } of hangs) found.push(`${name(number)}: hangs`);
  for (const [number, result] of results) {
    const entry = corpus[number - 1];
    if (result.defect) {
      found.push(`${name(number)}: ${result.defect} ${result.cause}`);
      continue;
    }
    const fits = entry.code === '?' || (entry.code === 'E_*' ? result.code !== 'ok' : result.code === entry.code);
    if (!fits && !(entry.orOk && result.code === 'ok'))
      found.push(`${name(number)}: ${result.code}, must be ${entry.code}`);
    else if (expected && !expected.has(line(entry, result.code)))
      found.push(`${name(number)}: ${result.code}, corpus.txt says otherwise`);
    if (result.slowest > LIMITS.milliseconds) found.push(`${name(number)}: ${Math.round(result.slowest)} ms`);
    if (result.memory > LIMITS.megabytes) found.push(`${name(number)}: ${Math.round(result.memory)} MB`);
  }
  return found;
}

function summary(runs, found) {
  const all = runs.flatMap((run) => [...run.results.values()]);
  const worst = (key) => Math.max(0, ...all.map((result) => Math.round(result[key] ?? 0)));
  const count = (key) => runs.reduce((sum, run) => sum + run[key].length, 0);
  const files = Math.max(...runs.map((run) => run.results.size + run.crashes.length + run.hangs.length));
  const bad = new Set(found.map((problem) => problem.split(' ')[0])).size;
  return `${files} files, ${files - bad} as expected, ${count('crashes')} crashes, ${count('hangs')} hangs, worst ${worst('slowest')} ms, worst ${worst('memory')} MB`;
}

/** Files of less than this are no measure: the engine itself takes as much. */
const SOME = 1 << 20;

/** The most that a file of some size took in memory, over its size. */
function amplification(runs) {
  let worst = { times: 0 };
  for (const { number, size, memory } of runs.flatMap((run) => [...run.results.values()]))
    if (size >= SOME && (memory * 2 ** 20) / size > worst.times) worst = { number, times: (memory * 2 ** 20) / size };
  return `memory over file size, of files of a MiB and more: at most ${worst.times.toFixed(1)} (${worst.number ?? 'none'})`;
}

const recorded = () => new Set(fs.readFileSync(RECORD, 'utf8').trim().split('\n'));

async function main(options) {
  const record = options.includes('--record');
  const at = options.indexOf('--step');
  const step = at < 0 ? 1 : Number(options[at + 1]);
  const runs = [];
  for (const mode of ['main', 'worker']) runs.push(await runCorpus(mode, step));
  if (record) {
    const lines = corpus.map((entry) => line(entry, runs[0].results.get(entry.number)?.code ?? '?'));
    fs.writeFileSync(RECORD, `${lines.join('\n')}\n`);
  }
  const found = [...new Set(runs.flatMap((run) => problems(run, recorded())))];
  for (const problem of found) console.log(problem);
  console.log(amplification(runs));
  console.log(summary(runs, found));
  process.exitCode = found.length === 0 ? 0 : 1;
}

if (require.main === module) main(process.argv.slice(2));

module.exports = { runCorpus, problems, summary, recorded };
