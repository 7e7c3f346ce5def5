'use strict';

// A small real model that must call a tool: every answer is a call that Ajv accepts, also with the fewest tokens that suffice.

const { checkerOf } = require('./check');

const object = (properties, required = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

const TOOLS = {
  get_weather: object({
    city: { type: 'string', minLength: 1, maxLength: 40 },
    unit: { enum: ['celsius', 'fahrenheit'] },
  }),
  book_table: object({
    restaurant: { type: 'string' },
    people: { type: 'integer', minimum: 1, maximum: 20 },
    at: { type: 'string', format: 'date-time' },
  }),
  send_mail: object({
    to: { type: 'array', items: { type: 'string', format: 'email' }, minItems: 1, maxItems: 3 },
    subject: { type: 'string' },
  }),
  convert: object({
    amount: { type: 'number', exclusiveMinimum: 0 },
    from: { type: 'string', pattern: '^[A-Z]{3}$' },
    to: { type: 'string', pattern: '^[A-Z]{3}$' },
  }),
  search: object({ query: { type: 'string' }, limit: { type: ['integer', 'null'] } }, ['query']),
};
const ASKED = [
  'the weather in Oslo',
  'a table for four tonight',
  'a mail to Ada',
  '30 dollars in euros',
  'books on tea',
  'nothing',
  'rain',
  'lunch',
  'the news',
  'your name',
];
const AT_ONCE = 4;

async function calls(model, count) {
  const valid = Object.fromEntries(Object.entries(TOOLS).map(([name, schema]) => [name, checkerOf(schema)]));
  const tools = Object.fromEntries(
    Object.entries(TOOLS).map(([name, parameters]) => [name, { description: name.replace('_', ' '), parameters }]),
  );
  const seen = { answers: 0, calls: 0, wrong: 0, least: 0 };
  const least = await model
    .chat([{ role: 'user', content: 'x' }], { tools, toolChoice: 'required', maxTokens: 1 })
    .then(
      () => 1,
      ({ message }) => Number(/takes (\d+) tokens/.exec(message)?.[1]),
    );
  seen.least = least;
  const one = async (i) => {
    const messages = [{ role: 'user', content: `Please find out ${ASKED[i % ASKED.length]} (${i}).` }];
    const maxTokens = i % 2 ? least : least + 90;
    const options = {
      tools,
      toolChoice: 'required',
      maxTokens,
      seed: i,
      speculation: i % 3 > 0,
      temperature: i % 4 ? 0 : 1,
    };
    return { i, result: await model.chat(messages, options).catch((error) => ({ error, toolCalls: [] })) };
  };
  for (let from = 0; from < count; from += AT_ONCE) {
    const indexes = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, i) => from + i);
    for (const { i, result } of await Promise.all(indexes.map(one))) {
      seen.answers++;
      seen.calls += result.toolCalls.length;
      const right = ({ name, arguments: given, invalid }) => !invalid && valid[name]?.(given);
      if (result.toolCalls.length && result.toolCalls.every(right)) continue;
      seen.wrong++;
      console.log(`answer ${i}: ${result.error ?? JSON.stringify(result.toolCalls)}`);
    }
  }
  return seen;
}

module.exports = { calls };
