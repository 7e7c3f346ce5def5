'use strict';

// Random texts of schemas, eight at once: each parses and is a value of its schema for Ajv, and is the same alone, with drafts or without,
// with the prompt's cache or without.

const { checkerOf, RANDOM } = require('./check');

const AT_ONCE = 8;

/** A schema that the engine takes and Ajv reads, compiled. */
async function taken(model, schema, seen) {
  const isValid = checkerOf(schema);
  const compiled = await model.compileFormat(schema).catch(() => null);
  if (isValid && compiled) return { schema, isValid, compiled };
  seen[compiled ? 'unread' : 'refused']++;
  return null;
}

/** @param schemas any; `count` texts are spread over them */
async function texts(model, schemas, count) {
  const seen = { texts: 0, wrong: 0, different: 0, refused: 0, unread: 0 };
  const known = [];
  for (const schema of schemas) known.push(await taken(model, schema, seen));
  const all = known.filter((each) => each && each.compiled.minTokens < (model.info.contextLength ?? 0) - 8);
  const most = (model.info.contextLength ?? 512) - 8;
  const run = (i, more = {}) => {
    const { compiled } = all[i % all.length];
    const { minTokens } = compiled;
    // One in four at the least that its schema takes, the others up to 200.
    const maxTokens = Math.min(most, minTokens + (i % 4 === 0 ? 0 : (i * 37) % Math.max(1, 200 - minTokens)));
    const options = { format: compiled, seed: i, speculation: i % 2 === 0, cachePrompt: i % 3 > 0, ...RANDOM, ...more };
    return model.generate('Name:', { ...options, maxTokens });
  };
  for (let from = 0; from < count; from += AT_ONCE) {
    const indexes = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, i) => from + i);
    const results = await Promise.all(indexes.map((i) => run(i)));
    for (const [at, { text, value }] of results.entries()) {
      const { schema, isValid } = all[indexes[at] % all.length];
      seen.texts++;
      if (isValid(value) && JSON.stringify(JSON.parse(text)) === JSON.stringify(value)) continue;
      seen.wrong++;
      const [error] = isValid.errors ?? [];
      console.log(
        `wrong: ${JSON.stringify(schema).slice(0, 200)}\n  ${text.slice(0, 200)}\n  ${error?.instancePath} ${error?.message}`,
      );
    }
    // One of the eight once more, alone and the other way round.
    const again = indexes[(from / AT_ONCE) % indexes.length];
    const { text } = await run(again, { speculation: again % 2 > 0, cachePrompt: again % 3 === 0 });
    if (text === results[again - from].text) continue;
    seen.different++;
    console.log(
      `different: ${JSON.stringify(all[again % all.length].schema).slice(0, 200)}\n  ${text.slice(0, 200)}\n  ${results[again - from].text.slice(0, 200)}`,
    );
  }
  return seen;
}

module.exports = { texts };
