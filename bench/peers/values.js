'use strict';

// The schemas of a suite with their valid values as token ids, for peers: { schema, values } of some of them, spread over the suite. Values
// are cut into the longest tokens there are.

const fs = require('node:fs');
const { tokensOf } = require('../ggufTokens');

/** Longest tokens first, as far as a value goes. */
function cutter(tokens) {
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const longest = tokens.reduce((most, { length }) => Math.max(most, length), 0);
  return (text) => {
    const cut = [];
    for (let at = 0; at < text.length;) {
      let length = Math.min(longest, text.length - at);
      while (length > 1 && !ids.has(text.slice(at, at + length))) length--;
      cut.push(ids.get(text.slice(at, at + length)));
      at += length;
    }
    return cut;
  };
}

/** { tokens, schemas }: the vocabulary of a model, and `count` schemas of a suite. */
function readSuite(model, suite, count) {
  const { tokens, encode } = tokensOf(model);
  const cut = cutter(tokens);
  const lines = fs.readFileSync(suite, 'utf8').split('\n').filter(Boolean);
  const step = Math.max(1, Math.floor(lines.length / count));
  const schemas = lines
    .filter((_, i) => i % step === 0)
    .map((line) => JSON.parse(line))
    .map(({ schema, tests }) => ({
      schema: JSON.stringify(schema),
      values: tests.filter(({ valid }) => valid).map(({ data }) => cut(encode(JSON.stringify(data)))),
    }));
  return { tokens, schemas };
}

/** What a benchmark of formats prints: mean, median and higher parts. */
function line(what, times) {
  times.sort((x, y) => x - y);
  const at = (part) => times[Math.min(times.length - 1, Math.floor(times.length * part))];
  const mean = times.reduce((sum, each) => sum + each, 0) / times.length;
  const figures = [mean, at(0.5), at(0.9), at(0.99), at(0.999), times.at(-1)];
  return [what, times.length, ...figures.map((each) => each?.toFixed(2))];
}

module.exports = { readSuite, line };
