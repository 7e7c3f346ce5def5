'use strict';

// What the metadata and the tensors say of the model: hyper-parameters, shapes, numbers; vocabulary and template; adapters; parts.

const { file, matrix, adapter, patched, HIDDEN, VOCAB } = require('./base');

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

const token = (key, type, value) => () => file({ set: { [`tokenizer.ggml.${key}`]: [type, value] } });
const letters = require('../fixtures/vocabulary').byteVocabulary(['<a>', '<b>'])['tokenizer.ggml.tokens'][1];

const tokenizer = [
  ['tokens', 'missing', 'E_*', () => file({ set: { 'tokenizer.ggml.tokens': null } })],
  ['tokens', 'none', 'E_*', token('tokens', '[string]', [])],
  ['tokens', 'one', 'E_*', token('tokens', '[string]', ['a'])],
  ['tokens', 'numbers', 'E_*', token('tokens', '[u8]', [1, 2, 3])],
  ['tokens', 'a text', 'E_*', token('tokens', 'string', 'abc')],
  ['tokens', 'more than rows', 'E_*', token('tokens', '[string]', [...letters, 'x', 'y', 'z'])],
  ['token_type', 'shorter', 'E_*', token('token_type', '[i32]', [1, 1, 1])],
  [
    'token_type',
    'bytes',
    '?',
    token(
      'token_type',
      '[i8]',
      letters.map(() => 1),
    ),
  ],
  [
    'scores',
    'shorter',
    'E_*',
    () => file({ set: { 'tokenizer.ggml.model': ['string', 'llama'], 'tokenizer.ggml.scores': ['[f32]', [1, 2]] } }),
  ],
  [
    'scores',
    'bytes',
    '?',
    () =>
      file({
        set: { 'tokenizer.ggml.model': ['string', 'llama'], 'tokenizer.ggml.scores': ['[i8]', letters.map(() => 1)] },
      }),
  ],
  [
    'scores',
    'NaN',
    'E_*',
    () =>
      file({
        set: {
          'tokenizer.ggml.model': ['string', 'llama'],
          'tokenizer.ggml.scores': ['[f32]', letters.map(() => NaN)],
        },
      }),
  ],
  ['merges', 'missing', 'E_*', () => file({ set: { 'tokenizer.ggml.merges': null } })],
  ...[['no space'.replace(' ', '')], ['a  b'], [' b'], ['a '], ['zz qq'], ['']].map((merges) => [
    'merges',
    JSON.stringify(merges[0]),
    '?',
    token('merges', '[string]', merges),
  ]),
  ['merges', 'numbers', 'E_*', token('merges', '[u32]', [1])],
  ...['bos', 'eos', 'unknown', 'padding', 'eot'].flatMap((name) =>
    [VOCAB, VOCAB + 1, 2 ** 31, 2 ** 32 - 1].map((id) => [
      `${name}_token_id`,
      id,
      '?',
      token(`${name}_token_id`, 'u32', id),
    ]),
  ),
  ...['bos', 'eos'].map((name) => [`${name}_token_id`, 'a text', 'E_*', token(`${name}_token_id`, 'string', '1')]),
  ['model', 'unknown', 'E_UNSUPPORTED', token('model', 'string', 'martian')],
  ['model', 'a number', 'E_TYPE', token('model', 'u32', 1)],
  ['pre', 'unknown', 'E_UNSUPPORTED', token('pre', 'string', 'martian')],
  ['pre', 'a number', 'E_TYPE', token('pre', 'u32', 1)],
  ['add_bos_token', 'a number', 'E_*', token('add_bos_token', 'u32', 1)],
  ...['<0x-1>', '<0xZZ>', '<0x+f>', '<0x 1>', '<0x100>', '<0xF>'].map((piece) => [
    'byte token',
    piece,
    'E_*',
    () =>
      file({
        set: {
          'tokenizer.ggml.model': ['string', 'llama'],
          'tokenizer.ggml.scores': ['[f32]', letters.map(() => 0)],
          'tokenizer.ggml.tokens': ['[string]', letters.map((t, i) => (i === 5 ? piece : t))],
          'tokenizer.ggml.token_type': ['[i32]', letters.map((_, i) => (i === 5 ? 6 : 1))],
        },
      }),
  ]),
  ...[0, 1, 2, 3, 4, 5].map((length) => [
    'precompiled_charsmap',
    `${length} bytes`,
    'E_*',
    () =>
      file({
        set: {
          'tokenizer.ggml.model': ['string', 't5'],
          'tokenizer.ggml.scores': ['[f32]', letters.map(() => 0)],
          'tokenizer.ggml.precompiled_charsmap': ['[u8]', Array(length).fill(255)],
        },
      }),
  ]),
  [
    'special token',
    'empty',
    '?',
    () => file({ set: { 'tokenizer.ggml.tokens': ['[string]', [...letters.slice(0, 256), '', '<b>']] } }),
  ],
  [
    'special token',
    'one the beginning of the other',
    '?',
    () => file({ set: { 'tokenizer.ggml.tokens': ['[string]', [...letters.slice(0, 256), '<a', '<a>']] } }),
  ],
];

