'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { loadModel } = require('..');
const { SCHEMA_KEYWORDS } = require('../dist/options/schemaKeywords');
const { runScript } = require('./fixtures/child');
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
});

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

// The end-of-generation token of this model is one; <|im_start|> is a control token that is not.
const turns = (text) => ({
  structure: { sequence: [text, { repeat: { sequence: ['<|im_start|>', { json: schema }] }, max: 2 }] },
});

test('a structure: free text, then perhaps calls behind a special token, which is written out', async () => {
  const free = { text: { without: ['<|im_start|>'] } };
  const plain = await model.generate('The capital of France is');
  const held = await model.generate('The capital of France is', { format: turns(free) });
  expect(held).toMatchObject({ text: ' Paris.', value: ' Paris.', tokens: plain.tokens, finishReason: 'stop' });

  const forced = { structure: { sequence: ['<|im_start|>x', free] } };
  const { text, tokens } = await model.generate('a', { format: forced, maxTokens: 3 });
  expect(tokens[0]).toBe(1);
  expect(text).toMatch(/^<\|im_start\|>x/);
});

test('a structure is whole at any length, the same in company and with guesses', async () => {
  const budget = { text: { without: ['<|im_start|>'] }, maxTokens: 5 };
  const calls = { sequence: ['<|im_start|>', { json: schema }] };
  const format = { structure: { sequence: [budget, { repeat: calls, min: 1, max: 2 }] } };
  const least = await fewest(format);
  const run = (seed, rest) =>
    model.generate('The capital of France is', { format, seed, temperature: 1.5, topK: 0, topP: 1, minP: 0, ...rest });
  for (const maxTokens of [least, least + 1, least + 7, 60, 90]) {
    const together = await Promise.all([1, 2, 3, 4].map((seed) => run(seed, { maxTokens })));
    for (const [i, { text, tokens }] of together.entries()) {
      expect(tokens.length).toBeLessThanOrEqual(maxTokens);
      const [before, ...values] = text.split('<|im_start|>');
      expect(before).not.toContain('<|');
      expect(tokens.indexOf(1)).toBeLessThanOrEqual(5);
      expect(values.length).toBeGreaterThan(0);
      for (const value of values) expect(Object.keys(JSON.parse(value))).toEqual(['name', 'kind', 'size']);
      expect((await run(i + 1, { maxTokens, speculation: false })).text).toBe(text);
    }
  }
});

test('specialTokens: special tokens are written out in the text', async () => {
  const options = { logitBias: { 1: 100 }, maxTokens: 2 };
  expect((await model.generate('a', options)).text).toBe('');
  expect((await model.generate('a', { ...options, specialTokens: true })).text).toBe('<|im_start|><|im_start|>');
});

