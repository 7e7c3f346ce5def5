'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { pasted, programsOf } = require('./fixtures/pasted');
const { root } = require('./fixtures/places');

// The JavaScript of the guides, pasted as it stands: it runs, and prints what its comments say.

/** Guides whose lines run in a page, in a guest or in a build: their own tests have them, and `npm run everywhere`. */
const ELSEWHERE = ['docs/browser.md', 'docs/deploying.md', 'docs/option-1.md', 'docs/option-2.md'];
const pages = ['README.md', ...fs.readdirSync(path.join(root, 'docs')).map((file) => `docs/${file}`)].filter(
  (page) => page.endsWith('.md') && !ELSEWHERE.includes(page) && programsOf(page).length > 0,
);

test('the guides with programs are found', () => {
  expect(pages.length).toBeGreaterThanOrEqual(8);
});

const programs = pages.flatMap((page) => programsOf(page).map((program, i) => [page, i + 1, program]));
test.each(programs)('%s, program %i', async (page, number, program) => {
  // The first of the README is for a file of CommonJS.
  const { code, stdout, stderr } = await pasted(program, program.includes('require(') ? 'page.js' : 'page.mjs');
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringMatching(/Error|Warning/) });
  const lines = stdout.split('\n');
  for (const [, told] of program.matchAll(/console\.log\(.*\); \/\/ (.*)/g)) {
    expect(lines).toContain(told);
    lines.splice(0, lines.indexOf(told) + 1); // in their order
  }
});
