'use strict';

// What a pass through a model must do at least, read from its file: bytes of weights and multiplications a token.

const fs = require('node:fs');
const { FORMATS } = require('./randomFormats');

const SIZES = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 };
const STRING = 8;
const ARRAY = 9;
const BY_ID = new Map(Object.values(FORMATS).map((format) => [format.id, format]));

/** Reads a file's head piece by piece. */
class Reader {
  constructor(file) {
    this.file = fs.openSync(file, 'r');
    this.at = 0;
    this.bytes = Buffer.alloc(0);
    this.start = 0;
  }
  take(length) {
    if (this.at + length > this.start + this.bytes.length) {
      this.bytes = Buffer.alloc(Math.max(length, 1 << 20));
      this.start = this.at;
      this.bytes = this.bytes.subarray(0, fs.readSync(this.file, this.bytes, 0, this.bytes.length, this.start));
      if (this.bytes.length < length) throw new Error('the file ends within its head');
    }
    this.at += length;
    return this.bytes.subarray(this.at - length - this.start, this.at - this.start);
  }
  u32() {
    return this.take(4).readUInt32LE();
  }
  u64() {
    return Number(this.take(8).readBigUInt64LE());
  }
  string() {
    return this.take(this.u64()).toString();
  }
  /** Numbers of 32 bits and strings are returned; the rest is passed over. */
  value(type) {
    if (type === STRING) return this.string();
    if (type === ARRAY) {
      const [of, count] = [this.u32(), this.u64()];
      for (let i = 0; i < count; i++) this.value(of);
      return undefined;
    }
    const bytes = this.take(SIZES[type]);
    return type === 4 ? bytes.readUInt32LE() : undefined;
  }
}

/** { bytesPerToken, multiplyAdds: of the weights, a token; cacheNumbers: keys and values of a position }. */
function factsOf(file) {
  const reader = new Reader(file);
  reader.take(8);
  const [tensorCount, pairCount] = [reader.u64(), reader.u64()];
  const facts = {};
  for (let i = 0; i < pairCount; i++) {
    const key = reader.string();
    facts[key] = reader.value(reader.u32());
  }
  const tensors = new Map();
  for (let i = 0; i < tensorCount; i++) {
    const name = reader.string();
    const dims = Array.from({ length: reader.u32() }, () => reader.u64());
    const format = BY_ID.get(reader.u32());
    reader.u64();
    tensors.set(name, { dims, format });
  }
  fs.closeSync(reader.file);

  const of = (key) => facts[`${facts['general.architecture']}.${key}`];
  const used = of('expert_used_count') / of('expert_count');
  let bytesPerToken = 0;
  let multiplyAdds = 0;
  for (const [name, { dims, format }] of tensors) {
    // A row of the embedding is looked up; the whole of it is only read where it is the output matrix as well.
    if (name === 'token_embd.weight' && tensors.has('output.weight')) continue;
    // So are the rows of layers' own embeddings.
    if (name === 'per_layer_token_embd.weight') continue;
    const count = dims.reduce((a, b) => a * b, 1) * (name.includes('_exps.') ? used : 1);
    bytesPerToken += format ? (count / format.elements) * format.bytes : 0;
    if (dims.length > 1) multiplyAdds += count;
  }
  const heads = of('attention.head_count');
  const headSize = of('attention.key_length') ?? of('embedding_length') / heads;
  const cacheNumbers = 2 * of('block_count') * (of('attention.head_count_kv') ?? heads) * headSize;
  return { bytesPerToken, multiplyAdds, cacheNumbers };
}

module.exports = { factsOf };
