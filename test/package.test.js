'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { root, tinyAtlas } = require('./fixtures/places');
const { runProgram, runScript } = require('./fixtures/child');

const manifest = require('../package.json');
const PUBLIC = [
  ...['storeModel', 'getTensor', 'getModelInfo', 'removeModel', 'embedTokens', 'forwardLayer', 'computeLogits'],
  ...[
    'embedTokensInto',
    'forwardLayerInto',
    'computeLogitsInto',
    'loadModel',
    'loadModelSync',
    'getEngineInfo',
    'inspectModel',
    'inspectModelSync',
    'renderChatTemplate',
    'renderChatSegments',
    'Model',
    'RealmError',
  ],
].sort();

// What a user installs; the engine for a processor without AVX2 is there only where it was built.
const NATIVE = ['native/linux-x64/librealm-avx512.so', 'native/linux-x64/librealm-v3.so'];
const PLAIN = 'native/linux-x64/librealm.so';

let packed;
beforeAll(() => {
  const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const parsed = JSON.parse(output);
  packed = Array.isArray(parsed) ? parsed[0] : Object.values(parsed)[0];
});

test('index.js exports what the TypeScript exports, written out', () => {
  expect(Object.keys(require('..')).sort()).toEqual(PUBLIC);
  expect(Object.keys(require('../dist/index.js')).sort()).toEqual(PUBLIC);
});

test('named imports from an ES module, by the package’s name', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-esm-'));
  try {
    fs.mkdirSync(path.join(folder, 'node_modules/@realm'), { recursive: true });
    fs.symlinkSync(root, path.join(folder, 'node_modules/@realm/realm-node'));
    fs.writeFileSync(
      path.join(folder, 'main.mjs'),
      `import { ${PUBLIC.join(', ')} } from '@realm/realm-node';
       import * as realm from '@realm/realm-node';
       import all from '@realm/realm-node';
       const model = loadModelSync(process.argv[2]);
       console.log([${PUBLIC.join(', ')}].every((f) => typeof f === 'function'), realm.storeModel === all.storeModel,
         (await model.generate('The capital of France is')).text);`,
    );
    const { stdout, stderr, code } = await runProgram(process.execPath, ['main.mjs', tinyAtlas], { cwd: folder });
    expect({ stdout, stderr, code }).toEqual({ stdout: 'true true  Paris.\n', stderr: '', code: 0 });
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
});

test('no install script, few run-time dependencies, Node 18', () => {
  for (const name of ['preinstall', 'install', 'postinstall', 'prepare'])
    expect(manifest.scripts[name]).toBeUndefined();
  expect(manifest.gypfile).toBe(false);
  expect(['ws']).toEqual(expect.arrayContaining(Object.keys(manifest.dependencies)));
  expect(manifest.engines.node).toBe('>=18');
  expect(manifest.type).toBeUndefined();
});

test('the packed files: all that is needed, nothing else, under 18 MB', () => {
  const names = packed.files.map((file) => file.path);
  for (const name of [
    'index.js',
    'index.d.ts',
    'index.node',
    'dist/index.js',
    'dist/index.d.ts',
    'dist/serve/index.js',
    'dist/web/client/index.mjs',
    'dist/web/client/index.d.mts',
    'dist/web/package.json',
    'models/tiny-atlas-q4_k_m.gguf',
    'LICENSE-MIT',
    'LICENSE-APACHE',
    'CHANGELOG.md',
    'addon/realm.h',
    'docs/design.md',
    'examples/paris.js',
    'js/guest/realm.wit',
  ]) {
    expect(names).toContain(name);
  }
  if (process.platform === 'linux' && process.arch === 'x64') for (const name of NATIVE) expect(names).toContain(name);
  const known =
    /^(index\.(js|d\.ts|node)|package\.json|README\.md|CHANGELOG\.md|CONTRIBUTING\.md|SECURITY\.md|LICENSE-(MIT|APACHE)|dist\/[\w/-]+\.(js|mjs|d\.ts|d\.mts)|dist\/web\/package\.json|js\/guest\/realm\.wit|addon\/realm\.h|docs\/(api\/)?[\w-]+\.md|examples\/[\w/-]+\.(js|html|css)|examples\/guests\/[\w/-]+\.(c|h|ts|rs|toml)|native\/[\w-]+\/librealm[\w-]*\.(so|dylib)|models\/(README\.md|tiny-atlas-q4_k_m\.gguf))$/;
  expect(names.filter((name) => !known.test(name))).toEqual([]);
  // The engine for processors without AVX2 is there where another test has built it, or somebody who wanted it.
  const size = packed.files.reduce((sum, file) => sum + (file.path === PLAIN ? 0 : file.size), 0);
  expect(size).toBeLessThan(18e6);
});

