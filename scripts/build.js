'use strict';

// Builds the package: dependencies, TypeScript, the Node-API shim, the engine for each instruction set. What is up to date
// is left alone.
//
//   npm run build                   everything
//   npm run build -- js addon       only these: dependencies, js, addon, avx512, v3, plain
//   npm run build -- arm64          the package for linux-arm64 (scripts/arm64.js)

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const arm64 = require('./arm64');
const { publish } = require('./dotnet');
const { root, files, alone, must, isCurrent, perform, place, say, seconds } = require('./steps');

const RID = `${process.platform === 'darwin' ? 'osx' : process.platform}-${process.arch}`;
const FOLDER = `native/${process.platform}-${process.arch}`;
const SUFFIX = process.platform === 'darwin' ? '.dylib' : '.so';

/** NativeAOT's name of each instruction set, and the file that addon/engine.cc looks for. */
const ENGINES = {
  avx512: { ilc: 'avx512v3', file: `${FOLDER}/librealm-avx512${SUFFIX}` },
  v3: { ilc: 'x86-64-v3', file: `${FOLDER}/librealm-v3${SUFFIX}` },
  plain: { ilc: '', file: `${FOLDER}/librealm${SUFFIX}` },
};

/** x64: both fast ones, whatever this machine is; the plain one where neither would run here, and everywhere else. */
function enginesHere() {
  if (process.arch !== 'x64') return ['plain'];
  const flags = process.platform === 'linux' ? fs.readFileSync('/proc/cpuinfo', 'utf8') : 'avx2';
  return /\bavx2\b/.test(flags) ? ['avx512', 'v3'] : ['plain', 'avx512', 'v3'];
}

/** Those of a built package that this processor runs, the best first. */
function enginesThatRun() {
  const { isa } = require(root).getEngineInfo();
  return { avx512: ['avx512', 'v3'], avx2: ['v3'] }[isa] ?? ['plain'];
}

function version(command, ...args) {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], cwd: root }).trim();
  } catch {
    return undefined;
  }
}

/** Names every tool that is missing at once, before any of the slow steps begins. */
function checkTools(wanted) {
  const missing = [];
  const dotnet = version('dotnet', '--version');
  if (Object.keys(ENGINES).some((isa) => wanted.includes(isa)) && !(parseInt(dotnet, 10) >= 10)) {
    missing.push(`the .NET SDK 10 (found: ${dotnet ?? 'none'}): https://dotnet.microsoft.com/download`);
  }
  if (wanted.includes('addon')) {
    if (!version('python3', '--version')) missing.push('python3 (node-gyp needs it)');
    if (!version('make', '--version')) missing.push('make');
    if (!version(process.env.CXX || 'c++', '--version')) missing.push('a C++ compiler (g++ or clang)');
  }
  if (missing.length) throw new Error(`to build, this is missing:\n  - ${missing.join('\n  - ')}`);
}

async function dependencies() {
  const { dependencies: run, devDependencies: dev } = require(path.join(root, 'package.json'));
  const there = Object.entries({ ...run, ...dev }).every(([name, asked]) => {
    const wanted = asked.replace(/^npm:.*@/, ''); // another name for a package: npm:package@version
    const manifest = path.join(root, 'node_modules', name, 'package.json');
    return fs.existsSync(manifest) && JSON.parse(fs.readFileSync(manifest, 'utf8')).version === wanted;
  });
  if (there) return;
  const began = Date.now();
  say('  dependencies (npm ci) ...');
  // The package is for Linux, but it is built and tried elsewhere.
  const elsewhere = process.platform === 'linux' ? [] : ['--force'];
  await must('dependencies', 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', ...elsewhere], {
    fix: 'Is the npm registry reachable?',
  });
  say(`  dependencies: ${seconds(began)}`);
}

const js = () => ({
  name: 'js',
  inputs: [...files('js', '.ts', '.mts', '.json'), 'tsconfig.json', 'node_modules/typescript/package.json'],
  outputs: [
    ...files('js', '.ts').map((file) => file.replace(/^js/, 'dist').replace(/ts$/, 'js')),
    ...files('js', '.mts').map((file) => file.replace(/^js/, 'dist/web').replace(/ts$/, 'js')),
  ],
  work: async () => {
    fs.rmSync(path.join(root, 'dist'), { recursive: true, force: true });
    await must('js', process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']);
    // What runs in pages is ES modules, checked against the DOM's types: the client, and what it shares with the rest.
    await must('js', process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'js/client/tsconfig.json']);
    fs.writeFileSync(path.join(root, 'dist/web/package.json'), '{ "type": "module" }\n');
  },
});