const template = (source) => () => file({ set: { 'tokenizer.chat_template': ['string', source] } });
/** The load is well, applying the template is not. */
const templates = [
  ['range(1e9)', '{% for i in range(1000000000) %}x{% endfor %}', 'E_LIMIT'],
  ['range in range', '{% for i in range(25000) %}{% for j in range(25000) %}{% endfor %}{% endfor %}', 'E_LIMIT'],
  ['a text times 1e10', "{{ 'x' * 10000000000 }}", 'E_LIMIT'],
  ['indent(1e9)', "{{ 'a'|indent(1000000000) }}", 'E_*'],
  ['tojson(indent=1e9)', '{{ messages|tojson(indent=1000000000) }}', 'E_*'],
  [
    'a text doubled 64 times',
    "{% set ns = namespace(s='ab') %}{% for i in range(64) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}",
    'E_LIMIT',
  ],
  [
    'a list doubled',
    '{% set ns = namespace(s=[1,2]) %}{% for i in range(64) %}{% set ns.s = ns.s + ns.s %}{% endfor %}',
    'E_LIMIT',
  ],
  ['a macro that calls itself', '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}', 'E_*'],
  [
    'macros that call each other',
    '{% macro f() %}{{ g() }}{% endmacro %}{% macro g() %}{{ f() }}{% endmacro %}{{ f() }}',
    'E_*',
  ],
  ['100000 parentheses', `{{ ${'('.repeat(100000)}1${')'.repeat(100000)} }}`, 'E_*'],
  ['100000 brackets', `{{ ${'['.repeat(100000)}${']'.repeat(100000)} }}`, 'E_*'],
  ['30000 ifs', `${'{% if true %}'.repeat(30000)}${'{% endif %}'.repeat(30000)}`, 'E_*'],
  ['no end of an expression', '{{ messages', 'E_*'],
  ['no end of a tag', '{% for x in messages %}', 'E_*'],
  ['an unknown filter', '{{ messages|martian }}', 'E_*'],
  ['an unknown tag', '{% martian %}', 'E_*'],
  ['raise_exception', "{{ raise_exception('no\\u001b[2J') }}", 'E_INVALID_ARGUMENT'],
  ['constructors', "{{ ''.constructor.constructor('return process')().exit(1) }}", 'E_*'],
  ['5 MB of text', 'x'.repeat(5 << 20), 'E_*', 'ok'],
  ['5 MB of tags', '{{a}}'.repeat(1 << 20), 'E_*', 'ok'],
  [
    'replace that grows',
    "{% set ns = namespace(s='aaaa') %}{% for i in range(40) %}{% set ns.s = ns.s|replace('a', 'aaaa') %}{% endfor %}",
    'E_LIMIT',
  ],
].map(([what, source, code, or]) => ['template', what, code, template(source), or ?? undefined, 'chat']);

const lora = [
  ['adapter', 'no type', 'E_*', () => adapter({ set: { 'general.type': null } })],
  ['adapter', 'another type', 'E_*', () => adapter({ set: { 'adapter.type': ['string', 'dora'] } })],
  ['adapter', 'another architecture', 'E_*', () => adapter({ set: { 'general.architecture': ['string', 'qwen2'] } })],
  ...[NaN, Infinity].map((value) => [
    'adapter.lora.alpha',
    value,
    'E_*',
    () => adapter({ set: { 'adapter.lora.alpha': ['f32', value] } }),
  ]),
  ['adapter.lora.alpha', 'a text', 'E_*', () => adapter({ set: { 'adapter.lora.alpha': ['string', 'x'] } })],
  ['adapter', 'A without B', 'E_*', () => adapter({ without: ['blk.0.attn_q.weight.lora_b'] })],
  ['adapter', 'B without A', 'E_*', () => adapter({ without: ['blk.0.attn_q.weight.lora_a'] })],
  [
    'adapter',
    'no tensors',
    'E_*',
    () => adapter({ without: ['blk.0.attn_q.weight.lora_a', 'blk.0.attn_q.weight.lora_b'] }),
  ],
  [
    'adapter',
    'ranks that differ',
    'E_*',
    () => adapter({ others: { 'blk.0.attn_q.weight.lora_b': matrix(3, HIDDEN) } }),
  ],
  ['adapter', 'A of another width', 'E_*', () => adapter({ others: { 'blk.0.attn_q.weight.lora_a': matrix(31, 2) } })],
  ['adapter', 'B of other outputs', 'E_*', () => adapter({ others: { 'blk.0.attn_q.weight.lora_b': matrix(2, 33) } })],
  [
    'adapter',
    'rank 0',
    'E_*',
    () =>
      adapter({
        others: {
          'blk.0.attn_q.weight.lora_a': { shape: [HIDDEN, 0], values: new Float32Array(0) },
          'blk.0.attn_q.weight.lora_b': { shape: [0, HIDDEN], values: new Float32Array(0) },
        },
      }),
  ],
  [
    'adapter',
    'of a weight that is not there',
    'E_*',
    () =>
      adapter({
        others: { 'blk.7.attn_q.weight.lora_a': matrix(HIDDEN, 2), 'blk.7.attn_q.weight.lora_b': matrix(2, HIDDEN) },
      }),
  ],
  ['adapter', 'direction.536870912', 'E_*', () => adapter({ others: { 'direction.536870912': matrix(HIDDEN, 1) } })],
  [
    'adapter',
    'NaN',
    'E_NUMERIC',
    () => {
      const a = matrix(HIDDEN, 2);
      a.values[3] = NaN;
      return adapter({ others: { 'blk.0.attn_q.weight.lora_a': a } });
    },
  ],
  ['adapter', 'a whole model', 'E_*', () => file()],
  ['adapter', 'cut', 'E_*', () => adapter().subarray(0, 400)],
].map(([field, value, code, make]) => [field, value, code, make, undefined, 'lora']);

