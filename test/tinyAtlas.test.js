'use strict';

// Real numbers for every clone: a compact part of the reference data, for the model that is in the repository.

const { loadModelSync } = require('..');
const { tinyAtlas } = require('./fixtures/places');
const { nmse } = require('./fixtures/measure');
const { texts, logits, tokenizer } = require('./fixtures/tiny-atlas.json');

let model;
beforeAll(() => (model = loadModelSync(tinyAtlas)));
afterAll(() => model.close());

test.each(texts.map((entry) => [entry.text, entry]))('%j: ids, best logits, continuation', async (text, expected) => {
  expect([...model.tokenize(text, { parseSpecial: true })]).toEqual(expected.tokens);
  const all = await model.logits(expected.tokens);
  const last = all.subarray(all.length - model.info.vocabSize);
  expect(last.indexOf(Math.max(...last))).toBe(expected.last_top[0][0]);
  const ours = expected.last_top.map(([id]) => last[id]);
  // Eight numbers scatter more than a whole row: 10 times what llama.cpp loses over the row.
  expect(
    nmse(
      ours,
      expected.last_top.map(([, value]) => value),
    ),
  ).toBeLessThan(10 * expected.llamacpp_nmse);
  const { tokens } = await model.generate(text, { maxTokens: expected.greedy.length });
  expect([...tokens]).toEqual(expected.greedy);
});

test('logits of every position: at most 1.25 times llama.cpp’s distance from exact', async () => {
  const all = await model.logits(texts[0].tokens);
  const ours = logits.flatMap((row, position) => row.map((_, i) => all[position * model.info.vocabSize + i * 16]));
  expect(nmse(ours, logits.flat())).toBeLessThan(1.25 * texts[0].llamacpp_nmse);
});

test.each(tokenizer.map((entry) => [entry.text, entry]))('tokenizer: %j', (text, expected) => {
  expect([...model.tokenize(text, { addSpecial: false })]).toEqual(expected.ids);
  expect([...model.tokenize(text, { addSpecial: false, parseSpecial: true })]).toEqual(expected.ids_parse_special);
  expect([...model.tokenize(text, { parseSpecial: true })]).toEqual(expected.ids_both);
  expect(model.detokenize(expected.ids_parse_special, { cleanSpaces: true })).toBe(expected.detokenized);
});
