'use strict';

// What the metadata and the tensors say of the model: hyper-parameters, shapes, numbers.

const { file, matrix, HIDDEN, VOCAB } = require('./base');

const set = (key, type, value) => () => file({ set: { [`llama.${key}`]: [type, value] } });
const LARGE = [2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];

/** Keys of counts and sizes, all of which must be whole numbers in a range. */
const SIZES = [
  'block_count',
  'embedding_length',
  'context_length',
  'feed_forward_length',
  'attention.head_count',
  'attention.head_count_kv',
  'attention.key_length',
  'attention.value_length',
  'rope.dimension_count',
  'expert_count',
  'expert_used_count',
];
const REQUIRED = SIZES.slice(0, 3);

// Nobody reads how many of no experts are used.
const code = (key) => (key === 'expert_used_count' ? '?' : 'E_*');

const sizes = SIZES.flatMap((key) => [
  ...LARGE.map((value) => [`llama.${key}`, value, code(key), set(key, 'u32', value)]),
  ...[2n ** 63n - 1n, 2n ** 64n - 1n, 2n ** 32n, 2n ** 32n + 2n].map((value) => [
    `llama.${key}`,
    value,
    code(key),
    set(key, 'u64', value),
  ]),
  [`llama.${key}`, -1, code(key), set(key, 'i32', -1)],
  [`llama.${key}`, 'a float', code(key), set(key, 'f32', 2)],
  [`llama.${key}`, 'a text', code(key), set(key, 'string', '2')],
  [`llama.${key}`, 'a flag', code(key), set(key, 'bool', true)],
  [`llama.${key}`, 'an array of none', code(key), set(key, '[u32]', [])],
  [`llama.${key}`, 'an array of five', code(key), set(key, '[u32]', [1, 2, 3, 4, 5])],
]);

const some = [
  ...REQUIRED.map((key) => [
    `llama.${key}`,
    'missing',
    'E_MISSING_KEY',
    () => file({ set: { [`llama.${key}`]: null } }),
  ]),
  ...REQUIRED.map((key) => [`llama.${key}`, 0, 'E_*', set(key, 'u32', 0)]),
  ...[3, 1025, 65536].map((value) => ['llama.block_count', value, 'E_*', set('block_count', 'u32', value)]),
  ...[1, 31, 33, 64].map((value) => ['llama.embedding_length', value, 'E_*', set('embedding_length', 'u32', value)]),
  ...[3, 4, 5, 1000].map((value) => [
    'llama.attention.head_count',
    value,
    'E_*',
    set('attention.head_count', 'u32', value),
  ]),
  ...[2, 3, 4].map((value) => [
    'llama.attention.head_count_kv',
    value,
    'E_*',
    set('attention.head_count_kv', 'u32', value),
  ]),
  ...[0, 8, 15, 17, 4240].map((value) => [
    'llama.attention.key_length',
    value,
    'E_*',
    set('attention.key_length', 'u32', value),
  ]),
  ...[0, 8, 17].map((value) => [
    'llama.attention.value_length',
    value,
    'E_*',
    set('attention.value_length', 'u32', value),
  ]),
  ...[1, 63, 65, 128].map((value) => [
    'llama.feed_forward_length',
    value,
    'E_*',
    set('feed_forward_length', 'u32', value),
  ]),
  ...[1, 3, 18, 32].map((value) => [
    'llama.rope.dimension_count',
    value,
    'E_*',
    set('rope.dimension_count', 'u32', value),
  ]),
  ...[2, 8, 1000, 100000, 1000000].map((value) => [
    'llama.expert_count',
    value,
    'E_*',
    set('expert_count', 'u32', value),
  ]),
  ...[NaN, Infinity, -Infinity, -1].map((value) => [
    'llama.attention.layer_norm_rms_epsilon',
    value,
    'E_*',
    set('attention.layer_norm_rms_epsilon', 'f32', value),
  ]),
  ...[NaN, Infinity, -Infinity, -1, 0].map((value) => [
    'llama.rope.freq_base',
    value,
    'E_*',
    set('rope.freq_base', 'f32', value),
  ]),
  ...[NaN, Infinity, -1].map((value) => [
    'llama.rope.scaling.factor',
    value,
    'E_*',
    () =>
      file({ set: { 'llama.rope.scaling.type': ['string', 'linear'], 'llama.rope.scaling.factor': ['f32', value] } }),
  ]),
  ['llama.rope.scaling.type', 'unknown', 'E_*', set('rope.scaling.type', 'string', 'cubic')],
  [
    'heads',
    'whose product with the head size wraps to 64',
    'E_HPARAM',
    () =>
      file({
        set: {
          'llama.attention.head_count': ['u32', 1012964],
          'llama.attention.key_length': ['u32', 4240],
          'llama.attention.value_length': ['u32', 4240],
        },
      }),
  ],
  [
    'heads',
    '671100 of 34',
    'E_HPARAM',
    () =>
      file({
        set: {
          'llama.attention.head_count': ['u32', 671100],
          'llama.attention.key_length': ['u32', 34],
          'llama.attention.value_length': ['u32', 34],
        },
      }),
  ],
];

