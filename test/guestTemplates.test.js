'use strict';

// The three commands a language that the guides promise: run as they stand, in an empty folder beside the package.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { root, tinyAtlas } = require('./fixtures/places');

let folder;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-template-'));
  const modules = path.join(folder, 'node_modules');
  fs.mkdirSync(path.join(modules, '@realm'), { recursive: true });
  fs.mkdirSync(path.join(modules, '.bin'));
  fs.symlinkSync(root, path.join(modules, '@realm/realm-node'));
  fs.symlinkSync(path.join(root, 'node_modules/assemblyscript/bin/asc.js'), path.join(modules, '.bin/asc'));
  fs.copyFileSync(tinyAtlas, path.join(folder, 'model.gguf'));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

/** The commands of a guide, behind the sentence that promises three. */
function commandsOf(guide) {
  const text = fs.readFileSync(path.join(root, 'docs', guide), 'utf8');
  return /^In three commands[^]*?```sh\n([^]*?)```/m.exec(text)[1];
}

/** What they print, with Debian's compiler under the name that it has elsewhere. */
function printed(commands) {
  const bin = path.join(folder, 'bin');
  fs.mkdirSync(bin);
  for (const tool of ['clang', 'wasm-ld']) {
    const versioned = `/usr/bin/${tool}-14`;
    if (fs.existsSync(versioned)) fs.symlinkSync(versioned, path.join(bin, tool));
  }
  const env = { ...process.env, PATH: `${bin}:${path.dirname(process.execPath)}:${process.env.PATH}` };
  return execFileSync('bash', ['-e', '-c', commands], { cwd: folder, env, encoding: 'utf8' });
}

const hasClang = fs.existsSync('/usr/bin/clang-14') && fs.existsSync('/usr/bin/wasm-ld-14');

(hasClang ? test : test.skip)('C, by pointers (needs Debian’s clang-14 and lld-14)', () => {
  expect(printed(commandsOf('option-2.md'))).toBe(' Paris.\n');
});

test('AssemblyScript, by typed arrays', () => {
  expect(printed(commandsOf('option-1.md'))).toBe(' Paris.');
});
