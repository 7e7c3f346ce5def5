'use strict';

// Masks of JSON Schema in llama.cpp: compiles llamaGrammar.cpp against a built checkout (its folder `build`), and runs it.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { readSuite, line } = require('./values');

/** { schemas, refused, lost, lines } as the other peers have them. */
function measure(checkout, model, suite, count) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-llama-grammar-'));
  try {
    const program = path.join(folder, 'program');
    const libraries = path.join(checkout, 'build/bin');
    const headers = ['include', 'ggml/include', 'common', 'vendor'].map((name) => `-I${path.join(checkout, name)}`);
    const linked = [`-L${libraries}`, `-Wl,-rpath,${libraries}`, '-lllama-common', '-lllama', '-lggml', '-lggml-base'];
    const source = path.join(__dirname, 'llamaGrammar.cpp');
    execFileSync('g++', ['-std=c++17', '-O2', ...headers, source, '-o', program, ...linked]);
    const { schemas } = readSuite(model, suite, count);
    const input = schemas.map(({ schema, values }) => `${schema}\t${values.map((ids) => ids.join(' ')).join(',')}\n`);
    const said = execFileSync(program, [model], { input: input.join(''), encoding: 'utf8', maxBuffer: 1 << 30 });
    const lines = said.split('\n');
    const times = (kind) => lines.filter((one) => one.startsWith(`${kind} `)).map((one) => Number(one.slice(2)));
    return {
      schemas: schemas.length,
      refused: lines.filter((one) => one === 'r').length,
      lost: lines.filter((one) => one === 'l').length,
      lines: [line('compile, ms', times('c')), line('mask, us', times('m'))],
    };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

module.exports = { measure };
