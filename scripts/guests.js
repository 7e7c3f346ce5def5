'use strict';

// Builds the WebAssembly guests of examples/guests: `npm run guests`. The results are committed; `npm run guests -- --check`
// builds them elsewhere and compares. The C guests need clang 14 and wasm-ld 14 (Debian: apt-get install clang-14 lld-14; wasi.c also
// wasi-libc and libclang-rt-14-dev-wasm32), so that the bytes are the same; the Rust guests also Debian 12's rustc and libstd-rust-dev-wasm32, the typed one cargo and librust-wasm-bindgen-dev
// (570 MB). Where they are missing, that is said and the committed file stays.

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
  const flags = [
    '--target=wasm32',
    '-O2',
    '-mbulk-memory',
    '-msimd128',
    '-nostdlib',
    '-fno-ident',
    '-Wall',
    '-Wextra',
    '-Werror',
  ];
  run('clang-14', ...flags, '-c', `${folder}/c/${name}.c`, '-o', object);
  const memory = ['-z', 'stack-size=16384', '--strip-all'];
  run('wasm-ld-14', '--no-entry', ...memory, object, '-o', path.join(out, `${name}.wasm`));
  fs.chmodSync(path.join(out, `${name}.wasm`), 0o644);
  fs.rmSync(object);
}

const hasWasi = () => hasClang() && fs.existsSync('/usr/lib/wasm32-wasi/libc.a');

/** A program of WASI, with its C library. Linked without -O, which would have clang run a wasm-opt that happens to be in the PATH. */
function wasi(name, out) {
  const object = path.join(out, `${name}.o`);
  const flags = ['--target=wasm32-wasi', '-O2', '-fno-ident', '-Wall', '-Wextra', '-Werror'];
  run('clang-14', ...flags, '-c', `${folder}/c/${name}.c`, '-o', object);
  run('clang-14', '--target=wasm32-wasi', '-Wl,--strip-all', object, '-o', path.join(out, `${name}.wasm`));
  fs.chmodSync(path.join(out, `${name}.wasm`), 0o644);
  fs.rmSync(object);
}

function assemblyscript(name, out, ...more) {
  const asc = path.join(root, 'node_modules/assemblyscript/bin/asc.js');
  const source = `${folder}/assemblyscript/${name}.ts`;
  run(process.execPath, asc, source, '-o', path.join(out, `${name}.wasm`), '-O3', '--enable', 'simd', ...more);
}

const REGISTRY = '/usr/share/cargo/registry';
const hasRust = () =>
  [
    '/usr/bin/rustc',
    '/usr/bin/cargo',
    `${REGISTRY}/wasm-bindgen-0.2.83`,
    '/usr/lib/rustlib/wasm32-unknown-unknown',
  ].every((file) => fs.existsSync(file)) && hasClang();

/** Without the sections of a module that only tools read: names, debugging information, who made it. */
function strip(bytes) {
  const parts = [bytes.subarray(0, 8)];
  for (let at = 8; at < bytes.length;) {
    let end = at + 1;
    const number = () => {
      let [value, shift] = [0, 0];
      let byte;
      do {
        byte = bytes[end++];
        value |= (byte & 127) << shift;
        shift += 7;
      } while (byte & 128);
      return value;
    };
    const length = number();
    const begin = end;
    const name = bytes[at] === 0 ? bytes.toString('latin1', end + 1, end + 1 + bytes[end]) : '';
    if (!/^(\.debug|name$|producers$)/.test(name)) parts.push(bytes.subarray(at, begin + length));
    at = begin + length;
  }
  return Buffer.concat(parts);
}

function rust(name, out) {
  // A place of its own, so that nothing is written beside the source, and no other Rust on this machine is asked.
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-rust-'));
  try {
    fs.cpSync(path.join(root, folder, 'rust'), work, { recursive: true });
    fs.mkdirSync(path.join(work, '.cargo'));
    fs.writeFileSync(
      path.join(work, '.cargo/config.toml'),
      `[source.crates-io]\nreplace-with = "debian"\n[source.debian]\ndirectory = "${REGISTRY}"\n` +
        '[target.wasm32-unknown-unknown]\nlinker = "wasm-ld-14"\nrustflags = ["-C", "linker-flavor=wasm-ld"]\n',
    );
    execFileSync(
      '/usr/bin/cargo',
      ['build', '--release', '--offline', '--locked', '--target', 'wasm32-unknown-unknown'],
      {
        cwd: work,
        env: { PATH: '/usr/bin:/bin', HOME: work, CARGO_HOME: path.join(work, 'home'), RUSTC: '/usr/bin/rustc' },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    const made = fs.readFileSync(path.join(work, `target/wasm32-unknown-unknown/release/${name}.wasm`));
    fs.writeFileSync(path.join(out, `${name}.wasm`), strip(made));
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}

const hasPlainRust = () =>
  ['/usr/bin/rustc', '/usr/lib/rustlib/wasm32-unknown-unknown'].every((file) => fs.existsSync(file));

/** A guest that needs no crate. Built where it lies: the compiler's messages in it name files as it was told of them. */
function plainRust(name, out) {
  const flags = ['--edition', '2021', '--target', 'wasm32-unknown-unknown', '-O', '-C', 'strip=symbols'];
  const to = path.resolve(out, `${name}.wasm`);
  execFileSync('/usr/bin/rustc', [...flags, '--crate-type', 'cdylib', `${name}.rs`, '-o', to], {
    cwd: path.join(root, folder, 'rust/raw'),
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  fs.writeFileSync(to, strip(fs.readFileSync(to)), { mode: 0o644 });
  fs.chmodSync(to, 0o644);
}

/** name of each result -> how it is built into a folder. `tool`: what the machine must have. */
const GUESTS = {
  'c/paris.wasm': { tool: 'clang-14 and wasm-ld-14', there: hasClang, build: (out) => c('paris', out) },
  'c/nn.wasm': { tool: 'clang-14 and wasm-ld-14', there: hasClang, build: (out) => c('nn', out) },
  'c/wasi.wasm': {
    tool: 'clang-14, wasm-ld-14, wasi-libc and libclang-rt-14-dev-wasm32',
    there: hasWasi,
    build: (out) => wasi('wasi', out),
  },
  'rust/paris.wasm': {
    tool: 'Debian 12’s rustc, cargo, libstd-rust-dev-wasm32, librust-wasm-bindgen-dev, clang-14, lld-14',
    there: hasRust,
    build: (out) => rust('paris', out),
  },
  'rust/raw/paris.wasm': {
    tool: 'Debian 12’s rustc and libstd-rust-dev-wasm32',
    there: hasPlainRust,
    build: (out) => plainRust('paris', out),
  },
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
function buildGuests(to, names = Object.keys(GUESTS)) {
  const missing = [];
  for (const file of names) {
    const { tool, there, build } = GUESTS[file];
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
function checkGuests(names = Object.keys(GUESTS)) {
  const to = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-guests-'));
  try {
    const missing = buildGuests(to, names);
    const different = [];
    for (const at of names.map(path.dirname)) {
      if (!fs.existsSync(path.join(to, at))) continue;
      for (const entry of fs.readdirSync(path.join(to, at), { withFileTypes: true })) {
        const { name } = entry;
        if (!entry.isFile()) continue;
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
