'use strict';

const { loadModel } = require('..');
const { rejection } = require('./fixtures/failure');
const { tinyAtlas } = require('./fixtures/places');

let model;
beforeAll(async () => (model = await loadModel(tinyAtlas)));
afterAll(() => model.close());

const schema = {
  type: 'object',
  properties: {
    name: { type: 'string', maxLength: 12 },
    kind: { enum: ['a', 'b'] },
    size: { type: 'integer', minimum: 0 },
  },
  required: ['name', 'kind', 'size'],
  additionalProperties: false,
};

/** The fewest tokens that the error of too few tells. */
async function fewest(format) {
  const error = await rejection(model.generate('x', { format, maxTokens: 1 }));
  expect(error.code).toBe('E_INVALID_ARGUMENT');
  const [, tokens] = /^the shortest text of the format takes (\d+) tokens, but maxTokens and the context leave 1$/.exec(
    error.message,
  );
  return Number(tokens);
}

test('a schema is kept to by every way of choosing and within any number of tokens that suffices', async () => {
  const least = await fewest(schema);
  const ways = [{}, ...[1, 2, 3].map((seed) => ({ seed, temperature: 1.5, topK: 0, topP: 1, minP: 0 }))];
  for (const way of ways) {
    for (const maxTokens of [least, least + 1, least + 2, least + 5, least + 20, 120]) {
      const { text, value, tokens } = await model.generate('The capital of France is', {
        format: schema,
        maxTokens,
        ...way,
      });
      expect(tokens.length).toBeLessThanOrEqual(maxTokens);
      expect(value).toEqual(JSON.parse(text));
      expect(Object.keys(value)).toEqual(['name', 'kind', 'size']);
      expect(['a', 'b']).toContain(value.kind);
      expect(value.name.length).toBeLessThanOrEqual(12);
      expect(value.size).toBeGreaterThanOrEqual(0);
    }
  }
}, 60_000);

test('other notations; streamed text is the whole; speculation changes nothing', async () => {
  const loose = { temperature: 2, topK: 0, topP: 1, minP: 0, seed: 5, maxTokens: 60 };
  const patterned = await model.generate('x', { format: { regex: '[A-Z][a-z]{2,8}, [0-9]{4}' }, ...loose });
  expect(patterned.value).toMatch(/^[A-Z][a-z]{2,8}, [0-9]{4}$/);
  const choice = ['Paris', 'Rome', 'Madrid'];
  expect((await model.generate('The capital of France is ', { format: { choice } })).value).toBe('Paris');
  const grammar = await model.generate('x', { format: { gbnf: 'root ::= "yes" | "no" [.!]' }, ...loose });
  expect(grammar.text).toMatch(/^(yes|no[.!])$/);
  const lark = await model.generate('x', { format: { lark: 'start: "a" /[0-9]+/ "b"' }, ...loose });
  expect(lark.text).toMatch(/^a[0-9]+b$/);
  const json = { format: 'json', maxTokens: 50, ignoreEos: true };
  let streamed = '';
  for await (const { text } of model.generate('x', json)) streamed += text;
  const whole = await model.generate('x', json);
  expect(streamed).toBe(whole.text);
  expect(whole.value).toEqual(JSON.parse(whole.text));
  expect((await model.generate('x', { ...json, speculation: false })).text).toBe(whole.text);
});

test('with a format and without one, side by side', async () => {
  const [plain] = await Promise.all([
    model.generate('The capital of France is'),
    ...[1, 2, 3].map(() => model.generate('x', { format: schema, maxTokens: 80 })),
  ]);
  expect(plain.text).toBe(' Paris.');
  expect(plain).not.toHaveProperty('value');
});

test.each([
  [7, 'E_INVALID_ARGUMENT', /^format must be 'json', a JSON Schema, or /],
  [{ regex: 7 }, 'E_INVALID_ARGUMENT', /^format.regex must be a string, got 7$/],
  [{ choice: [] }, 'E_INVALID_ARGUMENT', /^format.choice must be an array of strings with something in it/],
  [{ regex: '(' }, 'E_INVALID_ARGUMENT', /./],
  [{ gbnf: 'root ::=' + ' "' }, 'E_INVALID_ARGUMENT', /./],
  [{ type: 'strin' }, 'E_INVALID_ARGUMENT', /strin/],
  [{ '~standard': {} }, 'E_INVALID_ARGUMENT', /z\.toJSONSchema/],
])('%j is refused', async (format, code, message) => {
  expect(await rejection(model.generate('a', { format }))).toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
});
