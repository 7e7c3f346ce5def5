'use strict';

// Makes GGUF files with random weights, of the shapes that models have: what such a file costs is what a real one costs.
// The same arguments give the same bytes.
//
//   node bench/randomModel.js SHAPE FORMAT OUT.gguf [--seed 1]
//
// SHAPE: one of SHAPES below, or of MECHANISMS or ENCODERS (mechanisms.js). FORMAT: a weight format of randomFormats.js, or the mixtures Q4_K_M and Q5_K_M.

const fs = require('node:fs');
const { parseArgs } = require('node:util');
const { MECHANISMS, ENCODERS } = require('./mechanisms');
const { FORMATS, randomBlocks } = require('./randomFormats');

/** All of the llama family. `kv`: key/value heads; `experts`: [how many, used at once]. */
const SHAPES = {
  tiny: { layers: 2, hidden: 256, heads: 4, kv: 2, ffn: 512, vocab: 512, context: 4096 },
  'tiny-moe': { layers: 2, hidden: 256, heads: 4, kv: 2, ffn: 256, vocab: 512, context: 4096, experts: [4, 2] },
  'llama-0.5b': { layers: 24, hidden: 1024, heads: 16, kv: 4, ffn: 4096, vocab: 64000, context: 4096 },
  'llama-1.1b': { layers: 22, hidden: 2048, heads: 32, kv: 4, ffn: 5632, vocab: 32000, context: 4096 },
  'moe-1b': { layers: 24, hidden: 1024, heads: 16, kv: 8, ffn: 1536, vocab: 32000, context: 4096, experts: [8, 2] },
};

/** Mixtures: what most matrices have, and what those have that llama.cpp gives more bits. With their number in `general.file_type`. */
const MIXTURES = { Q4_K_M: ['Q4_K', 'Q6_K', 15], Q5_K_M: ['Q5_K', 'Q6_K', 17] };

/** `general.file_type` of the others (llama.cpp's enum llama_ftype); those that have no number say 0. */
const FILE_TYPES = {
  F16: 1,
  Q4_0: 2,
  Q4_1: 3,
  Q8_0: 7,
  Q5_0: 8,
  Q5_1: 9,
  Q2_K: 21,
  Q3_K: 11,
  Q4_K: 14,
  Q5_K: 16,
  Q6_K: 18,
};

/** The recipe of the `_M` mixtures: the first and the last eighth of the layers, and every third between. */
function moreBits(layer, layers) {
  const eighth = Math.floor(layers / 8);
  return layer < eighth || layer >= 7 * eighth || (layer - eighth) % 3 === 2;
}

/** Name, shape (columns first, as GGUF has it), format and standard deviation of each tensor. */
function tensorsOf(shape, formatName) {
  const { layers, hidden, heads, kv, ffn, vocab, experts } = shape;
  const [most, better] = MIXTURES[formatName] ?? [formatName, formatName];
  const list = [];
  const norm = (name) => list.push({ name, dims: [hidden], format: 'F32' });
  const matrix = (name, dims, format = most) => list.push({ name, dims, format, deviation: 1 / Math.sqrt(dims[0]) });
  const kvSize = (hidden / heads) * kv;
  list.push({ name: 'token_embd.weight', dims: [hidden, vocab], format: most, deviation: 1 });
  norm('output_norm.weight');
  matrix('output.weight', [hidden, vocab], better);
  for (let layer = 0; layer < layers; layer++) {
    const more = moreBits(layer, layers) ? better : most;
    const name = (part) => `blk.${layer}.${part}.weight`;
    norm(name('attn_norm'));
    matrix(name('attn_q'), [hidden, hidden]);
    matrix(name('attn_k'), [hidden, kvSize]);
    matrix(name('attn_v'), [hidden, kvSize], more);
    matrix(name('attn_output'), [hidden, hidden]);
    norm(name('ffn_norm'));
    const [kind, many] = experts ? ['_exps', [experts[0]]] : ['', []];
    if (experts) matrix(name('ffn_gate_inp'), [hidden, experts[0]], 'F32');
    matrix(name(`ffn_gate${kind}`), [hidden, ffn, ...many]);
    matrix(name(`ffn_up${kind}`), [hidden, ffn, ...many]);
    matrix(name(`ffn_down${kind}`), [ffn, hidden, ...many], more);
  }
  return list;
}

/** What llama.cpp gives rows that are no whole blocks of these. */
const FALLBACK = { Q4_K: 'Q5_0', Q5_K: 'Q5_1', Q6_K: 'Q8_0' };

