'use strict';

const { loadModel } = require('..');
const { rejection } = require('./fixtures/failure');
const { tinyAtlas } = require('./fixtures/places');

const SCHEMA = {
  type: 'object',
  properties: { name: { type: 'string' }, n: { type: 'integer' } },
  required: ['name', 'n'],
};
let model;
beforeAll(async () => (model = await loadModel(tinyAtlas)));
afterAll(() => model.close());

const generate = (format, options) => model.generate('The capital of', { format, maxTokens: 40, ...options });

test.each([{}, { temperature: 1.5, seed: 1 }, { temperature: 1.5, seed: 2, ignoreEos: true }])(
  'a schema is held, %j',
  async (options) => {
    const { text } = await generate({ type: 'json_schema', schema: SCHEMA }, options);
    const value = JSON.parse(text);
    expect(Object.keys(value)).toEqual(['name', 'n']);
    expect(typeof value.name).toBe('string');
    expect(Number.isInteger(value.n)).toBe(true);
  },
);

test('the other types', async () => {
  const text = async (format) => (await generate(format)).text;
  JSON.parse(await text({ type: 'json', whitespace: 'spaced' }));
  expect(await text({ type: 'regex', pattern: '[0-9]{3}-[a-f]+' })).toMatch(/^[0-9]{3}-[a-f]+$/);
  expect(['Paris', 'Rome']).toContain(await text({ type: 'choice', choices: ['Paris', 'Rome'] }));
  expect(await text({ type: 'gbnf', grammar: 'root ::= "a" [0-9]' })).toMatch(/^a[0-9]$/);
  expect(await text({ type: 'lark', grammar: 'start: "a" /[0-9]/' })).toMatch(/^a[0-9]$/);
});

test.each([
  ['json', 'format must be an object'],
  [{}, 'an object with a type'],
  [{ type: 'xml' }, 'format.type must be'],
  [{ type: 'regex' }, 'needs pattern'],
  [{ type: 'regex', pattern: 1 }, 'format.pattern must be a text'],
  [{ type: 'regex', pattern: '(' }, ''],
  [{ type: 'json', schema: {} }, "has no 'schema'"],
  [{ type: 'choice', choices: [] }, 'choice must be'],
])('%j is refused', async (format, message) => {
  const error = await rejection(generate(format));
  expect(error.code).toBe('E_INVALID_ARGUMENT');
  expect(error.message).toContain(message);
});

test('too few tokens', async () => {
  const error = await rejection(generate({ type: 'json_schema', schema: SCHEMA }, { maxTokens: 2 }));
  expect(error.code).toBe('E_INVALID_ARGUMENT');
  expect(error.message).toMatch(/needs at least [0-9]+ tokens/);
});
