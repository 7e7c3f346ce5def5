'use strict';

// The error codes stand in three languages, the package's version in two.

const fs = require('node:fs');
const path = require('node:path');
const { root } = require('../steps');

const read = (file) => fs.readFileSync(path.join(root, file), 'utf8');
const snake = (name) => `E_${name.replace(/(?<!^)([A-Z])/g, '_$1').toUpperCase()}`;

function checkCodes() {
  const problems = [];
  const csharp = [...read('managed/RealmException.cs').matchAll(/^ {4}(\w+) = (\d+),/gm)]
    .filter(([, name]) => name !== 'Ok')
    .map(([, name, number]) => `${number} ${snake(name)}`);
  const shim = [...read('addon/codes.h').matchAll(/X\((\d+), (E_\w+)\)/g)].map(
    ([, number, name]) => `${number} ${name}`,
  );
  if (csharp.length === 0) problems.push('managed/RealmException.cs has no codes that this check can read');
  if (csharp.join() !== shim.join()) {
    const only = [...csharp.filter((code) => !shim.includes(code)), ...shim.filter((code) => !csharp.includes(code))];
    problems.push(`addon/codes.h and managed/RealmException.cs differ: ${only.join(', ') || 'in their order'}`);
  }
  const union = /export type RealmErrorCode =([\s\S]*?);\n\n/.exec(read('js/portable/errors.ts'))[1];
  const typescript = [...union.matchAll(/\| '(E_\w+)'/g)].map((match) => match[1]);
  const expected = ['E_VALUE', ...csharp.map((code) => code.split(' ')[1])];
  if (typescript.join() !== expected.join())
    problems.push('RealmErrorCode in js/portable/errors.ts is not E_VALUE and the codes of managed/RealmException.cs');

  const { version } = JSON.parse(read('package.json'));
  if (!read('managed/Abi/EngineDescription.cs').includes(`Version = "${version}"`)) {
    problems.push(`managed/Abi/EngineDescription.cs: Version is not ${version}, as in package.json`);
  }
  return problems;
}

module.exports = { checkCodes };
