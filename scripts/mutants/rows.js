'use strict';

// Checks that can be taken out: what they are and how a source reads with all of them switched. A row is { file, what, take, put, tests }: `take` is
// text of the file that stands there once; what is in ‹›, or all of it, is an expression that `put` replaces, or a statement (it ends with a semicolon),
// for which `put` or nothing stands. `tests` are more tests that shall notice: classes of xunit, or for js/ files of Jest. Beside the rows that are written
// down (rows.json), every `if (…) throw` of the engine is one. Those before which another check stands always, and which are there for what may come, are
// in second.json: { file, what, why }. Nothing notices that they are out.

const fs = require('node:fs');
const path = require('node:path');
const { root, files } = require('../steps');

/** What is tried from JavaScript: files of Jest that shall notice where the engine's own tests don't. */
const JEST = {
  'managed/Abi/Adapter': ['lora.test.js'],
  'managed/Abi/Embed': ['embed.test.js'],
  'managed/Abi/Inspect': ['inspectModel.test.js'],
  'managed/Abi/': ['generate.test.js', 'session.test.js', 'structured.test.js'],
  'managed/Architectures/Adapter': ['lora.test.js'],
  'managed/Generation/LogitsHandover': ['logitsProcessor.test.js'],
  'managed/Generation/OpenModel': ['session.test.js', 'score.test.js'],
  'managed/Generation/OpenSession': ['session.test.js'],
  'managed/Generation/TokenSampler': ['guestText.test.js', 'samplers.test.js'],
  'managed/Grammars/': ['structured.test.js', 'compileFormat.test.js'],
  'managed/Runtime/Session': ['session.test.js'],
  'managed/Runtime/Model': ['session.test.js', 'forwardLayer.test.js', 'embed.test.js'],
};
const jestOf = (file) => Object.entries(JEST).find(([prefix]) => file.startsWith(prefix))?.[1] ?? [];

const isManaged = ({ file }) => file.startsWith('managed/');

/** How a language asks whether a row's check is out. */
const out = (row) =>
  isManaged(row) ? `global::Realm.Mutation.Out(${row.number})` : `(process.env.REALM_MUTANT === '${row.number}')`;

/** The index behind the bracket that closes the one before `at`. Strings and characters are stepped over. */
function behindBracket(text, at) {
  for (let depth = 1; depth > 0; at++) {
    const c = text[at];
    if (c === undefined) throw new Error('a bracket is not closed');
    if (c === '(') depth++;
    else if (c === ')') depth--;
    else if (c === '"' || c === "'") {
      for (at++; text[at] !== c; at++) if (text[at] === '\\') at++;
    }
  }
  return at;
}

// What a pattern or a call gives a name to, where it fits: without the check it would have no value.
const assigns = (condition) =>
  /\bis not\b[^()]*[}\w>\]]\s+[a-z]\w*\s*(\|\||$)/.test(condition) ||
  (/\|\|/.test(condition) && /\bout \b/.test(condition));

/** What an `if` does that throws, perhaps after a statement or behind a comment. */
const THROWS = /^\)\s*(\{\s*(\/\/[^\n]*\s*|[^;{}]*;\s*){0,3})?throw\b/;

/** Every `if (condition) throw` of a source: spans of conditions. */
function conditionsThatThrow(text) {
  const found = [];
  for (const { index } of text.matchAll(/\bif \(/g)) {
    const start = index + 'if ('.length;
    const end = behindBracket(text, start) - 1;
    if (!THROWS.test(text.slice(end))) continue;
    const condition = text.slice(start, end);
    if (!assigns(condition)) found.push({ start, end, condition });
  }
  return found;
}

/** Where a written row's text stands. */
function span(text, { file, what, take }) {
  const marked = /^([^]*?)‹([^]*)›([^]*)$/.exec(take);
  const [before, inner, after] = marked ? marked.slice(1) : ['', take, ''];
  const whole = before + inner + after;
  const times = text.split(whole).length - 1;
  if (times !== 1) throw new Error(`${file}: ${what}: the text to take out is there ${times} times`);
  const start = text.indexOf(whole) + before.length;
  return { start, end: start + inner.length, isStatement: inner.trimEnd().endsWith(';') };
}

/** An expression or a statement, with what may stand there instead. */
function switched(take, isStatement, rows) {
  if (isStatement) return rows.reduce((rest, row) => `if (${out(row)}) { ${row.put ?? ''} } else { ${rest} }`, take);
  return rows.reduce((rest, row) => {
    // These two keep what a pattern of the expression gives a name to; and the first asks only where the check would refuse.
    if (row.put === 'false') return `((${rest}) && !${out(row)})`;
    if (row.put === 'true') return `((${rest}) || ${out(row)})`;
    return `(${out(row)} ? (${row.put}) : (${rest}))`;
  }, take);
}

/** A source with its rows (of which each has `start`, `end`, `isStatement`, `number`). */
function withRows(text, rows) {
  const sorted = [...byPlace(rows).values()].sort(([a], [b]) => b.start - a.start);
  for (let i = 1; i < sorted.length; i++)
    if (sorted[i][0].end > sorted[i - 1][0].start)
      throw new Error(`two rows overlap: ${sorted[i][0].what} and ${sorted[i - 1][0].what} (${sorted[i][0].file})`);
  for (const here of sorted) {
    const [{ start, end, isStatement }] = here;
    text = text.slice(0, start) + switched(text.slice(start, end), isStatement, here) + text.slice(end);
  }
  return text;
}

function byPlace(rows) {
  const places = new Map();
  for (const row of rows) {
    const key = `${row.start} ${row.end}`;
    places.set(key, [...(places.get(key) ?? []), row]);
  }
  return places;
}

/** All rows of the tree, numbered from 1: those that are written down, and what is found beside them. */
function allRows() {
  const texts = new Map();
  const textOf = (file) => {
    if (!texts.has(file)) texts.set(file, fs.readFileSync(path.join(root, file), 'utf8'));
    return texts.get(file);
  };
  const rows = JSON.parse(fs.readFileSync(path.join(__dirname, 'rows.json'), 'utf8')).map((row) => ({
    ...row,
    ...span(textOf(row.file), row),
  }));
  for (const file of files('managed', '.cs'))
    for (const { start, end, condition } of conditionsThatThrow(textOf(file)))
      if (!rows.some((row) => row.file === file && row.start < end && start < row.end))
        rows.push({
          file,
          what: condition.replace(/\s+/g, ' '),
          put: 'false',
          start,
          end,
          isStatement: false,
          tests: [],
        });
  const second = JSON.parse(fs.readFileSync(path.join(__dirname, 'second.json'), 'utf8'));
  for (const { file, what } of second)
    if (!rows.some((row) => row.file === file && row.what === what))
      throw new Error(`${file}: the second line of defence is not there: ${what}`);
  return rows.map((row, index) => ({
    ...row,
    number: index + 1,
    jest: isManaged(row) ? jestOf(row.file) : row.tests,
    second: second.find(({ file, what }) => row.file === file && row.what === what)?.why,
  }));
}

module.exports = { allRows, conditionsThatThrow, span, withRows, isManaged };
