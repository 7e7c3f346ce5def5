'use strict';

// house.md: data goes down the folders once. A file uses only folders further down.

const fs = require('node:fs');
const path = require('node:path');
const { root, files } = require('../steps');

const DOWN = [
  'Abi',
  'Generation',
  'Sampling',
  'Grammars',
  'Tokenizers',
  'Runtime',
  'Architectures',
  'Blocks',
  'Branches',
  'Passes',
  'State',
  'Parallel',
  'Kernels',
  'Formats',
  'Gguf',
];
/** Formats names its kernels in its packed layouts, and kernels know nothing of formats: the one pair that looks up. */
const ALSO = { Formats: ['Kernels'] };

function checkFolders() {
  const problems = [];
  let seen = 0;
  for (const file of files('managed', '.cs')) {
    const folder = file.split('/')[1];
    if (folder.endsWith('.cs')) continue; // RealmException.cs: everybody's
    const level = DOWN.indexOf(folder);
    if (level < 0) {
      problems.push(`${file}: the folder ${folder} has no place in the order (scripts/lint/folders.js)`);
      continue;
    }
    const text = fs.readFileSync(path.join(root, file), 'utf8');
    for (const [, used] of text.matchAll(/^(?:global )?using (?:static )?(?:\w+ = )?Realm\.(\w+)/gm)) {
      seen++;
      if (used !== folder && DOWN.indexOf(used) <= level && !ALSO[folder]?.includes(used))
        problems.push(`${file}: uses Realm.${used}, which is further up`);
    }
  }
  if (seen === 0) problems.push('no using of another folder was seen: this check reads nothing');
  return problems;
}

module.exports = { checkFolders, DOWN };
