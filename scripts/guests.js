'use strict';

// Builds the WebAssembly guests of examples/guests: `npm run guests`. The results are committed; `npm run guests -- --check`
// builds them elsewhere and compares. The C guest needs clang 14 and wasm-ld 14 (Debian: apt-get install clang-14 lld-14), so that
// the bytes are the same; where they are missing, that is said and the committed file stays.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const root = path.join(__dirname, '..');
const folder = 'examples/guests';

const hasClang = () =>
  ['clang-14', 'wasm-ld-14'].every((tool) => {
    try {
      execFileSync(tool, ['--version'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });

function run(command, ...args) {
  execFileSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
}

function c(name, out) {
  const object = path.join(out, `${name}.o`);
  const flags = ['--target=wasm32', '-O2', '-mbulk-memory', '-nostdlib', '-fno-ident', '-Wall', '-Wextra', '-Werror'];
  run('clang-14', ...flags, '-c', `${folder}/c/${name}.c`, '-o', object);
  const memory = ['-z', 'stack-size=16384', '--strip-all'];
  run('wasm-ld-14', '--no-entry', ...memory, object, '-o', path.join(out, `${name}.wasm`));
  fs.chmodSync(path.join(out, `${name}.wasm`), 0o644);
  fs.rmSync(object);
}

function assemblyscript(name, out, ...more) {
  const asc = path.join(root, 'node_modules/assemblyscript/bin/asc.js');
  const source = `${folder}/assemblyscript/${name}.ts`;
  run(process.execPath, asc, source, '-o', path.join(out, `${name}.wasm`), '-O3', ...more);
}

/** name of each result -> how it is built into a folder. `tool`: what the machine must have. */
const GUESTS = {
  'c/paris.wasm': { tool: 'clang-14 and wasm-ld-14', there: hasClang, build: (out) => c('paris', out) },
  'c/nn.wasm': { tool: 'clang-14 and wasm-ld-14', there: hasClang, build: (out) => c('nn', out) },
  'assemblyscript/raw.wasm': { build: (out) => assemblyscript('raw', out, '--runtime', 'minimal', '--use', 'abort=') },
  'assemblyscript/typed.wasm': {
    build(out) {
      assemblyscript(
        'typed',
        out,
        '--runtime',
        'incremental',
        '--exportRuntime',
        '--bindings',
        'esm',
        '--use',
        'abort=',
      );
      // ES modules in a package that is CommonJS.
      fs.renameSync(path.join(out, 'typed.js'), path.join(out, 'typed.mjs'));
      fs.renameSync(path.join(out, 'typed.d.ts'), path.join(out, 'typed.d.mts'));
    },
  },
};

/** Builds all guests into `to`, one folder a language. Names what could not be built. */
function buildGuests(to) {
  const missing = [];
  for (const [file, { tool, there, build }] of Object.entries(GUESTS)) {
    if (there && !there()) {
      missing.push(`${file} (needs ${tool})`);
      continue;
    }
    const out = path.join(to, path.dirname(file));
    fs.mkdirSync(out, { recursive: true });
    build(out);
  }
  return missing;
}

/** Files that a rebuild makes differently. */
function checkGuests() {
  const to = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-guests-'));
  try {
    const missing = buildGuests(to);
    const different = [];
    for (const at of Object.keys(GUESTS).map(path.dirname)) {
      if (!fs.existsSync(path.join(to, at))) continue;
      for (const name of fs.readdirSync(path.join(to, at))) {
        const committed = path.join(root, folder, at, name);
        const same =
          fs.existsSync(committed) && fs.readFileSync(path.join(to, at, name)).equals(fs.readFileSync(committed));
        if (!same && !different.includes(`${at}/${name}`)) different.push(`${at}/${name}`);
      }
    }
    return { missing, different };
  } finally {
    fs.rmSync(to, { recursive: true, force: true });
  }
}

module.exports = { buildGuests, checkGuests, GUESTS, folder };

if (require.main === module) {
  const check = process.argv.includes('--check');
  const { missing, different } = check
    ? checkGuests()
    : { missing: buildGuests(path.join(root, folder)), different: [] };
  for (const name of missing) console.log(`not built: ${name}`);
  for (const name of different) console.log(`differs from its source: ${folder}/${name}; run npm run guests`);
  if (different.length) process.exitCode = 1;
}
