'use strict';

// Every kind of tokenizer with vocabularies that do not fit it; what attention, rotation and experts may be told beside their sizes; adapters of odd forms.

const { file, matrix, adapter, patched, u32, HIDDEN, VOCAB } = require('./base');
const { byteVocabulary } = require('../fixtures/vocabulary');

const letters = byteVocabulary(['<a>', '<b>'])['tokenizer.ggml.tokens'][1];
const many = (value) => letters.map(() => value);
const ggml = (entries) =>
  file({ set: Object.fromEntries(Object.entries(entries).map(([key, value]) => [`tokenizer.ggml.${key}`, value])) });

const KINDS = ['gpt2', 'llama', 'gemma4', 't5', 'bert', 'rwkv', 'plamo2', 'whitespace', 'hybriddna'];
const VOCABULARIES = {
  'of another kind': {},
  'all the same': { tokens: ['[string]', many('a')] },
  'all empty': { tokens: ['[string]', many('')] },
  'one of a megabyte': { tokens: ['[string]', letters.map((token, i) => (i === 65 ? 'ab'.repeat(1 << 19) : token))] },
  'no text at all': { tokens: ['[string]', letters.map((_, i) => `\ud800${i}`)] },
  'bytes that are none': { token_type: ['[i32]', many(6)] },
  'all control': { token_type: ['[i32]', many(3)] },
  'types of no meaning': { token_type: ['[i32]', many(-(2 ** 31))] },
  'one score for all': { scores: ['[f32]', many(-1e38)] },
  'merges of one token': {
    merges: ['[string]', Array.from({ length: 5000 }, () => 'a b')],
    scores: ['[f32]', many(0)],
  },
};
const tokenizers = KINDS.flatMap((kind) =>
  Object.entries(VOCABULARIES).map(([name, entries]) => [
    `tokenizer ${kind}`,
    name,
    '?',
    () => ggml({ model: ['string', kind], scores: ['[f32]', letters.map((_, i) => -i)], ...entries }),
  ]),
);

const key = (name, type, value, code = '?') => [
  `llama.${name}`,
  `${type} ${value}`,
  code,
  () => file({ set: { [`llama.${name}`]: [type, value] } }),
];
const keys = [
  ...[0, 1, 63, 2 ** 31 - 1, 2 ** 32 - 1].map((value) => key('attention.sliding_window', 'u32', value)),
  ...[2n ** 32n, 2n ** 63n, 2n ** 64n - 1n].map((value) => key('attention.sliding_window', 'u64', value)),
  ...[
    'attention.scale',
    'attn_logit_softcapping',
    'final_logit_softcapping',
    'logit_scale',
    'residual_scale',
    'embedding_scale',
    'attention.max_alibi_bias',
    'attention.clamp_kqv',
    'rope.scaling.attn_factor',
    'rope.scaling.yarn_log_multiplier',
    'expert_weights_scale',
  ].flatMap((name) => [NaN, Infinity, 0, -1, 3e38].map((value) => key(name, 'f32', value))),
  ...['none', 'linear', 'yarn', 'longrope', ''].map((value) => key('rope.scaling.type', 'string', value)),
  ...[0, 1, 2 ** 32 - 1].map((value) => key('rope.scaling.original_context_length', 'u32', value)),
  ...[[], [0, 0, 0, 0], [8, 0, 0, 0], [2 ** 31, 2 ** 31, 0, 0], [1, 1, 1, 1, 1]].map((value) =>
    key('rope.dimension_sections', '[u32]', value),
  ),
  ...[0, 1, 4, 99, 2 ** 32 - 1].map((value) => key('pooling_type', 'u32', value)),
  ...[1, 2, 2 ** 32 - 1].map((value) => key('nextn_predict_layers', 'u32', value)),
  ...[0, 1, VOCAB - 1, VOCAB + 1, 2 ** 32 - 1].map((value) => key('vocab_size', 'u32', value)),
  ...[[2, 2], [2, 0], [0, 0], [2, 2 ** 31], [2], [2, 2, 2]].map((value) => key('attention.head_count', '[u32]', value)),
  ...[[64, 64], [64, 0], [0, 64], [64]].map((value) => key('feed_forward_length', '[u32]', value)),
];

