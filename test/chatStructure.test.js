'use strict';

// What answers are held to, by the engine: whatever the model would say, calls come out that the parser reads.

const path = require('node:path');
const Ajv = require('ajv/dist/2020').default;
const { loadModelSync } = require('..');
const { describeChat } = require('../dist/chat/format/describe');
const { answerStructure } = require('../dist/chat/format/answerStructure');
const { ChatParser } = require('../dist/chat/format/parser');
const { golden, goldenTest, readJson, tinyAtlas } = require('./fixtures/places');

const templates = golden ? readJson(path.join(golden, 'chat/templates.json')).templates : {};
const tools = [
  {
    name: 'get_weather',
    parameters: {
      type: 'object',
      properties: {
        city: { type: 'string', minLength: 2, maxLength: 20 },
        code: { type: 'string', pattern: '^[A-Z]{2}-[0-9]+$' },
        unit: { enum: ['celsius', 'fahrenheit'] },
        days: { type: 'integer' },
        list: { type: 'array', items: { type: 'string' }, maxItems: 2 },
        options: { type: 'object', properties: { deep: { type: 'boolean' } }, required: ['deep'] },
      },
      required: ['city', 'code', 'unit'],
      additionalProperties: false,
    },
  },
  { name: 'now', parameters: { type: 'object', properties: {}, additionalProperties: false } },
];
const ajv = new Ajv();
const valid = new Map(tools.map(({ name, parameters }) => [name, ajv.compile(parameters)]));
const PLAIN = '{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}';

let model;
beforeAll(() => (model = loadModelSync(tinyAtlas)));
afterAll(() => model.close());

async function answer(format, options, { seed = 1, maxTokens = 200 } = {}) {
  const structure = answerStructure(format, { tools, ...options });
  const { text, finishReason } = await model.generate('abc', {
    format: { structure },
    specialTokens: true,
    seed,
    temperature: 1.5,
    maxTokens,
  });
  const parser = new ChatParser(format, { tools, insideReasoning: options.insideReasoning });
  const deltas = [...parser.push(text), ...parser.end()];
  const said = (type) => deltas.map((delta) => (delta.type === type ? delta.text : '')).join('');
  const calls = deltas.filter(({ type }) => type === 'tool-call');
  return { text, finishReason, calls, content: said('content'), reasoning: said('reasoning') };
}

/** As the table has them: one more for what no table knows. */
const formats = [['no tools in the template', PLAIN], ...Object.entries(templates)];
test.each(formats)('%s: a call that is required comes, and is valid, also cut short', async (name, template) => {
  const format = describeChat(template);
  for (const [seed, maxTokens] of [
    [1, 130],
    [2, 200],
    [3, 260],
  ]) {
    const { calls, content, text } = await answer(
      format,
      { toolChoice: 'required', reasoning: false },
      { seed, maxTokens },
    );
    expect([text, calls.length, content]).toEqual([text, expect.any(Number), '']);
    expect(calls.length).toBeGreaterThan(0);
    for (const call of calls) {
      expect(call).not.toHaveProperty('invalid');
      const check = valid.get(call.name);
      expect([check(call.arguments), call]).toEqual([true, call]);
    }
  }
});

test('one tool by name, one call only, none', async () => {
  const format = describeChat(PLAIN.replace('{{ m.content }}', '{{ m.content }}<tool_call>"arguments"'));
  expect(format.family).toBe('hermes');
  for (const seed of [1, 2, 3]) {
    const named = await answer(
      format,
      { toolChoice: { name: 'now' }, parallelToolCalls: false, reasoning: false },
      { seed },
    );
    expect(named.calls).toEqual([expect.objectContaining({ name: 'now', arguments: {} })]);
    const none = await answer(format, { toolChoice: 'none', reasoning: false }, { seed, maxTokens: 30 });
    expect([none.calls, none.text.includes('<tool_call>')]).toEqual([[], false]);
  }
});

test('a budget of reasoning, then what the format says', async () => {
  const format = describeChat(PLAIN.replace('{{ m.content }}', '{{ m.content }}<tool_call>"arguments"'));
  const options = { tools: [], format: { choice: ['yes', 'no'] }, insideReasoning: true, reasoning: { maxTokens: 5 } };
  const { text, content, finishReason } = await answer(format, options);
  expect(['yes', 'no']).toContain(content);
  expect(text).toMatch(/<\/think>[ \n]{0,2}(yes|no)$/);
  expect(finishReason).toBe('stop');
  expect(model.tokenize(text.slice(0, text.indexOf('</think>'))).length).toBeLessThanOrEqual(8);
});

test('nothing to hold is no structure', () => {
  const format = describeChat(PLAIN);
  expect(answerStructure(format, {})).toBeUndefined();
  expect(answerStructure(format, { reasoning: 'auto', insideReasoning: true })).toBeUndefined();
  expect(answerStructure(format, { format: 'json' })).toEqual({ grammar: 'json' });
});

goldenTest('every family of the reference data is held', () => {
  expect(Object.keys(templates).length).toBeGreaterThan(30);
});
