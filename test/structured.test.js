'use strict';

const { default: Ajv } = require('ajv/dist/2020');
const { default: addFormats } = require('ajv-formats');
const { loadModel, RealmError } = require('..');
const { tinyAtlas } = require('./fixtures/places');
const hostile = require('./fixtures/hostileFormats');
const schemas = require('./fixtures/schemas');

// `npm run structured` does the same a thousand times, and over schemas of a file.

let model;
beforeAll(async () => (model = await loadModel(tinyAtlas)));
afterAll(() => model.close());

const ajv = addFormats(new Ajv({ strict: false, validateFormats: true }));

test.each(schemas.map((schema, i) => [i, JSON.stringify(schema).slice(0, 80), schema]))(
  'random texts of schema %i are values of it: %s',
  async (i, _, format) => {
    const isValid = ajv.compile(format);
    const { minTokens } = await model.compileFormat(format);
    const run = (seed) => {
      const maxTokens = minTokens + [0, 1, 5, 40][seed % 4];
      const options = { format, maxTokens, seed: 100 * i + seed, speculation: seed % 2 === 0 };
      return model.generate('Name:', { ...options, temperature: 30, topK: 0, topP: 1, minP: 0 });
    };
    const together = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(run));
    for (const { text, value } of together) {
      expect(JSON.parse(text)).toEqual(value);
      expect({ text, errors: isValid(value) ? null : isValid.errors }).toEqual({ text, errors: null });
    }
    expect((await run(3)).text).toBe(together[3].text);
    expect((await run(6)).text).toBe(together[6].text);
  },
);

test('a hostile format ends in an error of ours', async () => {
  expect(hostile.length).toBeGreaterThan(200);
  const odd = [];
  for (const [i, format] of hostile.entries()) {
    const outcome = await model.compileFormat(format).then(
      () => 'compiled',
      (error) => (error instanceof RealmError && error.code !== 'E_INTERNAL' ? null : error),
    );
    if (outcome) odd.push([i, JSON.stringify(format).slice(0, 120), String(outcome)]);
  }
  expect(odd).toEqual([]);
  expect((await model.generate('The capital of France is')).text).toBe(' Paris.');
}, 180_000);
