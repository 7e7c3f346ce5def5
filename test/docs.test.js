'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { writeReference } = require('../scripts/docs');
const { root } = require('./fixtures/places');

test('docs/api says what the doc comments say (npm run docs writes it)', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-docs-'));
  const pages = (at) =>
    Object.fromEntries(fs.readdirSync(at).map((file) => [file, fs.readFileSync(path.join(at, file), 'utf8')]));
  try {
    await writeReference(folder);
    expect(pages(path.join(root, 'docs/api'))).toEqual(pages(folder));
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
});