const MATRICES = ['attn_q', 'attn_k', 'attn_v', 'attn_output', 'ffn_gate', 'ffn_up', 'ffn_down'];
const NAMES = [
  'token_embd.weight',
  'output_norm.weight',
  ...MATRICES.map((name) => `blk.1.${name}.weight`),
  'blk.1.attn_norm.weight',
  'blk.1.ffn_norm.weight',
];

function withNumber(name, at, value) {
  const tensor = shapeOf(name);
  // Of the embedding a row that is used, of those of other tokens nobody would know.
  tensor.values[name === 'token_embd.weight' ? 2 * HIDDEN + at : at] = value;
  return file({ others: { [name]: tensor } });
}

function shapeOf(name) {
  if (name.includes('norm')) return { shape: [HIDDEN], values: new Float32Array(HIDDEN).fill(1) };
  if (name === 'token_embd.weight') return matrix(HIDDEN, VOCAB);
  if (name.includes('attn_k') || name.includes('attn_v')) return matrix(HIDDEN, HIDDEN / 2);
  if (name.includes('ffn_down')) return matrix(2 * HIDDEN, HIDDEN);
  if (name.includes('ffn')) return matrix(HIDDEN, 2 * HIDDEN);
  return matrix(HIDDEN, HIDDEN);
}

const shapes = [
  ...NAMES.map((name) => [
    'tensor',
    `${name} is missing`,
    'E_MISSING_TENSOR',
    () => file({ without: name === 'token_embd.weight' ? [name, 'output.weight'] : [name] }),
  ]),
  ...NAMES.map((name) => [
    'tensor',
    `${name} has other extents`,
    'E_*',
    () => file({ others: { [name]: matrix(16, 3) } }),
  ]),
  ...NAMES.map((name) => [
    'tensor',
    `${name} has no rows`,
    'E_*',
    () => file({ others: { [name]: { shape: [HIDDEN, 0], values: new Float32Array(0) } } }),
  ]),
  ...MATRICES.filter((name) => name !== 'attn_q' && name !== 'attn_output').map((name) => [
    'tensor',
    `blk.1.${name} is turned over`,
    'E_SHAPE',
    () => {
      const { shape, values } = shapeOf(`blk.1.${name}.weight`);
      return file({ others: { [`blk.1.${name}.weight`]: { shape: [shape[1], shape[0]], values } } });
    },
  ]),
  ...NAMES.flatMap((name) =>
    [NaN, Infinity].map((value) => ['number', `${value} in ${name}`, 'E_NUMERIC', () => withNumber(name, 5, value)]),
  ),
  [
    'tensor',
    'token_embd.weight has no columns',
    'E_SHAPE',
    () => file({ others: { 'token_embd.weight': { shape: [0], values: new Float32Array(0) } } }),
  ],
  // Half precision: a scale of Q8_0 (34 bytes a block), of Q4_0 (18), a weight of F16 and of BF16.
  ...[
    ['Q8_0', 8, 34],
    ['Q4_0', 2, 18],
    ['Q4_1', 3, 20],
    ['Q5_0', 6, 22],
    ['Q5_1', 7, 24],
    ['IQ4_NL', 20, 18],
    ['F16', 1, 64],
    ['BF16', 30, 64],
  ].flatMap(([name, type, bytes]) =>
    [0x7c00, 0xfc00, 0x7e00, 0x7fff, 0xff80].map((bits) => [
      'scale',
      `0x${bits.toString(16)} in ${name}`,
      'E_NUMERIC',
      () => {
        const values = new Uint8Array(bytes * HIDDEN);
        new DataView(values.buffer).setUint16(bytes * 3, name === 'BF16' ? bits | 0x0380 : bits, true);
        return file({ others: { 'blk.0.attn_q.weight': { shape: [HIDDEN, HIDDEN], values, type } } });
      },
    ]),
  ),
];

module.exports = { sizes, some, shapes };
