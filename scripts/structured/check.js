'use strict';

const { default: Ajv } = require('ajv/dist/2020');
const { default: addFormats } = require('ajv-formats');

/** Those that a text is held to: others, and those of numbers, are notes. */
const FORMATS = [
  ...['date', 'time', 'date-time', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid', 'uri', 'uri-reference'],
  ...['json-pointer', 'regex'],
];

/** Sampling that says anything. */
const RANDOM = { temperature: 30, topK: 0, topP: 1, minP: 0 };

/** What Ajv says of a schema's values; null: it can't read the schema. */
function checkerOf(schema) {
  const draft = /draft-0?[3467]/.test(String(schema?.$schema)) ? require('ajv').default : Ajv;
  // Old identifiers and a dialect that Ajv does not load say nothing about values.
  const { $schema, id, ...rest } = typeof schema === 'object' && schema !== null ? schema : { allOf: [schema] };
  void [$schema, id];
  try {
    return addFormats(new draft({ strict: false, logger: false }), FORMATS).compile(rest);
  } catch {
    return null;
  }
}

module.exports = { checkerOf, RANDOM };
