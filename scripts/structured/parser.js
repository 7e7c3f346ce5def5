'use strict';

// Answers changed at random through the parser of every family: nothing is thrown, no text is lost; ten times the text takes about ten times
// as long.

const { FAMILIES } = require('../../dist/chat/format/families');
const { ChatParser } = require('../../dist/chat/format/parser');
const { describeChat } = require('../../dist/chat/format/describe');
const { randomOf } = require('./random');

const SCHEMA = { properties: { a: { type: 'string' }, n: { type: 'number' }, l: { type: 'array' } } };
const TOOLS = [{ name: 'f', parameters: SCHEMA }, { name: 'g' }];
/** Characters that no family's marks have: what is to come out again, each of them. */
const KEPT = ['Ω', 'ю', '日', '本', '🌦'];
const WORDS = [
  ...KEPT,
  ...KEPT,
  '"Ω"',
  "ю's",
  '\n',
  '\\',
  '{"ю": [1]}',
  'f(Ω=1)',
  '</tool_call>',
  '&amp;',
  '日本語',
  ' ',
  ',',
];

/** The texts that mark something in a family's answers, and what stands in calls. */
function marksOf(format) {
  const marks = [];
  const walk = (value) => {
    if (typeof value === 'string') marks.push(value.replace(/\{(name|key|id|index|string|type|arguments)\}/g, 'f'));
    else if (value && typeof value === 'object') Object.values(value).forEach(walk);
  };
  walk([format.reasoning, format.content, format.channels, format.calls, format.ends]);
  return [...new Set(marks)].filter((mark) => mark && mark.length < 80);
}

/** A family's format as the parser takes it, whatever template it was found by. */
function formatOf(family) {
  const generic = describeChat('{{ messages[0].content }}');
  return { ...generic, ...family.format(''), found: 'table', family: family.name };
}

/** A call as the family writes it, from the format's own description. */
function callOf({ calls, channels }, random) {
  if (!calls) return '';
  const value = ['"Ω"', '1', '[1, {"ю": null}]', '"日\\n\\"本"', 'true'][random(5)];
  const fill = (text) => text.replaceAll('{name}', 'f').replaceAll('{id}', 'abcdefghi').replaceAll('{index}', '0');
  const syntax = calls.arguments;
  const given = {
    json: () => `{"a": ${value}}`,
    envelope: () => fill(syntax.pattern).replace('{arguments}', `{"a": ${value}}`),
    tagged: () =>
      fill(syntax.open).replaceAll('{key}', 'a').replaceAll('{string}', 'true').replaceAll('{type}', 'string') +
      value +
      syntax.close,
    python: () => `(a=${value})`,
    braces: () => `{a:${syntax.quote}${value}${syntax.quote}}`,
    elements: () => `${syntax.prefix}<a>${value}${syntax.prefix}</a>`,
  }[syntax.kind]();
  const one = fill(calls.call.open) + given + fill(calls.call.close);
  const header = channels ? fill(channels.call) : '';
  return header + (calls.section ? calls.section.open + one + calls.section.close : one);
}

/** An answer: text, marks and calls in any order, some of them cut, doubled or swapped. */
function answerOf(format, marks, random) {
  let text = '';
  for (let parts = 1 + random(6); parts > 0; parts--) {
    const kind = random(4);
    text +=
      kind === 0 ? callOf(format, random) : kind === 1 ? marks[random(marks.length)] : WORDS[random(WORDS.length)];
  }
  for (let changes = random(4); changes > 0; changes--) {
    const at = random(text.length + 1);
    const to = at + random(12);
    const change = random(4);
    if (change === 0) text = text.slice(0, at) + text.slice(to);
    else if (change === 1) text = text.slice(0, to) + text.slice(at);
    else if (change === 2) text = text.slice(0, at) + WORDS[random(WORDS.length)] + text.slice(at);
    else text = text.slice(0, at);
  }
  return text;
}

/** What all deltas say, and whether calls are told in order. */
function parsed(format, text, random) {
  const parser = new ChatParser(format, { tools: random(2) ? TOOLS : undefined, insideReasoning: random(8) === 0 });
  const deltas = [];
  for (let at = 0; at < text.length;) {
    const piece = text.slice(at, (at += 1 + random(random(2) ? 4 : 40)));
    deltas.push(...parser.push(piece));
  }
  deltas.push(...parser.end());
  return deltas;
}

/** Whether characters of the answer stand nowhere in what was told. */
function isLost(text, deltas) {
  const told = deltas
    .filter(({ type }) => type !== 'tool-call')
    .map(({ text: said = '', name = '', id = '', arguments: given = '' }) => said + name + id + unescaped(given))
    .join('');
  return KEPT.some((letter) => told.split(letter).length < text.split(letter).length);
}

const unescaped = (json) =>
  json.replace(/\\u([0-9a-f]{4})/gi, (_, digits) => String.fromCharCode(parseInt(digits, 16)));

/** Milliseconds for a call with a megabyte of arguments, the best of some. */
function megabyte(format, bytes = 1 << 20) {
  const items = Array.from({ length: bytes / 56 }, (_, i) => ({
    name: `item ${i}`,
    value: i * 1.5,
    ok: true,
    note: 'a "b"',
  }));
  const text = `<tool_call>\n${JSON.stringify({ name: 'f', arguments: { items } })}\n</tool_call>`;
  let best = Infinity;
  for (let i = 0; i < 7; i++) {
    const begin = process.hrtime.bigint();
    const parser = new ChatParser(format, { tools: TOOLS });
    const deltas = [...parser.push(text), ...parser.end()];
    best = Math.min(best, Number(process.hrtime.bigint() - begin) / 1e6);
    if (deltas.at(-1).invalid) throw new Error(`a call of ${text.length} characters can't be read`);
  }
  return best;
}

function parser(count) {
  const formats = FAMILIES.map(formatOf);
  const seen = { answers: 0, thrown: 0, lost: 0 };
  for (let i = 0; i < count; i++) {
    const format = formats[i % formats.length];
    const random = randomOf(i);
    const marks = (format.marks ??= marksOf(format));
    const text = answerOf(format, marks, random);
    seen.answers++;
    try {
      if (!isLost(text, parsed(format, text, random))) continue;
      seen.lost++;
      if (seen.lost <= 10) console.log(`lost: ${format.family}: ${JSON.stringify(text)}`);
    } catch (error) {
      seen.thrown++;
      if (seen.thrown <= 10) console.log(`thrown: ${format.family}: ${JSON.stringify(text)}: ${error.stack}`);
    }
  }
  const hermes = describeChat('{# <tool_call> arguments #}{{ messages[0].content }}');
  return { ...seen, families: formats.length, megabyte: megabyte(hermes), tenth: megabyte(hermes, (1 << 20) / 10) };
}

module.exports = { parser };
