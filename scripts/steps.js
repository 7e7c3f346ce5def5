'use strict';

// One step of a build: skipped when its inputs and outputs are what they were after its last success; else run, with its
// output in a log file and a sign of life on the terminal.

const { spawn } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');
const quiet = process.argv.includes('--quiet');

/** Files below a folder whose names end as asked, sorted, without generated folders. */
function files(folder, ...endings) {
  const found = [];
  const walk = (at) => {
    for (const entry of fs.readdirSync(path.join(root, at), { withFileTypes: true })) {
      const name = `${at}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!['node_modules', 'bin', 'obj'].includes(entry.name)) walk(name);
      } else if (endings.some((ending) => entry.name.endsWith(ending))) found.push(name);
    }
  };
  walk(folder);
  return found.sort();
}

function hashOf(inputs, extra) {
  const hash = createHash('sha256').update(JSON.stringify(extra ?? null));
  for (const file of inputs) hash.update(`\0${file}\0`).update(fs.readFileSync(path.join(root, file)));
  return hash.digest('hex');
}

function stateOf(outputs) {
  return outputs.map((file) => {
    const at = path.join(root, file);
    if (!fs.existsSync(at)) return `${file} missing`;
    const { size, mtimeMs } = fs.statSync(at);
    return `${file} ${size} ${Math.floor(mtimeMs)}`;
  });
}

function say(line) {
  if (!quiet) process.stdout.write(`${line}\n`);
}

const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;

/** Runs a program; resolves with its exit code. Output goes to `log`, and to `onLine` line by line if given. */
function run(command, args, { log, env, onLine, cwd } = {}) {
  return new Promise((resolve, reject) => {
    const out = log && fs.createWriteStream(log);
    const child = spawn(command, args, {
      cwd: cwd ?? root,
      env: { ...process.env, ...env },
      stdio: ['ignore', log || onLine ? 'pipe' : 'inherit', log || onLine ? 'pipe' : 'inherit'],
    });
    let rest = '';
    const take = (bytes) => {
      out?.write(bytes);
      if (!onLine) return;
      const lines = (rest + bytes).split('\n');
      rest = lines.pop();
      lines.forEach(onLine);
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (rest && onLine) onLine(rest);
      out?.end();
      resolve(code ?? `signal ${signal}`);
    });
  });
}

/** Runs a program of a step; a failure shows the end of its log. */
async function must(name, command, args, { env, fix } = {}) {
  fs.mkdirSync(path.join(root, 'build/log'), { recursive: true });
  const log = path.join(root, `build/log/${name.replace(/[^a-z0-9]+/gi, '-')}.txt`);
  const began = Date.now();
  const alive = setInterval(() => say(`    ... ${name}: ${Math.round((Date.now() - began) / 1000)} s`), 15_000);
  alive.unref();
  let code;
  try {
    code = await run(command, args, { log, env });
  } catch (error) {
    throw new Error(`${command} could not be started (${error.code}). ${fix ?? ''}`, { cause: error });
  } finally {
    clearInterval(alive);
  }
  if (code === 0) return;
  const end = fs.readFileSync(log, 'utf8').trimEnd().split('\n').slice(-40).join('\n');
  throw new Error(
    `${name} failed (${command} ended with ${code}). The end of ${path.relative(root, log)}:\n\n${end}\n\n${fix ?? ''}`,
  );
}

const stampOf = ({ name }) => path.join(root, `build/stamps/${name.replace(/[^a-z0-9]+/gi, '-')}.json`);

/** Whether a step `{ name, inputs, outputs, extra, work }` has nothing to do. */
function isCurrent(step) {
  if (!fs.existsSync(stampOf(step))) return false;
  const before = JSON.parse(fs.readFileSync(stampOf(step), 'utf8'));
  return (
    before.hash === hashOf(step.inputs, step.extra) &&
    JSON.stringify(before.outputs) === JSON.stringify(stateOf(step.outputs))
  );
}

/** Does a step, and notes what it was done from. */
async function perform(step) {
  const began = Date.now();
  const hash = hashOf(step.inputs, step.extra); // before: what is edited meanwhile is work for the next time
  say(`  ${step.name} ...`);
  await step.work();
  const missing = step.outputs.filter((file) => !fs.existsSync(path.join(root, file)));
  if (missing.length) throw new Error(`${step.name} made no ${missing.join(', ')}`);
  fs.mkdirSync(path.dirname(stampOf(step)), { recursive: true });
  fs.writeFileSync(stampOf(step), JSON.stringify({ hash, outputs: stateOf(step.outputs) }, null, 1));
  say(`  ${step.name}: ${seconds(began)}`);
}

/** Puts a file in place whole: a running process keeps the one it has mapped. */
function place(from, to) {
  const target = path.join(root, to);
  fs.mkdirSync(path.dirname(target), { recursive: true });
  const half = `${target}.${process.pid}.part`;
  fs.copyFileSync(path.join(root, from), half);
  fs.renameSync(half, target);
}

/** One build at a time in a folder: a second one waits, then finds most of its work done. */
async function alone(work) {
  const lock = path.join(root, 'build/lock');
  fs.mkdirSync(path.dirname(lock), { recursive: true });
  for (let told = false; ;) {
    try {
      fs.writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const owner = Number(fs.existsSync(lock) ? fs.readFileSync(lock, 'utf8') : 0);
    if (owner && !isRunning(owner)) fs.rmSync(lock, { force: true });
    else if (!told) say(`  waiting for another build (process ${owner}) ...`);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  try {
    return await work();
  } finally {
    fs.rmSync(lock, { force: true });
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

module.exports = { root, files, alone, run, must, isCurrent, perform, place, say, seconds };
