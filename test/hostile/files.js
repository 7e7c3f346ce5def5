'use strict';

// Adapters, parts of a model, and files that are unusual and to be taken.

const { file, matrix, adapter, patched, HIDDEN } = require('./base');
const { byteVocabulary } = require('../fixtures/vocabulary');

const letters = byteVocabulary(['<a>', '<b>'])['tokenizer.ggml.tokens'][1];

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

module.exports = { lora, split, odd };
