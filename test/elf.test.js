'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { root, tinyAtlas } = require('./fixtures/places');
const { runScript } = require('./fixtures/child');

// What the built libraries ask of a system, and let it do.

const folder = path.join(root, `native/linux-${process.arch}`);
const engines = fs.readdirSync(folder).map((name) => path.join(folder, name));
const libraries = [path.join(root, 'index.node'), ...engines];
const tool = (name, ...args) => execFileSync(name, args, { encoding: 'utf8', maxBuffer: 1 << 26 });
const defined = (file) =>
  [...tool('nm', '-D', '--defined-only', file).matchAll(/ [TWVBDR] (\w+)/g)].map(([, name]) => name).sort();

test.each(libraries)(
  '%s is never unloaded, has no stack or segment to write and run, and is bound at once where it can be',
  (file) => {
    const dynamic = tool('readelf', '-d', '-W', file);
    expect(dynamic).toMatch(/FLAGS_1.*NODELETE/);
    const segments = tool('readelf', '-l', '-W', file);
    expect(segments).toMatch(/GNU_STACK .* RW +0x/);
    expect(segments).not.toMatch(/ RWE /);
    expect(segments).toMatch(/GNU_RELRO/);
  },
);

test.each(libraries)('%s asks for no newer C library than README says', (file) => {
  const said = /glibc (\d+\.\d+) or/.exec(fs.readFileSync(path.join(root, 'README.md'), 'utf8'))[1];
  const versions = [...tool('objdump', '-T', file).matchAll(/GLIBC_(\d+)\.(\d+)/g)].map(
    ([, major, minor]) => major * 1000 + Number(minor),
  );
  const [major, minor] = said.split('.').map(Number);
  expect(versions.length).toBeGreaterThan(0);
  expect(Math.max(...versions)).toBeLessThanOrEqual(major * 1000 + minor);
});

test('index.node shows what Node asks for, an engine the functions of realm.h, and nothing else', () => {
  expect(defined(libraries[0])).toEqual(['napi_register_module_v1', 'node_api_module_get_api_version_v1']);
  const header = fs.readFileSync(path.join(root, 'addon/realm.h'), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  const declared = [...header.matchAll(/^int32_t (realm_\w+)\(/gm)].map(([, name]) => name).sort();
  for (const engine of engines.filter(
    (file) => fs.statSync(file).mtimeMs >= fs.statSync(path.join(root, 'addon/realm.h')).mtimeMs,
  ))
    expect(defined(engine).filter((name) => name !== 'DotNetRuntimeDebugHeader')).toEqual(declared);
});

test('no page is to be written and run, with a model at work', async () => {
  // Without V8's own compiler, which has such pages.
  const script = `
    const fs = require('node:fs');
    const both = () => fs.readFileSync('/proc/self/maps', 'utf8').split('\\n').filter((line) => / .wx/.test(line));
    (async () => {
      const before = both().length;
      const model = await realm.loadModel(${JSON.stringify(tinyAtlas)}, { threads: 2 });
      await model.generate('Hello', { maxTokens: 5 });
      await model.logits(Uint32Array.from({ length: 40 }, (_, i) => i));
      console.log(JSON.stringify(both().slice(before)));
      model.close();
    })();
  `;
  const result = await runScript(script, { wrap: ([node, ...rest]) => [node, '--jitless', ...rest] });
  // V8 says on stderr that WebAssembly is off.
  expect(result).toMatchObject({ stdout: '[]\n', code: 0 });
});
