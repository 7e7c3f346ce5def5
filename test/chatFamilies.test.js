'use strict';

// Calls as the templates of 35 models write them, cut out of the rendering and read back.

const path = require('node:path');
const { describeChat } = require('../dist/chat/format/describe');
const { ChatParser } = require('../dist/chat/format/parser');
const { insideReasoning } = require('../dist/chat/format/insideReasoning');
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