/** A folder as node-gyp wants it, from node-api-headers: no download, and the same headers on every machine. */
function headers() {
  const folder = path.join(root, 'build/headers');
  const include = path.join(folder, 'include/node');
  fs.mkdirSync(include, { recursive: true });
  const { include_dir: from } = require(path.join(root, 'node_modules/node-api-headers'));
  for (const file of fs.readdirSync(from)) fs.copyFileSync(path.join(from, file), path.join(include, file));
  fs.writeFileSync(path.join(include, 'config.gypi'), JSON.stringify(process.config));
  const release = {
    target_defaults: {
      default_configuration: 'Release',
      configurations: { Release: {} },
      cflags: ['-fPIC', '-pthread'],
    },
  };
  fs.writeFileSync(path.join(include, 'common.gypi'), JSON.stringify(release));
  return folder;
}

const addon = () => ({
  name: 'addon',
  inputs: [
    ...files('addon', '.cc', '.h', '.map'),
    'binding.gyp',
    'node_modules/node-addon-api/package.json',
    'node_modules/node-api-headers/package.json',
  ],
  outputs: ['index.node'],
  extra: [process.platform, process.arch],
  work: async () => {
    // configure and build, not rebuild: that would empty build/, where the engine's objects are.
    const gyp = ['node_modules/node-gyp/bin/node-gyp.js', 'configure', 'build', '--release'];
    const env = { npm_config_nodedir: headers(), npm_config_loglevel: 'warn' };
    await must('addon', process.execPath, gyp, { env, fix: 'It needs python3, make and a C++17 compiler.' });
    place('build/Release/index.node', 'index.node');
  },
});

const engine = (isa) => ({
  name: `engine ${isa}`,
  inputs: [...files('managed', '.cs'), 'Realm.Native.csproj'],
  outputs: [ENGINES[isa].file],
  extra: [ENGINES[isa].ilc, RID],
  work: async () => {
    const at = `build/managed/${isa}`;
    const properties = { IlcInstructionSet: ENGINES[isa].ilc };
    const fix = 'It needs the .NET SDK 10, clang or gcc, and once the NuGet registry.';
    await publish(`engine ${isa}`, 'Realm.Native.csproj', { rid: RID, at, properties, fix });
    place(`${at}/publish/realm${SUFFIX}`, ENGINES[isa].file);
  },
});

async function build(wanted) {
  const all = ['dependencies', 'js', 'addon', ...enginesHere()];
  const known = ['dependencies', 'js', 'addon', ...Object.keys(ENGINES), ...Object.keys(arm64.steps)];
  const steps = wanted.length ? [...wanted] : all;
  const unknown = steps.filter((name) => !known.includes(name));
  if (unknown.length) throw new Error(`no step named ${unknown.join(', ')}; there are ${known.join(', ')}`);
  if (steps.includes('arm64')) steps.push('js'); // which is the same there
  const began = Date.now();
  await alone(async () => {
    if (steps.includes('dependencies')) await dependencies();
    const make = { js, addon, ...Object.fromEntries(Object.keys(ENGINES).map((isa) => [isa, () => engine(isa)])) };
    const stale = Object.keys(make).filter((name) => steps.includes(name) && !isCurrent(make[name]()));
    checkTools(stale);
    for (const name of stale) await perform(make[name]());
    for (const name of Object.keys(arm64.steps).filter((one) => steps.includes(one))) {
      arm64.checkTools();
      for (const step of arm64.steps[name](headers)) {
        if (isCurrent(step)) continue;
        stale.push(step.name);
        await perform(step);
      }
    }
    if (stale.length) say(`built in ${seconds(began)}`);
  });
}

/** Nothing has been built here yet. */
const cold = () => !fs.existsSync(path.join(root, 'build/stamps'));

module.exports = { build, cold, ENGINES, RID, enginesHere, enginesThatRun };

if (require.main === module) {
  build(process.argv.slice(2).filter((argument) => !argument.startsWith('--'))).catch((error) => {
    process.stderr.write(`\nbuild failed: ${error.message}\n`);
    process.exitCode = 1;
  });
}