test.each([
  [7, 'E_INVALID_ARGUMENT', /^format must be 'json', a JSON Schema, .*, got 7$/],
  [{ regex: 7 }, 'E_INVALID_ARGUMENT', /^format.regex must be a string, got 7$/],
  [{ choice: [] }, 'E_INVALID_ARGUMENT', /^format.choice must be an array of strings with something in it/],
  [{ regex: '(' }, 'E_INVALID_ARGUMENT', /./],
  [{ gbnf: 'root ::=' + ' "' }, 'E_INVALID_ARGUMENT', /./],
  [{ type: 'strin' }, 'E_INVALID_ARGUMENT', /strin/],
  [{ structure: 7 }, 'E_INVALID_ARGUMENT', /^format.structure must be a string or an object with one of sequence,/],
  [
    { structure: { sequence: ['a', { sequnce: [] }] } },
    'E_INVALID_ARGUMENT',
    /^format.structure.sequence\[1\] must have one of .*, got an object with "sequnce"$/,
  ],
  [{ structure: { choice: [] } }, 'E_INVALID_ARGUMENT', /^format.structure.choice must be an array with something in/],
  [{ structure: { repeat: 'a', mn: 1 } }, 'E_INVALID_ARGUMENT', /^format.structure has "mn" beside "repeat"$/],
  [{ structure: { repeat: 'a', min: -1 } }, 'E_INVALID_ARGUMENT', /^format.structure.min must be an integer from 0 to/],
  [{ structure: { text: {} } }, 'E_INVALID_ARGUMENT', /^format.structure.text.without must be an array of texts/],
  [{ structure: { regex: 5 } }, 'E_INVALID_ARGUMENT', /^format.structure.regex must be a string, got 5$/],
  [{ structure: { json: 5 } }, 'E_INVALID_ARGUMENT', /^format.structure.json must be a JSON Schema, got 5$/],
  [{ structure: { grammar: { regex: 5 } } }, 'E_INVALID_ARGUMENT', /^format.structure.grammar.regex must be a string/],
  [{ structure: { json: { type: 'strin' } } }, 'E_INVALID_ARGUMENT', /^schema #\/json\/type: .*strin/],
])('%j is refused', async (format, code, message) => {
  expect(await rejection(model.generate('a', { format }))).toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
});

/** A schema of a library whose own check is this. */
const library = (validate) => ({
  '~standard': { version: 1, vendor: 'test', validate, jsonSchema: { input: () => ({ type: 'integer' }) } },
});

describe('checks of a library that never end', () => {
  const messages = [{ role: 'user', content: 'x' }];
  const calls = [
    ['generate', (options) => model.generate('x', options)],
    ['chat', (options) => model.chat(messages, options)],
  ];

  test.each(calls)('%s ends by its signal, its timeout, and by cancel()', async (_, call) => {
    const stop = new AbortController();
    const begun = [];
    const started = new Promise((resolve) => begun.push(resolve));
    const format = library(() => {
      begun[0]();
      return new Promise(() => {});
    });
    const aborted = call({ format, maxTokens: 20, signal: stop.signal });
    await started;
    stop.abort(new Error('enough'));
    expect(await rejection(aborted)).toMatchObject({ message: 'enough' });
    expect(await rejection(call({ format, maxTokens: 20, timeout: 300 }))).toMatchObject({ code: 'E_TIMEOUT' });
    const again = new Promise((resolve) => (begun[0] = resolve));
    const left = call({ format, maxTokens: 20 });
    await again;
    left.cancel();
    const { finishReason, value } = await left;
    expect({ finishReason, value }).toEqual({ finishReason: 'cancelled', value: undefined });
  });
});

test.each([
  [undefined, "the schema's validate must give { value } or { issues }, got undefined"],
  [null, "the schema's validate must give { value } or { issues }, got null"],
  [{ issues: [] }, 'the schema refuses the value: it does not say why'],
])('a library whose check gives %j', async (given, message) => {
  const options = { format: library(() => given), maxTokens: 20 };
  expect(await rejection(model.generate('x', options))).toMatchObject({ code: 'E_VALUE', message });
  expect(await rejection((async () => model.generateSync('x', options))())).toMatchObject({ code: 'E_VALUE', message });
  const later = { format: library(async () => given), maxTokens: 20 };
  expect(await rejection(model.generate('x', later))).toMatchObject({ code: 'E_VALUE', message });
});

test('a check that takes its time is refused by generateSync, and what comes of it troubles nobody', async () => {
  const { code, stderr } = await runScript(`
    const model = realm.loadModelSync(${JSON.stringify(tinyAtlas)});
    const format = { '~standard': { version: 1, vendor: 'test', validate: async () => { throw new Error('later'); },
      jsonSchema: { input: () => ({ type: 'integer' }) } } };
    try { model.generateSync('x', { format, maxTokens: 20 }); } catch ({ code }) { if (code !== 'E_UNSUPPORTED') throw code; }
    setImmediate(() => model.close());
  `);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test.each([
  [/a+/, /^format must be 'json', .*, got an object \(RegExp\)$/],
  [new Map([['type', 'string']]), /^format must be 'json', .*, got an object \(Map\)$/],
  [{ toJSON: () => undefined, type: 'string' }, /^format is no JSON, but an object \(Object\)$/],
  [{ const: 5n }, /^format is no JSON: /],
  [{ structure: { json: { const: 5n } } }, /^format.structure is no JSON: /],
])('%p is no format', async (format, message) => {
  expect(await rejection(model.generate('x', { format }))).toMatchObject({
    code: 'E_INVALID_ARGUMENT',
    message: expect.stringMatching(message),
  });
});

test('what a slip of the pen is told from are the keywords that the engine knows', () => {
  const source = fs.readFileSync(path.join(__dirname, '../managed/Grammars/Json/SchemaKeywords.cs'), 'utf8');
  const sets = [...source.matchAll(/HashSet<string> (?:Silent|Known) =\s*\[([^\]]+)\]/g)];
  const known = sets.flatMap(([, list]) => [...list.matchAll(/"([^"]+)"/g)].map(([, keyword]) => keyword));
  expect(sets.length).toBe(2);
  expect([...SCHEMA_KEYWORDS].sort()).toEqual(known.sort());
});

test('a library that tells no schema', async () => {
  const silent = {
    '~standard': { version: 1, vendor: 'test', validate: () => ({}), jsonSchema: { input: () => undefined } },
  };
  expect(await rejection(model.generate('x', { format: silent }))).toMatchObject({
    code: 'E_INVALID_ARGUMENT',
    message: 'format is no JSON, but undefined',
  });
});
