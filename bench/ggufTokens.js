'use strict';

// The tokens of a byte-level vocabulary in a GGUF file, as the file writes them: a letter a byte.

const fs = require('node:fs');

/** Sizes of the plain types of GGUF's metadata. */
const SIZES = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];
const [STRING, ARRAY] = [8, 9];

/** The letters that stand for bytes: those that can be seen are themselves. */
function letters() {
  const all = [];
  let next = 256;
  for (let value = 0; value < 256; value++) {
    const seen = (value > 32 && value < 127) || (value > 160 && value !== 173);
    all.push(String.fromCodePoint(seen ? value : next++));
  }
  return all;
}

/** { tokens, encode(text) }: all tokens by id, and a text in the same letters. */
function tokensOf(file) {
  const bytes = fs.readFileSync(file);
  let at = 16;
  const count = Number(bytes.readBigUInt64LE(at));
  at += 8;
  const text = () => {
    const length = Number(bytes.readBigUInt64LE(at));
    at += 8 + length;
    return bytes.toString('utf8', at - length, at);
  };
  const value = (type) => {
    if (type === STRING) return text();
    if (type !== ARRAY) return void (at += SIZES[type]);
    const inner = bytes.readUInt32LE(at);
    const length = Number(bytes.readBigUInt64LE(at + 4));
    at += 12;
    return Array.from({ length }, () => value(inner));
  };
  for (let i = 0; i < count; i++) {
    const key = text();
    const type = bytes.readUInt32LE(at);
    at += 4;
    const tokens = value(type);
    if (key !== 'tokenizer.ggml.tokens') continue;
    const of = letters();
    return { tokens, encode: (said) => [...Buffer.from(said)].map((each) => of[each]).join('') };
  }
  throw new Error(`${file} has no tokens`);
}

module.exports = { tokensOf };
