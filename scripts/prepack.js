'use strict';

// Before `npm pack` and `npm publish`: a clone that was not built, or not built on, would give an empty package.

const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');
const { exports: entries } = require('../package.json');

const named = Object.values(entries).flatMap((target) =>
  typeof target === 'string' ? [target] : Object.values(target),
);
const missing = [...new Set(named)].filter((file) => !fs.existsSync(path.join(root, file)));
const native = path.join(root, 'native');
const engines = fs.existsSync(native)
  ? fs.readdirSync(native, { recursive: true }).filter((file) => /librealm/.test(file))
  : [];
if (engines.length === 0) missing.push('native/*/librealm*');

if (missing.length) {
  process.stderr.write(
    `\nThis is not built, so there is nothing to pack: run \`npm run build\` first. Missing: ${missing.join(', ')}\n\n`,
  );
  process.exitCode = 1;
}