/** The tensors of a mechanism with the formats that they have in a file of that format or mixture. */
function formatted({ keys, tensors }, formatName) {
  const [most, better] = MIXTURES[formatName] ?? [formatName, formatName];
  const tied = !tensors.some(({ name }) => name === 'output.weight');
  return tensors.map((tensor) => {
    if (tensor.format) return tensor;
    const [, layer, part] = /^blk\.(\d+)\.(.*)\.weight$/.exec(tensor.name) ?? [];
    const isFiner = /^(attn_v|ffn_down)/.test(part ?? '') && moreBits(Number(layer), keys.block_count);
    const isHead = tensor.name === 'output.weight' || (tied && tensor.embedding);
    const wanted = isFiner || isHead ? better : most;
    const fits = (name) => tensor.dims[0] % FORMATS[name].elements === 0;
    return { ...tensor, format: [wanted, FALLBACK[wanted], 'F16'].find((name) => name && fits(name)) };
  });
}

const TYPES = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 };

/** The parts of a GGUF file before its data. */
class Head {
  parts = [];
  length = 0;
  bytes(bytes) {
    this.parts.push(bytes);
    this.length += bytes.length;
  }
  fixed(type, ...values) {
    this.bytes(Buffer.from(new type(values).buffer));
  }
  u32(...values) {
    this.fixed(Uint32Array, ...values);
  }
  u64(...values) {
    this.fixed(BigUint64Array, ...values.map(BigInt));
  }
  string(text) {
    const bytes = Buffer.from(text);
    this.u64(bytes.length);
    this.bytes(bytes);
  }
  pair(key, type, value) {
    this.string(key);
    const array = Array.isArray(value);
    this.u32(TYPES[array ? 'array' : type]);
    if (array) {
      this.u32(TYPES[type]);
      this.u64(value.length);
    }
    const values = array ? value : [value];
    if (type === 'string') for (const text of values) this.string(text);
    else if (type === 'bool') this.bytes(Buffer.from(values.map(Number)));
    else this.bytes(Buffer.from({ u32: Uint32Array, i32: Int32Array, f32: Float32Array }[type].from(values).buffer));
  }
}

