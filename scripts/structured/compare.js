'use strict';

// Whether a format takes the texts that Ajv accepts and no others: random values of schemas, and the same changed in one place.

const { checkerOf, RANDOM } = require('./check');
const { randomOf } = require('./random');

const OTHERS = [
  null,
  true,
  false,
  0,
  1,
  -1,
  3,
  7.5,
  1e21,
  12,
  '',
  'a',
  'x-y',
  'circle',
  '2024-02-29',
  [],
  [1],
  ['a'],
  {},
  { a: 1 },
];

/** All places of a value: where it is in what has it. */
function places(value, all = [], parent = null, key = null) {
  all.push({ parent, key, value });
  if (Array.isArray(value)) value.forEach((item, i) => places(item, all, value, i));
  else if (value && typeof value === 'object')
    for (const name of Object.keys(value)) places(value[name], all, value, name);
  return all;
}

const CHANGES = [
  ({ parent, key }, random) => void (parent[key] = structuredClone(OTHERS[random(OTHERS.length)])),
  ({ parent, key }) => (Array.isArray(parent) ? void parent.splice(key, 1) : void delete parent[key]),
  ({ value }, random) => {
    if (Array.isArray(value) && value.length) value.push(structuredClone(value[random(value.length)]));
    else if (value && typeof value === 'object')
      value[['zz', 'x-1', 'c9', 't'][random(4)]] = structuredClone(OTHERS[random(OTHERS.length)]);
  },
  ({ parent, key, value }, random) => {
    if (typeof value === 'number')
      parent[key] = [value + 1, value - 1, -value, value * 10, value + 0.5, value / 4][random(6)];
    if (typeof value === 'boolean') parent[key] = !value;
    if (typeof value !== 'string') return;
    const at = random(value.length + 1);
    const letter = ['a', 'A', '0', '.', '-', ' ', 'é', 'я', '"', '\n', '😀'][random(11)];
    parent[key] = value.slice(0, at) + (random(2) ? letter : '') + value.slice(at + random(2));
  },
];

function changed(value, random) {
  const copy = { root: structuredClone(value) };
  const all = places(copy.root, [], copy, 'root');
  CHANGES[random(CHANGES.length)](all[random(all.length)], random);
  return copy.root;
}

/**
 * @param schemas [name, schema] each
 * @param rounds random values of each, each of which is changed `changes` times
 */
async function compare(model, schemas, { rounds = 4, changes = 25 } = {}) {
  const seen = { schemas: 0, refused: [], texts: 0, wrong: 0, lost: 0, valid: 0 };
  for (const [name, schema] of schemas) {
    const isValid = checkerOf(schema);
    let compiled;
    try {
      compiled = await model.compileFormat(schema);
    } catch (error) {
      seen.refused.push(`${name}: ${error.message}`);
      continue;
    }
    if (!isValid) continue;
    seen.schemas++;
    const random = randomOf(seen.schemas);
    for (let round = 0; round < rounds; round++) {
      const maxTokens = compiled.minTokens + [0, 15, 60, 150][round % 4];
      const { value } = await model.generate('x', { format: compiled, seed: round, maxTokens, ...RANDOM });
      for (let i = 0; i < changes; i++) {
        const other = i ? changed(value, random) : value;
        if (other === undefined) continue;
        const text = JSON.stringify(other);
        const [is, taken] = [isValid(other), compiled.test(text)];
        seen.texts++;
        seen.valid += is ? 1 : 0;
        if (is === taken) continue;
        seen[taken ? 'wrong' : 'lost']++;
        const [error] = isValid.errors ?? [];
        if (seen[taken ? 'wrong' : 'lost'] < 40 || taken)
          console.log(
            `${name}: ${taken ? 'taken' : 'refused'}: ${text.slice(0, 200)}  ${error?.instancePath ?? ''} ${error?.message ?? ''}`,
          );
      }
    }
  }
  return seen;
}

module.exports = { compare };
