'use strict';

// Compiles shim.c and runs work.js under it.

const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { tinyAtlas } = require('../../fixtures/places');

const KINDS = { malloc: 1, mmap: 2, open: 3, read: 4, thread: 5 };
const CODES = /^(ok|E_(OUT_OF_MEMORY|IO|ENGINE|TRUNCATED))$/;
const SILENT_SECONDS = 60;

let folder;
/** The compiled shim; undefined where there is no compiler. */
function shim() {
  folder ??= fs.mkdtempSync(path.join(os.tmpdir(), 'realm-faults-'));
  const library = path.join(folder, 'shim.so');
  if (fs.existsSync(library)) return library;
  const compiler = process.env.CC ?? 'cc';
  const { status, stderr, error } = spawnSync(
    compiler,
    ['-O1', '-shared', '-fPIC', '-o', library, path.join(__dirname, 'shim.c'), '-ldl'],
    { encoding: 'utf8' },
  );
  if (error?.code === 'ENOENT') return undefined;
  if (status !== 0) throw new Error(stderr);
  return library;
}

const clean = () => folder && fs.rmSync(folder, { recursive: true, force: true });

/** One process: lines of work.js until it ends. */
function run(kind, lasts, work, first, step, fresh) {
  const library = shim();
  const control = path.join(folder, `control-${process.pid}-${Math.random().toString(36).slice(2)}`);
  fs.writeFileSync(control, Buffer.alloc(4096));
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      [path.join(__dirname, 'work.js'), control, KINDS[kind], lasts ? 1 : 0, work, first, step, tinyAtlas],
      { env: { ...process.env, LD_PRELOAD: library, REALM_FAULTS: control, REALM_FRESH: fresh ? '1' : '' } },
    );
    let [out, err] = ['', ''];
    let watchdog;
    let hung = false;
    const alive = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => {
        hung = true;
        child.kill('SIGKILL');
      }, SILENT_SECONDS * 1000);
    };
    alive();
    child.stdout.on('data', (part) => {
      out += part;
      alive();
    });
    child.stderr.on('data', (part) => (err += part));
    child.on('close', (code, signal) => {
      clearTimeout(watchdog);
      for (const left of [control, `${control}.gguf`]) fs.rmSync(left, { force: true });
      const lines = out
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line));
      resolve({ lines, code, signal: hung ? 'hang' : signal, err });
    });
  });
}

/**
 * All n = first, first + step ... of one kind and one piece of work.
 *
 * @returns {Promise<{ injections: number, codes: Map<string, number>, findings: string[] }>}
 */
async function inject({ kind, lasts = false, work, first = 1, step = 1, most = Infinity }) {
  const codes = new Map();
  const findings = [];
  let injections = 0;
  for (let n = first; n <= most;) {
    const { lines, code, signal, err } = await run(kind, lasts, work, n, step, false);
    let last = n;
    for (const line of lines) {
      if (line.work) last = line.n;
      else if (line.code) {
        injections += Math.min(1, line.fired);
        codes.set(line.code, (codes.get(line.code) ?? 0) + 1);
        if (!CODES.test(line.code)) findings.push(`${kind} ${line.n} of ${work}: ${line.code}`);
      }
    }
    if (lines.at(-1)?.end) break;
    findings.push(
      `${kind}${lasts ? ' from' : ''} ${last} of ${work}: ${signal ?? `exit ${code}`} ${err.trim().slice(0, 300)}`,
    );
    if (findings.length > 40) break;
    n = last + step;
  }
  return { injections, codes, findings };
}

/** Threads are tried by the addon before the .NET runtime makes its own: of those a failure ends the process. */
const START_THREADS = 4;

/** The engine's own start: a process for each n. Not of maps: those are the runtime's own, which reserves its heap with them. */
async function injectStart({ kind, lasts = false, first = 1, step = 1 }) {
  const codes = new Map();
  const findings = [];
  let injections = 0;
  for (let n = first; kind !== 'thread' || n <= START_THREADS; n += step) {
    const { lines, code, signal, err } = await run(kind, lasts, 'start', n, step, true);
    const line = lines.find((each) => each.code);
    if (line) {
      codes.set(line.code, (codes.get(line.code) ?? 0) + 1);
      if (!CODES.test(line.code)) findings.push(`${kind} ${n} of start: ${line.code}`);
      if (line.fired === 0) break;
    } else findings.push(`${kind} ${n} of start: ${signal ?? `exit ${code}`} ${err.trim().slice(0, 300)}`);
    injections++;
    if (findings.length > 40) break;
  }
  return { injections, codes, findings };
}

module.exports = { KINDS, clean, inject, injectStart, shim };
