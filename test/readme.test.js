'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { getEngineInfo } = require('..');
const { modelsPage } = require('../scripts/models');
const { blocksOf, pasted } = require('./fixtures/pasted');

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

test('its first lines of JavaScript print an answer, pasted as they are', async () => {
  const [snippet] = blocksOf('README.md');
  expect((await pasted(snippet, 'first.js')).stdout).toBe(' Paris.');
});

test('the lines of docs/sessions.md print what they should', async () => {
  const snippets = blocksOf('docs/sessions.md');
  expect(snippets.length).toBe(3);
  const printed = await Promise.all(snippets.map(async (snippet) => (await pasted(snippet)).stdout.trim()));
  const [cache, sessions] = printed.map((line) => line.split(/\s+/).map(Number));
  expect(cache[0]).toBe(0);
  expect(cache[1]).toBeGreaterThanOrEqual(64);
  expect(sessions[0]).toBe(sessions[1]);
  expect(sessions[2]).toBe(sessions[0]);
  expect(printed[2]).toMatch(/^The capital of Peru is Lima\. 5 true$/);
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