/** A SentencePiece vocabulary: three special tokens, the 256 bytes, and invented words. */
function vocabulary(size) {
  const NORMAL = 1;
  const UNKNOWN = 2;
  const CONTROL = 3;
  const BYTE = 6;
  const tokens = ['<unk>', '<s>', '</s>'];
  const types = [UNKNOWN, CONTROL, CONTROL];
  for (let byte = 0; byte < 256; byte++) {
    tokens.push(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
    types.push(BYTE);
  }
  for (let word = 0; tokens.length < size; word++) {
    // Letters only, base 26, every second one at the start of a word.
    let letters = '';
    for (let rest = word >> 1; letters === '' || rest > 0; rest = Math.floor(rest / 26)) {
      letters += String.fromCharCode(97 + (rest % 26));
    }
    tokens.push((word % 2 ? '' : '\u2581') + letters);
    types.push(NORMAL);
  }
  return { tokens, types, scores: tokens.map((_, i) => (types[i] === NORMAL ? -i : 0)) };
}

/** The keys of a mechanism: whole numbers, unless they say otherwise. */
function keysOf({ architecture, vocab, keys }) {
  return Object.entries({ ...keys, vocab_size: vocab }).map(([name, value]) => {
    const [type, given] = typeof value === 'number' ? ['u32', value] : Object.entries(value)[0];
    return [`${architecture}.${name}`, type, given];
  });
}

const llamaKeys = (shape) => [
  ['llama.block_count', 'u32', shape.layers],
  ['llama.context_length', 'u32', shape.context],
  ['llama.embedding_length', 'u32', shape.hidden],
  ['llama.feed_forward_length', 'u32', shape.ffn],
  ['llama.attention.head_count', 'u32', shape.heads],
  ['llama.attention.head_count_kv', 'u32', shape.kv],
  ['llama.attention.layer_norm_rms_epsilon', 'f32', 1e-5],
  ['llama.rope.dimension_count', 'u32', shape.hidden / shape.heads],
  ['llama.rope.freq_base', 'f32', 10000],
  ['llama.vocab_size', 'u32', shape.vocab],
  ...(shape.experts
    ? [
        ['llama.expert_count', 'u32', shape.experts[0]],
        ['llama.expert_used_count', 'u32', shape.experts[1]],
      ]
    : []),
];

function metadata(head, { architecture, vocab, others = [] }, keys, formatName, shapeName) {
  const { tokens, types, scores } = vocabulary(vocab);
  const pairs = [
    ['general.architecture', 'string', architecture],
    ['general.name', 'string', `random ${shapeName}`],
    ['general.file_type', 'u32', MIXTURES[formatName]?.[2] ?? FILE_TYPES[formatName] ?? 0],
    ...keys,
    ...others,
    ['tokenizer.ggml.model', 'string', 'llama'],
    ['tokenizer.ggml.tokens', 'string', tokens],
    ['tokenizer.ggml.scores', 'f32', scores],
    ['tokenizer.ggml.token_type', 'i32', types],
    ['tokenizer.ggml.bos_token_id', 'u32', 1],
    ['tokenizer.ggml.eos_token_id', 'u32', 2],
    ['tokenizer.ggml.unknown_token_id', 'u32', 0],
    ['tokenizer.ggml.add_bos_token', 'bool', true],
  ];
  head.u64(pairs.length);
  for (const pair of pairs) head.pair(...pair);
}

const ALIGNMENT = 32;
const aligned = (length) => Math.ceil(length / ALIGNMENT) * ALIGNMENT;

function bytesOf({ name, dims, format }) {
  const { elements, bytes } = FORMATS[format];
  if (dims[0] % elements !== 0) {
    throw new Error(`${name} has rows of ${dims[0]}, and ${format} has blocks of ${elements}`);
  }
  return (dims.reduce((a, b) => a * b) / elements) * bytes;
}

/** Writes `length` bytes of the pool again and again, beginning at a block that depends on `start`. */
function writeTensor(out, pool, blockBytes, start, length) {
  const blocks = pool.length / blockBytes;
  let at = (Math.imul(start, 40503) % blocks) * blockBytes;
  if (at < 0) at += pool.length;
  for (let left = length; left > 0; at = 0) {
    const count = Math.min(left, pool.length - at);
    fs.writeSync(out, pool, at, count);
    left -= count;
  }
}

/**
 * Writes the file.
 *
 * @param {string} shapeName a key of SHAPES
 * @param {string} formatName a key of FORMATS or MIXTURES
 * @param {string} file
 * @param {number} [seed]
 */
function writeRandomModel(shapeName, formatName, file, seed = 1) {
  const shape = SHAPES[shapeName];
  const others = { ...MECHANISMS, ...ENCODERS };
  const mechanism = others[shapeName]?.();
  const names = [...Object.keys(SHAPES), ...Object.keys(others)];
  if (!shape && !mechanism) throw new Error(`SHAPE is one of ${names.join(', ')}; got ${shapeName}`);
  if (!FORMATS[formatName] && !MIXTURES[formatName]) {
    throw new Error(
      `FORMAT is one of ${[...Object.keys(FORMATS), ...Object.keys(MIXTURES)].join(', ')}; got ${formatName}`,
    );
  }
  const tensors = mechanism ? formatted(mechanism, formatName) : tensorsOf(shape, formatName);
  const facts = mechanism ?? { architecture: 'llama', vocab: shape.vocab };
  const head = new Head();
  head.bytes(Buffer.from('GGUF'));
  head.u32(3);
  head.u64(tensors.length);
  metadata(head, facts, mechanism ? keysOf(mechanism) : llamaKeys(shape), formatName, shapeName);
  let offset = 0;
  for (const tensor of tensors) {
    head.string(tensor.name);
    head.u32(tensor.dims.length);
    head.u64(...tensor.dims);
    head.u32(FORMATS[tensor.format].id);
    head.u64(offset);
    offset += aligned(bytesOf(tensor));
  }
  head.bytes(Buffer.alloc(aligned(head.length) - head.length));

  const out = fs.openSync(file, 'w');
  try {
    fs.writeSync(out, Buffer.concat(head.parts));
    const pools = new Map();
    tensors.forEach((tensor, index) => {
      const length = bytesOf(tensor);
      const format = FORMATS[tensor.format];
      if (tensor.deviation === undefined) {
        // Signs alternate: most formats have a mean a little off zero, and what all elements share would grow layer after layer.
        const elements = length / 4;
        const ones = Float32Array.from({ length: elements }, (_, i) => tensor.value ?? (i % 2 ? -1 : 1));
        fs.writeSync(out, Buffer.from(ones.buffer));
      } else {
        const key = `${tensor.format} ${tensor.deviation}`;
        let pool = pools.get(key);
        if (!pool) pools.set(key, (pool = randomBlocks(format, tensor.deviation, seed + pools.size)));
        writeTensor(out, pool, format.bytes, seed + index, length);
      }
      fs.writeSync(out, Buffer.alloc(aligned(length) - length));
    });
  } finally {
    fs.closeSync(out);
  }
}

module.exports = { writeRandomModel, SHAPES, FORMATS: [...Object.keys(FORMATS), ...Object.keys(MIXTURES)] };

if (require.main === module) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { seed: { type: 'string', default: '1' } },
  });
  if (positionals.length !== 3) {
    console.error('usage: node bench/randomModel.js SHAPE FORMAT OUT.gguf [--seed 1]');
    process.exit(2);
  }
  writeRandomModel(...positionals, Number(values.seed));
}
