'use strict';

// A family of models is named in its recipe alone: everything else is told facts. A name of general.architecture in a string
// elsewhere is a switch on a family, which the next family would have to join.

const fs = require('node:fs');
const path = require('node:path');
const { root, files } = require('../steps');

const RECIPES = 'managed/Architectures/';
/**
 * Kinds of tokenizers and pre-tokenizers have names in files that are also names of families: these tables say what each means. And
 * which tokens swallow white space files do not say at all.
 */
const TOKENIZERS = ['TokenizerModels', 'PreTokenizers', 'StripRules'].map((name) => `managed/Tokenizers/${name}.cs`);

/** What the strings of a C# file say, comments aside. */
const strings = (text) =>
  [...text.replace(/(^|\s)\/\/[^\n]*/g, '').matchAll(/"((?:[^"\\\n]|\\.)*)"/g)].map(([, said]) => said);

/** Spellings of one name: qwen3moe, qwen3-moe, qwen3_moe. */
const plain = (name) => name.toLowerCase().replace(/[-_. ]/g, '');

/** `sources`: file -> text, for a trial; else what is in managed/. */
function checkFamilies(sources) {
  const texts =
    sources ?? new Map(files('managed', '.cs').map((file) => [file, fs.readFileSync(path.join(root, file), 'utf8')]));
  const owners = new Map();
  for (const [file, text] of texts) {
    if (!file.startsWith(RECIPES)) continue;
    for (const [, name] of text.matchAll(/Architecture \w+ \{ get; \} =\s*new\(\s*"([^"]+)"/g))
      owners.set(plain(name), file);
  }
  const problems = [];
  if (owners.size === 0) problems.push('no family was found in managed/Architectures: this check reads nothing');
  for (const [file, text] of texts) {
    if (TOKENIZERS.includes(file)) continue;
    for (const said of strings(text)) {
      const owner = owners.get(plain(said));
      if (owner && owner !== file) problems.push(`${file}: names the family "${said}" (of ${owner})`);
    }
  }
  return problems;
}

module.exports = { checkFamilies };
