'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { getEngineInfo } = require('..');
const { modelsPage } = require('../scripts/models');

const root = path.join(__dirname, '..');
const readme = fs.readFileSync(path.join(root, 'README.md'), 'utf8');
const names = (start) => {
  const line = new RegExp(`- ${start}: ([^.(]*)`).exec(readme)[1];
  return line.split(',').map((name) => name.replace(/[`\s]/g, ''));
};

test('names the weight formats that the engine has', () => {
  const { formats } = getEngineInfo();
  expect(names('Weight formats')).toEqual(formats.map((format) => format.name));
});

test('docs/models.md says what the engine runs (node scripts/models.js writes it)', () => {
  expect(fs.readFileSync(path.join(root, 'docs/models.md'), 'utf8')).toBe(modelsPage(getEngineInfo()));
});

/** Runs lines of JavaScript as they are pasted, in a folder of their own with the package and a `model.gguf`. */
function pasted(snippet) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-readme-'));
  try {
    fs.mkdirSync(path.join(folder, 'node_modules/@realm'), { recursive: true });
    fs.symlinkSync(root, path.join(folder, 'node_modules/@realm/realm-node'));
    fs.symlinkSync(path.join(root, 'models/tiny-atlas-q4_k_m.gguf'), path.join(folder, 'model.gguf'));
    fs.writeFileSync(path.join(folder, 'first.js'), snippet);
    return execFileSync(process.execPath, ['first.js'], { cwd: folder, encoding: 'utf8' });
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

const inFunction = (snippet) => `(async () => {\n${snippet}\n})();`;

test('its first lines of JavaScript print an answer, pasted as they are', () => {
  const [, snippet] = /```js\n([\s\S]*?)```/.exec(readme);
  expect(pasted(snippet)).toBe(' Paris.');
});

test('the lines of docs/sessions.md run', () => {
  const text = fs.readFileSync(path.join(root, 'docs/sessions.md'), 'utf8');
  const snippets = [...text.matchAll(/```js\n([\s\S]*?)```/g)].map(([, snippet]) => snippet);
  expect(snippets.length).toBe(3);
  const [first, second, chat] = snippets.map((snippet) => pasted(inFunction(snippet)).trim());
  const [cache, sessions] = [first, second].map((printed) => printed.split(/\s+/).map(Number));
  expect(chat).toMatch(/^The capital of Peru is Lima\. 5 true$/);
  expect(cache[0]).toBe(0);
  expect(cache[1]).toBeGreaterThanOrEqual(64);
  expect(sessions[0]).toBe(sessions[1]);
  expect(sessions[2]).toBe(sessions[0]);
});

test.each([
  'README.md',
  'CONTRIBUTING.md',
  ...fs
    .readdirSync(path.join(root, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
])('%s links to files that exist', (file) => {
  const text = fs.readFileSync(path.join(root, file), 'utf8');
  for (const [, link] of text.matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
    if (/^[a-z]+:/.test(link)) continue;
    expect({ link, exists: fs.existsSync(path.join(root, path.dirname(file), link)) }).toEqual({
      link,
      exists: true,
    });
  }
});
