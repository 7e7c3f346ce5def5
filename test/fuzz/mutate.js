'use strict';

// Changes of the corpus' model that keep its structure: one to three fields become something else.

const { facts, file, matrix, patched } = require('../hostile/base');

const NUMBERS = [
  0,
  1,
  2,
  3,
  7,
  8,
  15,
  16,
  17,
  31,
  32,
  33,
  63,
  64,
  127,
  255,
  256,
  1000,
  65535,
  65536,
  2 ** 24,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
];
const TYPES = [
  'u8',
  'i8',
  'u16',
  'i16',
  'u32',
  'i32',
  'f32',
  'bool',
  'string',
  'u64',
  'i64',
  'f64',
  '[u32]',
  '[i32]',
  '[f32]',
  '[string]',
  '[u8]',
];
const KEYS = [
  'block_count',
  'embedding_length',
  'context_length',
  'feed_forward_length',
  'attention.head_count',
  'attention.head_count_kv',
  'attention.key_length',
  'attention.value_length',
  'attention.layer_norm_rms_epsilon',
  'rope.dimension_count',
  'rope.freq_base',
  'rope.scaling.type',
  'rope.scaling.factor',
  'rope.scaling.original_context_length',
  'expert_count',
  'expert_used_count',
  'attention.sliding_window',
  'attention.causal',
  'attention.scale',
  'pooling_type',
  'vocab_size',
  'nextn_predict_layers',
  'attention.max_alibi_bias',
  'logit_scale',
  'residual_scale',
  'embedding_scale',
];
const TENSORS = [
  'token_embd.weight',
  'output.weight',
  'output_norm.weight',
  'blk.0.attn_q.weight',
  'blk.0.attn_k.weight',
  'blk.1.ffn_down.weight',
  'blk.0.attn_q.bias',
  'rope_freqs.weight',
  'blk.0.attn_q.scale',
  'blk.1.attn_q_norm.weight',
];
const RANGE = {
  u8: [0, 255],
  i8: [-128, 127],
  u16: [0, 65535],
  i16: [-32768, 32767],
  u32: [0, 2 ** 32 - 1],
  i32: [-(2 ** 31), 2 ** 31 - 1],
};

function value(type, r) {
  if (type.startsWith('[')) return Array.from({ length: r.below(6) }, () => value(type.slice(1, -1), r));
  if (type === 'string')
    return r.of([
      '',
      'linear',
      'yarn',
      'llama',
      'gpt2',
      'none',
      '\ud800',
      'a'.repeat(300),
      '{{ 1 }}',
      '{% for x in messages %}',
    ]);
  if (type === 'bool') return r.chance(50);
  if (type === 'f32' || type === 'f64') return r.of([NaN, Infinity, -Infinity, 0, -0, 1e-45, 1, -1, 3e38, 1e-5, 10000]);
  if (type === 'u64' || type === 'i64') {
    const number = r.of([0n, 1n, 2n ** 31n, 2n ** 32n, 2n ** 32n + 2n, 2n ** 62n, 2n ** 63n - 1n, -1n]);
    return type === 'u64' ? BigInt.asUintN(64, number) : number;
  }
  const [least, most] = RANGE[type];
  return Math.min(most, Math.max(least, r.of(NUMBERS) * (r.chance(15) ? -1 : 1)));
}

/** The bytes of a changed model. */
function mutate(r) {
  const set = {};
  const others = {};
  const without = [];
  for (let i = 0; i < 1 + r.below(3); i++) {
    const what = r.below(6);
    if (what < 3) {
      const type = r.of(TYPES);
      const own = Object.keys(facts());
      const key = r.chance(75)
        ? `llama.${r.of(KEYS)}`
        : r.of([...own, 'general.alignment', 'split.count', 'general.name']);
      set[key] = [type, value(type, r)];
    } else if (what === 3) {
      others[r.of(TENSORS)] = r.chance(50)
        ? matrix(r.of([1, 16, 31, 32, 33, 64]), r.of([1, 2, 16, 32, 258]), r.below(99))
        : { shape: [r.of([0, 1, 16, 32])], values: new Float32Array(32).fill(r.of([0, 1, NaN, 3e38, -1])) };
    } else if (what === 4) without.push(r.of(TENSORS));
    else
      set[
        `tokenizer.ggml.${r.of(['bos_token_id', 'eos_token_id', 'add_bos_token', 'scores', 'token_type', 'merges', 'model', 'pre'])}`
      ] = [r.of(['u32', 'i32', 'string', '[string]', '[f32]', '[i32]']), null];
  }
  for (const [type, of] of Object.entries(set)) if (of[1] === null) set[type] = [of[0], value(of[0], r)];
  const bytes = file({ set, others, without });
  // Now and then bytes of the front, whatever they are.
  return r.chance(30) ? patched(bytes, r.below(Math.min(bytes.length, 9000)), Buffer.from([r.below(256)])) : bytes;
}

module.exports = { mutate };
