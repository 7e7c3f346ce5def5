'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { FAMILIES } = require('../dist/chat/format/families');
const { toolsPage } = require('../scripts/chatFamilies');
const { root } = require('./fixtures/places');

test('docs/tools.md has the table of families (node scripts/chatFamilies.js writes it)', () => {
  const page = fs.readFileSync(path.join(root, 'docs/tools.md'), 'utf8');
  expect(toolsPage(page, FAMILIES)).toBe(page);
});

test('names of families are there once', () => {
  const names = FAMILIES.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
