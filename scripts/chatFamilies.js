'use strict';

// Writes the table of families of chat formats in docs/tools.md from the table that `describeChat` looks in.

const fs = require('node:fs');
const path = require('node:path');

const file = path.join(__dirname, '..', 'docs', 'tools.md');
const BEGIN = '<!-- families: node scripts/chatFamilies.js writes this -->';
const END = '<!-- end of families -->';

/** A text as one line of code in a cell of a table. */
const code = (text) => (text ? `\`${text.replaceAll('\n', '↵').replaceAll('|', '\\|').replace(/`/g, 'ˋ')}\`` : '');

const named = (pattern) =>
  pattern.replaceAll('{name}', 'f').replaceAll('{id}', 'ID').replaceAll('{index}', '0').replaceAll('{key}', 'a');

function argumentsOf(given) {
  switch (given.kind) {
    case 'envelope':
      return named(given.pattern).replace('{arguments}', '{…}');
    case 'tagged':
      return named(given.open).replace('{string}', 'true').replace('{type}', 'string') + '…' + given.close;
    case 'python':
      return '(a=…)';
    case 'braces':
      return `{a:${given.quote}…${given.quote}}`;
    case 'elements':
      return `${given.prefix}<a>…${given.prefix}</a>`;
    default:
      return '{…}';
  }
}

/** One call as a family writes it. */
function exampleOf({ calls, channels }) {
  const { section, call } = calls;
  const header = channels ? named(channels.call) : '';
  const inner = named(call.open) + argumentsOf(calls.arguments) + call.close;
  return header + (section?.open ?? '') + inner + (section?.close ?? '');
}

function tableOf(families) {
  const rows = families.map(({ name, models, format }) => {
    const { reasoning, parallel, ...rest } = format('');
    const several = parallel === false ? 'one' : 'several';
    return `| \`${name}\` | ${models} | ${code(exampleOf(rest))} | ${several} | ${code(reasoning?.start.trim())} |`;
  });
  return ['| family | models | a call | calls | reasoning begins |', '| --- | --- | --- | --- | --- |', ...rows].join(
    '\n',
  );
}

/** The page with the table that the code says. */
function toolsPage(page, families) {
  const from = page.indexOf(BEGIN);
  const to = page.indexOf(END);
  if (from < 0 || to < from) throw new Error(`${file} has no place for the table of families`);
  return `${page.slice(0, from + BEGIN.length)}\n\n${tableOf(families)}\n\n${page.slice(to)}`;
}

if (require.main === module) {
  const { FAMILIES } = require('../dist/chat/format/families');
  fs.writeFileSync(file, toolsPage(fs.readFileSync(file, 'utf8'), FAMILIES));
}

module.exports = { toolsPage };