/** A list of numbers of single precision, each the same. */
const row = (length, value) => ({ shape: [length], values: new Float32Array(length).fill(value) });
const tensors = [
  ...[0, NaN, Infinity, -1, 1e-45, 3e38].map((value) => [
    'rope_freqs.weight',
    `all ${value}`,
    '?',
    () => file({ others: { 'rope_freqs.weight': row(8, value) } }),
  ]),
  ...[0, 1, 7, 9, 4096].map((length) => [
    'rope_freqs.weight',
    `${length} numbers`,
    '?',
    () => file({ others: { 'rope_freqs.weight': row(length, 1) } }),
  ]),
  ...[
    'attn_q.bias',
    'attn_k.bias',
    'attn_v.bias',
    'attn_output.bias',
    'ffn_up.bias',
    'attn_q_norm.weight',
    'attn_k_norm.weight',
    'attn_sinks.weight',
  ].flatMap((name) =>
    [0, 1, HIDDEN - 1, HIDDEN, HIDDEN + 1].map((length) => [
      name,
      `${length} numbers`,
      '?',
      () => file({ others: { [`blk.0.${name}`]: row(length, 0.5) } }),
    ]),
  ),
  [
    'token_embd.weight',
    'one row more',
    '?',
    () => file({ others: { 'token_embd.weight': matrix(HIDDEN, VOCAB + 1) } }),
  ],
  [
    'token_embd.weight',
    'one row less',
    'E_*',
    () => file({ others: { 'token_embd.weight': matrix(HIDDEN, VOCAB - 1) } }),
  ],
  ['output.weight', 'one row more', 'E_*', () => file({ others: { 'output.weight': matrix(HIDDEN, VOCAB + 1) } })],
];

const A = 'blk.0.attn_q.weight.lora_a';
const B = 'blk.0.attn_q.weight.lora_b';
const adapters = [
  ['rank 1', 'ok', () => adapter({ rank: 1 })],
  ['rank 1000, more than the matrix has', 'ok', () => adapter({ rank: 1000 })],
  ['A of one dimension', '?', () => adapter({ others: { [A]: row(HIDDEN, 1) } })],
  [
    'A of three dimensions',
    'E_*',
    () => adapter({ others: { [A]: { shape: [HIDDEN, 2, 2], values: new Float32Array(HIDDEN * 4) } } }),
  ],
  [
    'A of a format in blocks',
    '?',
    () => adapter({ others: { [A]: { shape: [HIDDEN, 2], values: new Uint8Array(36), type: 2 } } }),
  ],
  [
    'A with infinite scales',
    '?',
    () => adapter({ others: { [A]: { shape: [HIDDEN, 2], values: new Uint8Array(36).fill(0x7c), type: 2 } } }),
  ],
  [
    'of a norm',
    'E_*',
    () =>
      adapter({
        others: { 'blk.0.attn_norm.weight.lora_a': row(HIDDEN, 1), 'blk.0.attn_norm.weight.lora_b': row(HIDDEN, 1) },
      }),
  ],
  [
    'of the embedding',
    '?',
    () =>
      adapter({
        others: { 'token_embd.weight.lora_a': matrix(HIDDEN, 2), 'token_embd.weight.lora_b': matrix(2, VOCAB) },
      }),
  ],
  ['B turned', 'E_*', () => adapter({ others: { [B]: matrix(HIDDEN, 2) } })],
  ['alpha of 3e38', '?', () => adapter({ set: { 'adapter.lora.alpha': ['f32', 3e38] } })],
  ['alpha of -0', '?', () => adapter({ set: { 'adapter.lora.alpha': ['f32', -0] } })],
  ['of version 2', 'ok', () => patched(adapter(), 4, u32(2))],
].map(([value, code, make]) => ['adapter', value, code, make, undefined, 'lora']);

const versions = [['version', '2, which is laid out like 3', 'ok', () => patched(file(), 4, u32(2))]];

module.exports = { tokenizers, keys, tensors, adapters, versions };
