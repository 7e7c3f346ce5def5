'use strict';

// Tries files of the corpus, `node child.js main|worker FROM TO [STEP]`, and prints a line of JSON for each. Memory: the peak above what it was before.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Worker, isMainThread, workerData, parentPort } = require('node:worker_threads');
const { setFlagsFromString } = require('node:v8');
const { runInNewContext } = require('node:vm');
const { attempt } = require('./attempt');
const { corpus } = require('./corpus');
const { file } = require('./base');

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
const status = (name) =>
  Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(fs.readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024;

/** Memory above what it was, with nothing left over to be collected. */
const peak = {
  before: 0,
  reset() {
    collect();
    // Sets the peak back to what is resident now (proc(5)).
    fs.writeFileSync('/proc/self/clear_refs', '5');
    this.before = status('VmRSS');
  },
  megabytes() {
    return status('VmHWM') - this.before;
  },
};

/** Where `npm run mutants` asks: the numbers of the checks that have refused since the last time. */
function hits() {
  const file = process.env.REALM_MUTANT_HITS;
  if (!file || !fs.existsSync(file)) return undefined;
  const numbers = new Set(fs.readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number));
  fs.truncateSync(file);
  return [...numbers];
}

async function run([from, to, step = 1], print) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-hostile-'));
  const places = { path: path.join(folder, 'model.gguf'), base: path.join(folder, 'base.gguf') };
  fs.writeFileSync(places.base, file());
  try {
    // Loads the engine and warms up, which is no file's memory.
    await attempt({ kind: 'model', bytes: file() }, places);
    for (let number = from; number <= Math.min(to, corpus.length); number += step) {
      const entry = corpus[number - 1];
      print({ begin: number });
      const bytes = entry.make();
      try {
        print({ number, size: bytes.length, ...(await attempt({ ...entry, bytes }, places, peak)), hits: hits() });
      } catch (error) {
        print({ number, defect: String(error.stack ?? error), cause: String(error.cause ?? '') });
      }
    }
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

if (!isMainThread) run(workerData, (line) => parentPort.postMessage(line));
else {
  const [mode, ...numbers] = process.argv.slice(2);
  const print = (line) => fs.writeSync(1, `${JSON.stringify(line)}\n`);
  if (mode === 'main') run(numbers.map(Number), print);
  else new Worker(__filename, { workerData: numbers.map(Number) }).on('message', print);
}
