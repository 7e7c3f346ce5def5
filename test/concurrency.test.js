'use strict';

const { loadModel, storeModel, removeModel, embedTokens, forwardLayer } = require('..');
const { tinyAtlas } = require('./fixtures/places');

const CAPITALS = {
  France: 'Paris',
  Japan: 'Tokyo',
  Germany: 'Berlin',
  Italy: 'Rome',
  Spain: 'Madrid',
  Canada: 'Ottawa',
  Kenya: 'Nairobi',
  Peru: 'Lima',
};
const prompt = (country) => `The capital of ${country} is`;

let model;
beforeAll(async () => (model = await loadModel(tinyAtlas)));
afterAll(() => model.close());

test('two generations at once give what each gives alone', async () => {
  const alone = [await model.generate(prompt('France')), await model.generate(prompt('Japan'))];
  const together = await Promise.all([model.generate(prompt('France')), model.generate(prompt('Japan'))]);
  expect(together).toEqual(alone);
  expect(together.map(({ text }) => text)).toEqual([' Paris.', ' Tokyo.']);
});

test('many at once, of all lengths, with logits between them', async () => {
  const expected = await model.logits([0, 285, 276]);
  const countries = Object.keys(CAPITALS);
  const work = Array.from({ length: 64 }, (_, i) =>
    model.generate(prompt(countries[i % countries.length]), { maxTokens: 20 + i }),
  );
  const logits = Array.from({ length: 8 }, () => model.logits([0, 285, 276]));
  for (const [i, { text }] of (await Promise.all(work)).entries())
    expect(text).toBe(` ${CAPITALS[countries[i % countries.length]]}.`);
  for (const row of await Promise.all(logits)) expect(row).toEqual(expected);
});

test('both loops see their own tokens only', async () => {
  const texts = await Promise.all(
    Object.keys(CAPITALS).map(async (country) => {
      let text = '';
      for await (const chunk of model.generate(prompt(country))) text += chunk.text;
      return text;
    }),
  );
  expect(texts).toEqual(Object.values(CAPITALS).map((capital) => ` ${capital}.`));
});

test('the seven functions beside a generation disturb neither', async () => {
  const id = storeModel(tinyAtlas);
  const hidden = embedTokens(id, [0, 285, 276]);
  const expected = Buffer.from(forwardLayer(id, 0, hidden, 0));
  const generation = model.generate(prompt('France'), { ignoreEos: true, maxTokens: 200 });
  for (let i = 0; i < 50; i++) expect(Buffer.from(forwardLayer(id, 0, hidden, 0)).equals(expected)).toBe(true);
  expect((await generation).tokens.length).toBe(200);
  removeModel(id);
});

test('a callback may do anything: generate, close, collect', async () => {
  const other = await loadModel(tinyAtlas, { threads: 1 });
  const inner = [];
  for await (const chunk of model.generate(prompt('France'), { ignoreEos: true, maxTokens: 50 })) {
    if (inner.length < 3) inner.push(model.generate(prompt('Japan')), other.generate(prompt('Italy')));
    if (inner.length === 4) other.close();
    expect(chunk.tokens.length).toBeGreaterThan(0);
  }
  const results = await Promise.allSettled(inner);
  expect(results.filter(({ value }) => value?.text === ' Tokyo.').length).toBeGreaterThan(0);
  for (const { status, reason } of results) if (status === 'rejected') expect(reason.code).toBe('E_CANCELLED');
  other.close();
});

test('a storm of aborts leaves the engine as it was', async () => {
  const settled = await Promise.allSettled(
    Array.from({ length: 200 }, (_, i) => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), i % 20);
      return model.generate(prompt('France'), { signal: controller.signal, ignoreEos: true, maxTokens: 50 });
    }),
  );
  for (const { status, reason } of settled) if (status === 'rejected') expect(reason.name).toBe('AbortError');
  expect((await model.generate(prompt('France'))).text).toBe(' Paris.');
});
