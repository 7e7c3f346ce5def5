'use strict';

// Calls as the templates of 35 models write them, cut out of the rendering and read back.

const path = require('node:path');
const { describeChat } = require('../dist/chat/format/describe');
const { ChatParser } = require('../dist/chat/format/parser');
const { insideReasoning } = require('../dist/chat/format/insideReasoning');
const { Source } = require('../dist/chat/format/source');
const { seeded, written, parsedIn, random, schemas } = require('./fixtures/chatCalls');
const { golden, goldenTest, readJson } = require('./fixtures/places');

const SEEDS = 50;
const templates = golden ? readJson(path.join(golden, 'chat/templates.json')).templates : {};

/** Templates that write no calls: gemma 2, Phi 3.5 and RWKV know none; Kimi K2's needs what Jinja's sandbox forbids. */
const WITHOUT_CALLS = [
  'Kimi-K2-Instruct',
  'google-gemma-2-2b-it',
  'llama-cpp-rwkv-world',
  'microsoft-Phi-3.5-mini-instruct',
];
/** Templates that lose the text of an answer that calls too, or write it elsewhere. */
const WITHOUT_TEXT = [
  'Cohere2MoE',
  'CohereForAI-c4ai-command-r7b-12-2024-tool_use',
  'Mistral-Small-3.2-24B-Instruct-2506',
  'NVIDIA-Nemotron-Nano-v2',
  'NousResearch-Hermes-3-Llama-3.1-8B-tool_use',
  'deepseek-ai-DeepSeek-R1-Distill-Qwen-32B',
  'meta-llama-Llama-3.2-3B-Instruct',
  'mistralai-Mistral-Nemo-Instruct-2407',
  'muse-glimmer',
];
/** Templates that don't escape strings: quotes before what may follow a value, and backslashes, are lost. */
const WITHOUT_QUOTES = ['LFM2.5-8B-A1B'];
/** Keys in order: some templates sort them. */
const sorted = (value) =>
  JSON.parse(JSON.stringify(value), (_, inner) =>
    inner && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

function answerOf(name, format, seed) {
  const answer = seeded(seed, { plain: WITHOUT_QUOTES.includes(name) });
  if (!format.parallel) answer.calls.length = 1;
  if (!format.reasoning?.field) answer.reasoning = '';
  if (WITHOUT_TEXT.includes(name)) answer.content = '';
  return answer;
}

/** The same calls, text and reasoning come back, however the text is cut. */
function readsBack(name, template, format, seed) {
  const answer = answerOf(name, format, seed);
  const { before, text } = written(template, { ...answer, field: format.reasoning?.field });
  const next = random(seed);
  const options = { tools: schemas, insideReasoning: insideReasoning(before, format) };
  for (const length of [() => Infinity, () => 1, () => 1 + Math.floor(next() * 12), () => 1 + Math.floor(next() * 3)]) {
    const got = parsedIn(new ChatParser(format, options), text, length);
    expect({ seed, ...got }).toEqual({ seed, ...sorted(answer), calls: expect.anything() });
    expect(sorted(got.calls)).toEqual(sorted(answer.calls));
  }
}

goldenTest('all templates are there, and those that write no calls are named', () => {
  const formats = Object.entries(templates).map(([name, template]) => [name, describeChat(template)]);
  expect(formats.filter(([, { takes }]) => !takes.toolCalls).map(([name]) => name)).toEqual(WITHOUT_CALLS);
  expect(formats.filter(([, { found }]) => found !== 'table').map(([name]) => name)).toEqual(WITHOUT_CALLS.slice(1));
});

for (const [name, template] of Object.entries(templates)) {
  if (WITHOUT_CALLS.includes(name)) continue;
  test(`${name}: ${SEEDS} answers with calls`, () => {
    const format = describeChat(template);
    for (let seed = 1; seed <= SEEDS; seed++) readsBack(name, template, format, seed);
  });
}

/** Templates whose renderings alone don't tell all: Kimi K3's tags share their beginnings, the others' messages have headers. */
const ONLY_BY_TABLE = [
  'Kimi-K3',
  'deepseek-ai-DeepSeek-R1-Distill-Qwen-32B',
  'meetkai-functionary-medium-v3.2',
  'muse-glimmer',
];

for (const [name, template] of Object.entries(templates)) {
  if (WITHOUT_CALLS.includes(name) || ONLY_BY_TABLE.includes(name)) continue;
  test(`${name}: the same without the table of families`, () => {
    const format = describeChat(template, { table: false });
    expect(format.found).toBe('rendered');
    for (let seed = 1; seed <= 10; seed++) readsBack(name, template, format, seed);
  });
}

// More of the next by `REALM_MUTATIONS=100000`; `npm test` has a few thousand in all.
const MUTATIONS = Number(process.env.REALM_MUTATIONS ?? 100);

/** A text with parts taken out, doubled, swapped, cut off, and with marks where none belong. */
function mutated(text, marks, next) {
  const below = (n) => Math.floor(next() * n);
  let changed = text;
  for (let count = below(4); count >= 0; count--) {
    const from = below(changed.length + 1);
    const to = Math.min(changed.length, from + below(60));
    const part = changed.slice(from, to);
    const kind = below(5);
    if (kind === 0) changed = changed.slice(0, from) + changed.slice(to);
    else if (kind === 1) changed = changed.slice(0, to) + part + changed.slice(to);
    else if (kind === 2) changed = changed.slice(0, from) + [...part].reverse().join('') + changed.slice(to);
    else if (kind === 3 && next() < 0.5) changed = changed.slice(0, from);
    else changed = changed.slice(0, from) + marks[below(marks.length)] + changed.slice(from);
  }
  return changed;
}

/** Marks of a format and pieces of them, and what upsets JSON. */
function marksOf(format) {
  const { calls, reasoning, content, channels } = format;
  const { section, call, separator, arguments: given } = calls;
  const texts = [
    section?.open,
    section?.close,
    call.open,
    call.close,
    separator,
    given.open,
    given.close,
    given.pattern,
  ]
    .concat(reasoning?.start, reasoning?.end, content?.start, content?.end, channels?.start, channels?.message)
    .filter(Boolean)
    .flatMap((text) => text.split(/\{\w+\}/))
    .filter(Boolean);
  return [
    ...texts,
    ...texts.map((text) => text.slice(0, -1)),
    '"',
    '\\',
    '{',
    '}',
    '[',
    ']',
    "'",
    ',',
    '<',
    '\n',
    '\u0000',
    '\ud83c',
  ];
}

/** Everything that deltas tell; half a character may be escaped where the other half came later. */
const told = (deltas) =>
  deltas
    .map(
      ({ type, text, name, arguments: given }) =>
        text ?? (type === 'tool-call-start' ? `${name}\n` : type === 'tool-call-delta' ? given : ''),
    )
    .join('')
    .replace(/\\u([dD][89a-fA-F][0-9a-fA-F]{2})/g, (_, code) => String.fromCharCode(parseInt(code, 16)));

for (const [name, template] of Object.entries(templates)) {
  if (WITHOUT_CALLS.includes(name)) continue;
  test(`${name}: whatever a model says, nothing is thrown or lost`, () => {
    const format = describeChat(template);
    const marks = marksOf(format);
    for (let seed = 1; seed <= MUTATIONS; seed++) {
      const next = random(seed);
      const answer = answerOf(name, format, 1 + (seed % 40));
      // Words that are nowhere else: each that is still whole must come out.
      let words = 0;
      for (const call of answer.calls) call.arguments.city = `zq${words++}qz`;
      if (answer.content) answer.content += ` zq${words}qz`;
      const { before, text } = written(template, { ...answer, field: format.reasoning?.field });
      const changed = mutated(text, marks, next);
      const options = { tools: schemas, insideReasoning: insideReasoning(before, format) };
      const parser = new ChatParser(format, options);
      const deltas = [];
      for (let at = 0; at < changed.length;) {
        const piece = changed.slice(at, (at += 1 + Math.floor(next() * 20)));
        deltas.push(...parser.push(piece));
      }
      deltas.push(...parser.end());
      const all = told(deltas);
      for (const word of changed.match(/zq\d+qz/g) ?? []) {
        if (!all.includes(word))
          throw new Error(`seed ${seed}: ${word} of ${JSON.stringify(changed)} is not in ${JSON.stringify(deltas)}`);
      }
      // What comes in other pieces says the same.
      const whole = new ChatParser(format, options);
      expect(told([...whole.push(changed), ...whole.end()])).toBe(all);
    }
  });
}

/** As much of a text as makes so many characters. */
const filled = (text, size) => text.repeat(Math.ceil(size / text.length)).slice(0, size);

// Readers only go forward, but for what they put back: if that is bounded, each character is looked at a bounded number of times.
for (const [name, template] of Object.entries(templates)) {
  if (WITHOUT_CALLS.includes(name)) continue;
  test(`${name}: long texts that begin marks and never end`, () => {
    const format = describeChat(template);
    const { text } = written(template, {
      content: '',
      reasoning: '',
      calls: [{ name: schemas[0].name, arguments: { city: 'CITY' } }],
    });
    const opening = text.slice(0, text.indexOf('CITY'));
    const size = 20_000;
    const { calls } = format;
    const begun = (calls.section?.open ?? '') + calls.call.open.split('{')[0];
    const texts = [
      filled(begun || '{"name": ', size),
      filled(`${begun.slice(0, -1)} `, size),
      opening + filled('\\"', size),
      opening + filled("', ", size),
      opening + filled('</', size),
      opening + filled(`${calls.call.close || '}'} `, size),
      opening + filled('\n', size),
      opening.slice(0, opening.indexOf(schemas[0].name)) + filled('x ', size),
      filled('[', size),
      filled('{"a":', size),
      filled(' ', size),
    ];
    const putBack = jest.spyOn(Source.prototype, 'unread');
    for (const long of texts) {
      for (const step of [long.length, 7]) {
        putBack.mockClear();
        const parser = new ChatParser(format, { tools: schemas });
        const deltas = [];
        for (let at = 0; at < long.length; at += step) deltas.push(...parser.push(long.slice(at, at + step)));
        deltas.push(...parser.end());
        const back = putBack.mock.calls.reduce((sum, [text]) => sum + text.length, 0);
        expect(back).toBeLessThan(2 * long.length);
        // Marks and white space are all that goes away.
        if (/\S/.test(long.slice(opening.length))) expect(told(deltas).length).toBeGreaterThan(size / 4);
      }
    }
    putBack.mockRestore();
  });
}
