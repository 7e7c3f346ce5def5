'use strict';

// Trials in processes of their own, engines alternating, medians. A case is { kind, ... } as trial.js has them.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

/** Runs a Node program with one JSON argument; what it prints last is JSON. */
function nodeTrial(file, options, environment = {}) {
  const args = [path.join(__dirname, file), JSON.stringify(options)];
  const env = { ...process.env, ...environment };
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', env }));
}

/** An engine is a function from { model, threads, work } to what a trial says: { engine, results, load?, memory? }. */
const realm =
  ({ environment, options } = {}) =>
  (given) =>
    nodeTrial('trial.js', { ...given, options }, environment);

const nodeLlamaCpp = (tuned) => (given) => nodeTrial('peers/nodeLlamaCpp.mjs', { ...given, tuned });

/** llama.cpp's llama-bench, one repetition each; it knows prefill and decode only. */
const llamaBench = (program) => (given) => {
  const { model, threads, work } = given;
  const run = (...shape) => {
    const args = ['-m', model, '-t', String(threads), '-r', '1', '-o', 'json', ...shape];
    return JSON.parse(execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  };
  const list = (numbers) => [...new Set(numbers)].join(',');
  const of = (kind) => work.filter((one) => one.kind === kind);
  const rows = [];
  if (of('prefill').length) rows.push(...run('-p', list(of('prefill').map((one) => one.tokens)), '-n', '0', '-d', '0'));
  if (of('decode').length) {
    const [counts, depths] = ['tokens', 'depth'].map((key) => list(of('decode').map((one) => one[key])));
    rows.push(...run('-p', '0', '-n', counts, '-d', depths));
  }
  const speed = ({ kind, tokens, depth = 0 }) => {
    const [prompt, generated] = kind === 'prefill' ? [tokens, 0] : [0, tokens];
    return rows.find((row) => row.n_prompt === prompt && row.n_gen === generated && row.n_depth === depth)?.avg_ts;
  };
  return {
    engine: 'llama-bench',
    results: work.map((one) => (['prefill', 'decode'].includes(one.kind) ? { speed: speed(one) } : {})),
  };
};

/** The machine's read speed over as many bytes as a token reads, GB/s; it stands where an engine stands, and takes turns with them. */
function readSpeed(threads, bytes) {
  const LEAST_MB = 32; // less is over before the threads have begun together
  const megabytes = Math.max(bytes / 1e6, LEAST_MB);
  const args = [path.join(__dirname, 'readSpeed.js'), String(threads), String(megabytes), '--json'];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })).gigabytes;
}

function installPeers() {
  const cwd = path.join(__dirname, 'peers');
  if (fs.existsSync(path.join(cwd, 'node_modules'))) return;
  console.error('installing the peers into bench/peers ...');
  // Not `npm ci`: the lock file names no binary packages of other systems, which newer versions of it refuse.
  const args = ['install', '--no-save', '--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund'];
  execFileSync('npm', args, { cwd, stdio: 'ignore' });
}

function median(numbers) {
  const sorted = numbers.filter((n) => Number.isFinite(n)).sort((a, b) => a - b);
  return sorted.length ? sorted[Math.floor(sorted.length / 2)] : undefined;
}

/** Reads a file once, so that nobody's first trial waits for the disk. */
function warmUp(file) {
  const buffer = Buffer.alloc(8 << 20);
  const input = fs.openSync(file, 'r');
  while (fs.readSync(input, buffer, 0, buffer.length, null) > 0);
  fs.closeSync(input);
}

/**
 * All engines once, `runs` times over: [{ engine, trials }] in the order of `engines`.
 *
 * @param {((given: object) => object)[]} engines
 */
function alternate(engines, given, runs, onTrial = () => {}) {
  warmUp(given.model);
  const all = engines.map(() => []);
  for (let run = 0; run < runs; run++) {
    engines.forEach((engine, i) => {
      all[i].push(engine(given));
      onTrial();
    });
  }
  return all.map((trials) => ({ engine: trials[0].engine, trials }));
}

/** The median of what `pick` finds in each trial. */
const medianOf = ({ trials }, pick) => median(trials.map(pick));

const usableThreads = () => os.availableParallelism?.() ?? os.cpus().length;

const cpuName = () => {
  const { model } = os.cpus()[0];
  try {
    // Virtual machines often say no more than "AMD EPYC": family and model tell which.
    const text = fs.readFileSync('/proc/cpuinfo', 'utf8');
    const of = (key) => new RegExp(`^${key}\\s*:\\s*(.*)$`, 'm').exec(text)[1];
    return `${model.trim()} (family ${of('cpu family')}, model ${of('model')})`;
  } catch {
    return model.trim();
  }
};

module.exports = {
  nodeTrial,
  realm,
  nodeLlamaCpp,
  llamaBench,
  readSpeed,
  installPeers,
  alternate,
  median,
  medianOf,
  usableThreads,
  cpuName,
};