test('links between the packed pages lead to packed files', () => {
  const names = packed.files.map((file) => file.path);
  const broken = names
    .filter((name) => name.endsWith('.md'))
    .flatMap((page) =>
      [...fs.readFileSync(path.join(root, page), 'utf8').matchAll(/\]\(([^)#]+)[^)]*\)/g)]
        .map(([, link]) => link)
        .filter((link) => !/^[a-z]+:/.test(link))
        .map((link) => path.join(path.dirname(page), link).replace(/\/$/, ''))
        .filter((target) => !names.some((name) => name === target || name.startsWith(`${target}/`)))
        .map((target) => `${page} -> ${target}`),
    );
  expect(broken).toEqual([]);
});

test('the tarball, installed offline into an empty project, answers', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-install-'));
  try {
    execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: root, stdio: 'ignore' });
    const tarball = fs.readdirSync(folder).find((name) => name.endsWith('.tgz'));
    // The dependencies come from where they are installed here: no registry is asked.
    const pack = (from) => {
      const args = ['pack', '--ignore-scripts', '--pack-destination', folder, from];
      const output = execFileSync('npm', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
      return `file:${output.trim().split('\n').pop()}`;
    };
    const overrides = {};
    for (const name of Object.keys(manifest.dependencies))
      overrides[name] = pack(path.join(root, 'node_modules', name));
    fs.writeFileSync(
      path.join(folder, 'package.json'),
      JSON.stringify({ private: true, overrides, dependencies: overrides }),
    );
    const install = ['install', '--offline', '--no-audit', '--no-fund', `./${tarball}`];
    execFileSync('npm', install, { cwd: folder, stdio: 'ignore' });
    fs.writeFileSync(
      path.join(folder, 'five.js'),
      `const { loadModel } = require('@realm/realm-node');
       loadModel(require.resolve('@realm/realm-node/models/tiny-atlas-q4_k_m.gguf')).then(async (model) => {
         for await (const { text } of model.generate('The capital of France is')) process.stdout.write(text);
         model.close();
       });`,
    );
    expect(await runProgram(process.execPath, ['five.js'], { cwd: folder })).toMatchObject({
      code: 0,
      stdout: ' Paris.',
      stderr: '',
    });
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
});

test('nothing is ever written to stdout or stderr', async () => {
  const { stdout, stderr, code } = await runScript(`
    (async () => {
      const model = await realm.loadModel(${JSON.stringify(tinyAtlas)});
      await model.generate('The capital of France is');
      try { realm.storeModel('nothing there'); } catch {}
      await realm.loadModel(Buffer.from('no model')).catch(() => {});
      model.close();
    })();
  `);
  expect({ stdout, stderr, code }).toEqual({ stdout: '', stderr: '', code: 0 });
});

test('the types fit their use', async () => {
  const folder = fs.mkdtempSync(path.join(root, 'build/types-'));
  try {
    fs.writeFileSync(
      path.join(folder, 'use.ts'),
      `import { loadModel, storeModel, embedTokens, forwardLayer, RealmError, type ModelInfo, type GenerationResult } from '../..';
       export async function use(): Promise<GenerationResult> {
         const model = await loadModel(new URL('file:///x.gguf'), { threads: 2, cacheType: 'f32', weights: 'mapped' });
         const info: Readonly<ModelInfo> = model.info;
         const ids: Uint32Array = model.tokenize(info.name ?? '', { addSpecial: false });
         for await (const { text, tokens } of model.generate(ids, { stop: ['x'], seed: 1n, signal: AbortSignal.timeout(5) })) text.padEnd(tokens.length);
         const hidden: ArrayBuffer = forwardLayer(storeModel('x'), 0, embedTokens(1, [1, 2]), 0);
         // @ts-expect-error: no such option
         model.generate('x', { max_tokens: hidden.byteLength });
         try { storeModel(new Uint8Array(3), null); } catch (error) { if (error instanceof RealmError && error.code === 'E_NOT_GGUF') throw error; }
         return model.generate('x');
       }`,
    );
    const args = [
      'node_modules/typescript/bin/tsc',
      '--noEmit',
      '--ignoreConfig',
      '--strict',
      '--target',
      'es2022',
      '--lib',
      'es2022,esnext.disposable',
      '--module',
      'node16',
      '--types',
      'node',
      path.join(folder, 'use.ts'),
    ];
    expect(await runProgram(process.execPath, args)).toMatchObject({ stdout: '', code: 0 });
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
});

test('where there is no Symbol.dispose (here, or in Node 18.0), no method is named `undefined`', async () => {
  // A context of its own has what JavaScript has, and not what Node adds to its main one.
  const script = `
    const { createContext, runInContext } = require('node:vm');
    const { createRequire } = require('node:module');
    const context = createContext({ process, Buffer, structuredClone, TextDecoder, TextEncoder, URL, AbortController });
    runInContext('Object.defineProperty(Symbol, "dispose", { value: undefined })', context);
    const seen = new Map();
    const load = (file) => {
      if (seen.has(file)) return seen.get(file).exports;
      const module = { exports: {} };
      seen.set(file, module);
      const real = createRequire(file);
      const inner = (name) => name.startsWith('.') && !name.endsWith('.node') ? load(real.resolve(name)) : real(name);
      runInContext('(function (module, exports, require, __dirname) {' + require('node:fs').readFileSync(file) + '\\n})', context)(
        module, module.exports, inner, require('node:path').dirname(file));
      return module.exports;
    };
    const { Model, loadModelSync } = load(${JSON.stringify(path.join(root, 'dist/index.js'))});
    const { createRealmImports } = load(${JSON.stringify(path.join(root, 'dist/wasm/index.js'))});
    loadModelSync(${JSON.stringify(tinyAtlas)}).close();
    console.log([Model.prototype, createRealmImports()].map((one) => 'undefined' in one).join());`;
  expect(await runScript(script)).toMatchObject({ code: 0, stdout: 'false,false\n', stderr: '' });
});

test('npm pack where nothing was built says so, and packs nothing', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-unbuilt-'));
  try {
    for (const name of ['package.json', 'index.js', 'scripts/prepack.js']) {
      fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      fs.copyFileSync(path.join(root, name), path.join(folder, name));
    }
    const { code, stderr } = await runProgram('npm', ['pack'], { cwd: folder });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(
      /This is not built, so there is nothing to pack: run `npm run build` first\. Missing: .*index\.node/,
    );
    expect(fs.readdirSync(folder).filter((name) => name.endsWith('.tgz'))).toEqual([]);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
  expect(await runProgram(process.execPath, ['scripts/prepack.js'])).toMatchObject({ code: 0, stderr: '' });
});

test('what the package runs on stands where npm reads it', () => {
  expect(manifest).toMatchObject({ os: ['linux'], cpu: ['x64', 'arm64'], libc: ['glibc'], engines: { node: '>=18' } });
});