const split = [
  ...[2, 3, 65535].map((count) => [
    'split.count',
    count,
    'E_SPLIT',
    () => file({ set: { 'split.count': ['u16', count], 'split.no': ['u16', 0] } }),
  ]),
  ['split.count', 65536, 'E_*', () => file({ set: { 'split.count': ['u32', 65536] } })],
  ['split.count', -1, 'E_*', () => file({ set: { 'split.count': ['i32', -1] } })],
  ['split.count', 'a text', 'E_*', () => file({ set: { 'split.count': ['string', '2'] } })],
];

/** Unusual, and to be taken. */
const odd = [
  ['file', 'as it is', 'ok', () => file()],
  ['output.weight', 'missing: the embedding is it', 'ok', () => file({ without: ['output.weight'] })],
  ['general.alignment', 1, 'ok', () => file({ set: { 'general.alignment': ['u32', 1] }, alignment: 1 })],
  ['tensor', 'nobody uses', 'ok', () => file({ others: { 'rope_freqs.unused': matrix(3, 3) } })],
  [
    'tensor',
    'of no numbers, unused',
    'ok',
    () => file({ others: { nothing: { shape: [0, 4], values: new Float32Array(0) } } }),
  ],
  ['file', 'a megabyte behind it', 'ok', () => Buffer.concat([file(), Buffer.alloc(1 << 20, 7)])],
  ['file', 'two in one', 'ok', () => Buffer.concat([file(), file()])],
  [
    'keys',
    '__proto__, constructor',
    'ok',
    () =>
      file({
        set: {
          ['__proto__']: ['u32', 1],
          constructor: ['u32', 2],
          toString: ['string', 'x'],
          'general.hasOwnProperty': ['u32', 1],
        },
      }),
  ],
  [
    'general.name',
    'not UTF-8',
    'ok',
    () => {
      const bytes = file({ set: { 'general.name': ['string', 'xxxxQQxxxx'] } });
      return patched(bytes, bytes.indexOf('QQ'), Buffer.from([0xed, 0xa0]));
    },
  ],
  [
    'counts',
    'of 64 bits',
    'ok',
    () =>
      file({
        set: {
          'llama.block_count': ['u64', 2],
          'llama.embedding_length': ['i64', HIDDEN],
          'llama.context_length': ['u16', 64],
        },
      }),
  ],
  ['heads', 'a number for each layer', 'ok', () => file({ set: { 'llama.attention.head_count': ['[u32]', [2, 2]] } })],
  [
    'tokens',
    'fewer than rows',
    'ok',
    () =>
      file({
        set: {
          'tokenizer.ggml.tokens': ['[string]', letters.slice(0, 250)],
          'tokenizer.ggml.token_type': ['[i32]', letters.slice(0, 250).map(() => 1)],
        },
      }),
  ],
  [
    'tokens',
    'one text twice',
    'ok',
    () => file({ set: { 'tokenizer.ggml.tokens': ['[string]', [...letters.slice(0, 256), 'a', 'a']] } }),
  ],
  [
    'tokenizer',
    'none',
    'ok',
    () =>
      file({
        set: Object.fromEntries(
          ['model', 'pre', 'tokens', 'token_type', 'merges', 'bos_token_id', 'eos_token_id', 'add_bos_token'].map(
            (key) => [`tokenizer.ggml.${key}`, null],
          ),
        ),
      }),
  ],
  [
    'weights',
    'all zero',
    'ok',
    () =>
      file({
        others: { 'blk.0.attn_q.weight': { shape: [HIDDEN, HIDDEN], values: new Float32Array(HIDDEN * HIDDEN) } },
      }),
  ],
  ['split.count', '0 and 1', 'ok', () => file({ set: { 'split.count': ['u16', 1], 'split.no': ['u16', 0] } })],
];

module.exports = { sizes, some, shapes, tokenizer, templates, lora, split, odd };
