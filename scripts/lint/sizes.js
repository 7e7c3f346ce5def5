'use strict';

// house.md R14: split a file at 500 lines and a method at 80. Exceptions stand here, with their reason.

const fs = require('node:fs');
const path = require('node:path');
const { root, files } = require('../steps');

const FILE = 500;
const METHOD = 80;

/** file -> why it may be longer. Tables of data are exempt. */
const LONGER = {
  'test/managed/GgufWriter.cs':
    'its longest method is a table: the block sizes of all types, written out against the engine’s own',
};

function allFiles() {
  return [
    ...files('managed', '.cs'),
    ...files('test', '.cs', '.js', '.mjs'),
    ...files('addon', '.cc', '.h'),
    ...files('js', '.ts', '.mts'),
    ...files('scripts', '.js'),
    ...files('examples', '.js'),
  ];
}

/** Methods of a C# file: [name, first line, length], by the indentation that the formatter enforces. */
function* methods(lines) {
  for (let at = 0; at < lines.length; at++) {
    if (lines[at] !== '    {') continue;
    let end = at;
    while (end < lines.length && lines[end] !== '    }' && lines[end] !== '    });') end++;
    let head = at - 1;
    while (head > 0 && /^ {8}/.test(lines[head])) head--;
    const name = /(\w+)(<[^(]*>)?\(/.exec(lines[head])?.[1];
    if (name) yield [name, head + 1, end - head + 1];
    at = end;
  }
}

function checkSizes() {
  const problems = [];
  const used = new Set();
  for (const file of allFiles()) {
    const lines = fs.readFileSync(path.join(root, file), 'utf8').trimEnd().split('\n');
    const excused = () => (file in LONGER ? used.add(file) : false);
    if (lines.length > FILE && !excused()) problems.push(`${file}: ${lines.length} lines, split it at ${FILE}`);
    if (!file.endsWith('.cs')) continue;
    for (const [name, line, length] of methods(lines)) {
      if (length > METHOD && !excused())
        problems.push(`${file}:${line}: ${name} has ${length} lines, split it at ${METHOD}`);
    }
  }
  for (const file of Object.keys(LONGER))
    if (!used.has(file)) problems.push(`${file} needs no exception any more (scripts/lint/sizes.js)`);
  return problems;
}

module.exports = { checkSizes };
