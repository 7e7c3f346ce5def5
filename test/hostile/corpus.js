'use strict';

// All files of the corpus, in order: { number, field, value, code, kind, make }. `code`: what opening it must end with, 'E_*' any error, '?' whatever
// corpus.txt says: an error or none.
// What it does end with stands in corpus.txt, a line a file; `orOk`: taking it is as good as refusing it.

const container = require('./container');
const model = require('./model');
const texts = require('./texts');
const files = require('./files');
const kinds = require('./kinds');

const groups = { ...container, ...model, ...texts, ...files, ...kinds };

const corpus = Object.values(groups)
  .flat()
  .map(([field, value, code, make, orOk, kind = 'model'], index) => ({
    number: index + 1,
    field: String(field),
    value: String(value),
    code,
    orOk: orOk === 'ok',
    kind,
    make,
  }));

const line = (entry, code) => `${entry.field} | ${entry.value.slice(0, 80)} | ${code}`;

module.exports = { corpus, line };
