'use strict';

// Shapes of models of other mechanisms than Llama's, as their files have them: keys of the metadata (without the architecture's
// name in front) and tensors. Cut to a few layers where the whole would be too large to be timed often; a layer costs the same.
// Sizes are those of the models' published configurations.

/** Tensors of a model, collected layer by layer. A `matrix` has the file's format, unless its rows do not fit; a `vector` is F32. */
class Tensors {
  list = [];
  prefix = '';

  layer(index) {
    this.prefix = `blk.${index}.`;
  }
  top() {
    this.prefix = '';
  }
  norm(name, size) {
    this.list.push({ name: this.prefix + name, dims: [size].flat(), format: 'F32' });
  }
  /** All numbers the same. */
  constant(name, dims, value) {
    this.list.push({ name: this.prefix + name, dims: [dims].flat(), format: 'F32', value });
  }
  /** Scale and shift. */
  layerNorm(name, size) {
    this.norm(`${name}.weight`, size);
    this.vector(`${name}.bias`, size);
  }
  vector(name, dims, deviation = 0.1) {
    this.list.push({ name: this.prefix + name, dims: [dims].flat(), format: 'F32', deviation });
  }
  matrix(name, dims, format) {
    this.list.push({ name: this.prefix + name, dims, format, deviation: 1 / Math.sqrt(dims[0]) });
  }
  /** The embedding, tied unless `head`. */
  ends(hidden, vocab, { head = false, norm = 'output_norm.weight' } = {}) {
    this.top();
    this.list.push({
      name: 'token_embd.weight',
      dims: [hidden, vocab],
      deviation: head ? 1 : 1 / Math.sqrt(hidden),
      embedding: true,
    });
    this.norm(norm, hidden);
    if (head) this.matrix('output.weight', [hidden, vocab]);
  }
  attention({ hidden, heads, kv, size, norms = false, biases = false }) {
    this.matrix('attn_q.weight', [hidden, heads * size]);
    this.matrix('attn_k.weight', [hidden, kv * size]);
    this.matrix('attn_v.weight', [hidden, kv * size]);
    this.matrix('attn_output.weight', [heads * size, hidden]);
    if (norms) for (const which of ['q', 'k']) this.norm(`attn_${which}_norm.weight`, size);
    if (!biases) return;
    for (const [name, rows] of [
      ['q', heads * size],
      ['k', kv * size],
      ['v', kv * size],
      ['output', hidden],
    ])
      this.vector(`attn_${name}.bias`, rows);
  }
  /** A layer up to its feed-forward part: normed attention, and the norm behind it. */
  attends(index, attention) {
    this.layer(index);
    this.norm('attn_norm.weight', attention.hidden);
    this.attention(attention);
    this.norm('ffn_norm.weight', attention.hidden);
  }
  gated(hidden, ffn, suffix = '') {
    this.matrix(`ffn_gate${suffix}.weight`, [hidden, ffn]);
    this.matrix(`ffn_up${suffix}.weight`, [hidden, ffn]);
    this.matrix(`ffn_down${suffix}.weight`, [ffn, hidden]);
  }
  experts(hidden, ffn, count, format) {
    this.list.push({
      name: `${this.prefix}ffn_gate_inp.weight`,
      dims: [hidden, count],
      format: 'F32',
      deviation: 1 / Math.sqrt(hidden),
    });
    for (const name of ['gate', 'up']) this.matrix(`ffn_${name}_exps.weight`, [hidden, ffn, count], format);
    this.matrix('ffn_down_exps.weight', [ffn, hidden, count], format);
  }
}

/** Keys that attention has everywhere. */
const attentionKeys = ({ heads, kv, size, epsilon = 1e-6, base = 1e6, turned = size }) => ({
  'attention.head_count': heads,
  'attention.head_count_kv': kv,
  'attention.key_length': size,
  'attention.value_length': size,
  'attention.layer_norm_rms_epsilon': { f32: epsilon },
  'rope.dimension_count': turned,
  'rope.freq_base': { f32: base },
});

const sizes = (layers, hidden, ffn) => ({
  block_count: layers,
  context_length: 4096,
  embedding_length: hidden,
  feed_forward_length: ffn,
});

/** Architecture, vocabulary, keys and tensors of each; `others`: keys without the architecture's name in front. */
const MECHANISMS = {
  'qwen3-0.6b': () => {
    const [layers, hidden, ffn, vocab] = [28, 1024, 3072, 151936];
    const attention = { hidden, heads: 16, kv: 8, size: 128, norms: true };
    const t = new Tensors();
    t.ends(hidden, vocab);
    for (let i = 0; i < layers; i++) {
      t.attends(i, attention);
      t.gated(hidden, ffn);
    }
    return {
      architecture: 'qwen3',
      vocab,
      keys: { ...sizes(layers, hidden, ffn), ...attentionKeys(attention) },
      tensors: t.list,
    };
  },
  'gemma3-1b': () => {
    const [layers, hidden, ffn, vocab] = [26, 1152, 6912, 262144];
    const attention = { hidden, heads: 4, kv: 1, size: 256, norms: true };
    const t = new Tensors();
    t.ends(hidden, vocab);
    for (let i = 0; i < layers; i++) {
      t.layer(i);
      for (const name of ['attn_norm', 'post_attention_norm', 'ffn_norm', 'post_ffw_norm'])
        t.norm(`${name}.weight`, hidden);
      t.attention(attention);
      t.gated(hidden, ffn);
    }
    const keys = { ...sizes(layers, hidden, ffn), ...attentionKeys(attention), 'attention.sliding_window': 512 };
    return { architecture: 'gemma3', vocab, keys, tensors: t.list };
  },
  // E2B with an eighth of its vocabulary, of which each token has a row for each layer.
  'gemma3n-e2b': () => {
    const [layers, hidden, ffn, vocab, streams, rank, perLayer] = [30, 2048, 8192, 32768, 4, 64, 256];
    const attention = { hidden, heads: 8, kv: 2, size: 256, norms: true };
    const t = new Tensors();
    t.ends(hidden, vocab);
    t.matrix('altup_proj.weight', [hidden, hidden, streams - 1]);
    t.matrix('altup_unembd_proj.weight', [hidden, hidden, streams - 1]);
    t.matrix('per_layer_token_embd.weight', [perLayer * layers, vocab]);
    t.matrix('per_layer_model_proj.weight', [hidden, perLayer * layers]);
    t.norm('per_layer_proj_norm.weight', perLayer);
    for (let i = 0; i < layers; i++) {
      t.layer(i);
      for (const name of ['attn', 'post_attention', 'ffn', 'post_ffw', 'altup_router', 'laurel_post'])
        t.norm(`${name}_norm.weight`, hidden);
      t.norm('post_norm.weight', hidden);
      t.attention(attention);
      t.gated(hidden, ffn);
      t.matrix('inp_gate.weight', [hidden, perLayer]);
      t.matrix('proj.weight', [perLayer, hidden]);
      t.vector('altup_correct_coef.weight', [streams, streams]);
      t.vector('altup_predict_coef.weight', [streams, streams * streams]);
      t.norm('altup_correct_scale.weight', hidden);
      t.vector('altup_router.weight', [hidden, streams]);
      t.matrix('laurel_l.weight', [hidden, rank]);
      t.matrix('laurel_r.weight', [rank, hidden]);
    }
    const keys = {
      ...sizes(layers, hidden, ffn),
      ...attentionKeys(attention),
      'attention.sliding_window': 512,
      'attention.shared_kv_layers': 10,
      embedding_length_per_layer_input: perLayer,
      'altup.num_inputs': streams,
      'altup.active_idx': 0,
    };
    return { architecture: 'gemma3n', vocab, keys, tensors: t.list };
  },
  'phi4-mini-8': () => {
    const [layers, hidden, ffn, vocab] = [8, 3072, 8192, 200064];
    const attention = { hidden, heads: 24, kv: 8, size: 128, base: 1e4, epsilon: 1e-5 };
    const t = new Tensors();
    t.ends(hidden, vocab);
    for (let i = 0; i < layers; i++) {
      t.layer(i);
      t.norm('attn_norm.weight', hidden);
      t.matrix('attn_qkv.weight', [hidden, (24 + 2 * 8) * 128]);
      t.matrix('attn_output.weight', [hidden, hidden]);
      t.norm('ffn_norm.weight', hidden);
      t.matrix('ffn_up.weight', [hidden, 2 * ffn]);
      t.matrix('ffn_down.weight', [ffn, hidden]);
    }
    const keys = {
      ...sizes(layers, hidden, ffn),
      ...attentionKeys(attention),
      'rope.scaling.original_context_length': 4096,
    };
    return { architecture: 'phi3', vocab, keys, tensors: t.list };
  },
  'qwen3moe-30b-6': () => {
    const [layers, hidden, ffn, vocab] = [6, 2048, 768, 151936];
    const attention = { hidden, heads: 32, kv: 4, size: 128, norms: true };
    const t = new Tensors();
    t.ends(hidden, vocab, { head: true });
    for (let i = 0; i < layers; i++) {
      t.attends(i, attention);
      t.experts(hidden, ffn, 128);
    }
    const experts = { expert_count: 128, expert_used_count: 8, expert_feed_forward_length: ffn };
    return {
      architecture: 'qwen3moe',
      vocab,
      keys: { ...sizes(layers, hidden, 6144), ...attentionKeys(attention), ...experts },
      tensors: t.list,
    };
  },
  'gpt-oss-20b-4': () => {
    const [layers, hidden, ffn, vocab] = [4, 2880, 2880, 201088];
    const attention = { hidden, heads: 64, kv: 8, size: 64, base: 150000, epsilon: 1e-5, biases: true };
    const t = new Tensors();
    t.ends(hidden, vocab, { head: true });
    for (let i = 0; i < layers; i++) {
      t.layer(i);
      t.norm('attn_norm.weight', hidden);
      t.attention(attention);
      t.vector('attn_sinks.weight', 64);
      t.norm('post_attention_norm.weight', hidden);
      t.experts(hidden, ffn, 32, 'MXFP4');
      t.vector('ffn_gate_inp.bias', 32);
      for (const [name, rows] of [
        ['gate', ffn],
        ['up', ffn],
        ['down', hidden],
      ])
        t.vector(`ffn_${name}_exps.bias`, [rows, 32]);
    }
    const experts = {
      expert_count: 32,
      expert_used_count: 4,
      expert_feed_forward_length: ffn,
      'attention.sliding_window': 128,
    };
    return {
      architecture: 'gpt-oss',
      vocab,
      keys: { ...sizes(layers, hidden, ffn), ...attentionKeys(attention), ...experts },
      tensors: t.list,
    };
  },
  // All 27 layers, by which llama.cpp knows the lite one that has no low rank of queries; a quarter of the experts.
  'deepseek-v2-lite-16e': () => {
    const [layers, hidden, vocab, heads, latent, turned, plain, value, ffn] = [
      27, 2048, 102400, 16, 512, 64, 128, 128, 1408,
    ];
    const t = new Tensors();
    t.ends(hidden, vocab, { head: true });
    for (let i = 0; i < layers; i++) {
      t.layer(i);
      t.norm('attn_norm.weight', hidden);
      t.norm('attn_kv_a_norm.weight', latent);
      t.matrix('attn_q.weight', [hidden, heads * (plain + turned)]);
      t.matrix('attn_kv_a_mqa.weight', [hidden, latent + turned]);
      t.matrix('attn_k_b.weight', [plain, latent, heads]);
      t.matrix('attn_v_b.weight', [latent, value, heads]);
      t.matrix('attn_output.weight', [heads * value, hidden]);
      t.norm('ffn_norm.weight', hidden);
      if (i === 0) t.gated(hidden, 10944);
      else {
        t.experts(hidden, ffn, 16);
        t.gated(hidden, 2 * ffn, '_shexp');
      }
    }
    const keys = {
      ...sizes(layers, hidden, 10944),
      ...attentionKeys({ heads, kv: 1, size: latent + turned, base: 1e4, turned }),
      'attention.value_length': latent,
      'attention.key_length_mla': plain + turned,
      'attention.value_length_mla': value,
      'attention.kv_lora_rank': latent,
      leading_dense_block_count: 1,
      expert_count: 16,
      expert_used_count: 6,
      expert_shared_count: 2,
      expert_feed_forward_length: ffn,
      expert_weights_scale: { f32: 1 },
      expert_gating_func: 1,
    };
    return { architecture: 'deepseek2', vocab, keys, tensors: t.list };
  },
  'mamba2-1.3b-24': () => {
    const [layers, hidden, vocab] = [24, 2048, 50288];
    const ssm = { inner: 4096, state: 128, heads: 64, groups: 1 };
    const t = new Tensors();
    t.ends(hidden, vocab);
    for (let i = 0; i < layers; i++) {
      t.layer(i);
      t.norm('attn_norm.weight', hidden);
      stateSpace(t, hidden, ssm, true);
    }
    return { architecture: 'mamba2', vocab, keys: { ...sizes(layers, hidden, 0), ...ssmKeys(ssm) }, tensors: t.list };
  },
  'falcon-h1-1.5b-12': () => {
    const [layers, hidden, ffn, vocab] = [12, 2048, 4096, 65536];
    const attention = { hidden, heads: 8, kv: 2, size: 128, base: 1e11, epsilon: 1e-5 };
    const ssm = { inner: 3072, state: 256, heads: 48, groups: 1 };
    const t = new Tensors();
    t.ends(hidden, vocab, { head: true });
    for (let i = 0; i < layers; i++) {
      t.layer(i);
      t.norm('attn_norm.weight', hidden);
      t.attention(attention);
      stateSpace(t, hidden, ssm, false);
      t.norm('ffn_norm', hidden);
      t.gated(hidden, ffn);
    }
    return {
      architecture: 'falcon-h1',
      vocab,
      keys: { ...sizes(layers, hidden, ffn), ...attentionKeys(attention), ...ssmKeys(ssm) },
      tensors: t.list,
    };
  },
  'lfm2-1.2b': () => {
    const [layers, hidden, ffn, vocab] = [16, 2048, 8192, 65536];
    const attends = new Set([2, 5, 8, 10, 12, 14]);
    const attention = { hidden, heads: 32, kv: 8, size: 64, norms: true, epsilon: 1e-5 };
    const t = new Tensors();
    t.ends(hidden, vocab, { norm: 'token_embd_norm.weight' });
    for (let i = 0; i < layers; i++) {
      t.layer(i);
      t.norm('attn_norm.weight', hidden);
      if (attends.has(i)) t.attention(attention);
      else {
        t.matrix('shortconv.in_proj.weight', [hidden, 3 * hidden]);
        t.vector('shortconv.conv.weight', [3, hidden], 0.5);
        t.matrix('shortconv.out_proj.weight', [hidden, hidden]);
      }
      t.norm('ffn_norm.weight', hidden);
      t.gated(hidden, ffn);
    }
    const keys = {
      ...sizes(layers, hidden, ffn),
      ...attentionKeys(attention),
      'attention.head_count_kv': { i32: Array.from({ length: layers }, (_, i) => (attends.has(i) ? 8 : 0)) },
      'shortconv.l_cache': 3,
    };
    return { architecture: 'lfm2', vocab, keys, tensors: t.list };
  },
  'qwen3next-80b-4': () => {
    const [layers, hidden, ffn, vocab] = [4, 2048, 512, 151936];
    const attention = { hidden, heads: 16, kv: 2, size: 256, base: 1e7, turned: 64 };
    const [keyHeads, heads, size] = [16, 32, 128];
    const channels = (2 * keyHeads + heads) * size;
    const t = new Tensors();
    t.ends(hidden, vocab, { head: true });
    for (let i = 0; i < layers; i++) {
      t.layer(i);
      t.norm('attn_norm.weight', hidden);
      if (i % 4 === 3) {
        t.matrix('attn_q.weight', [hidden, 2 * 16 * 256]);
        t.matrix('attn_k.weight', [hidden, 2 * 256]);
        t.matrix('attn_v.weight', [hidden, 2 * 256]);
        t.matrix('attn_output.weight', [16 * 256, hidden]);
        for (const which of ['q', 'k']) t.norm(`attn_${which}_norm.weight`, 256);
      } else {
        t.matrix('attn_qkv.weight', [hidden, channels]);
        t.matrix('attn_gate.weight', [hidden, heads * size]);
        t.matrix('ssm_ba.weight', [hidden, 2 * heads]);
        t.vector('ssm_conv1d.weight', [4, channels], 0.5);
        t.constant('ssm_dt.bias', heads, -2);
        t.constant('ssm_a', heads, -1);
        t.norm('ssm_norm.weight', size);
        t.matrix('ssm_out.weight', [heads * size, hidden]);
      }
      t.norm('post_attention_norm.weight', hidden);
      t.experts(hidden, ffn, 512);
      t.vector('ffn_gate_inp_shexp.weight', hidden);
      t.gated(hidden, ffn, '_shexp');
    }
    const keys = {
      ...sizes(layers, hidden, 5120),
      ...attentionKeys(attention),
      'ssm.inner_size': heads * size,
      'ssm.conv_kernel': 4,
      'ssm.state_size': size,
      'ssm.time_step_rank': heads,
      'ssm.group_count': keyHeads,
      full_attention_interval: 4,
      expert_count: 512,
      expert_used_count: 10,
      expert_feed_forward_length: ffn,
      expert_shared_feed_forward_length: ffn,
    };
    return { architecture: 'qwen3next', vocab, keys, tensors: t.list };
  },
};

const ssmKeys = ({ inner, state, heads, groups }) => ({
  'ssm.inner_size': inner,
  'ssm.conv_kernel': 4,
  'ssm.state_size': state,
  'ssm.time_step_rank': heads,
  'ssm.group_count': groups,
  'attention.layer_norm_rms_epsilon': { f32: 1e-5 },
});

/** Mamba 2's tensors. */
function stateSpace(t, hidden, { inner, state, heads, groups }, norm) {
  const channels = inner + 2 * groups * state;
  t.matrix('ssm_in.weight', [hidden, inner + channels + heads]);
  t.vector('ssm_conv1d.weight', [4, channels], 0.5);
  t.vector('ssm_conv1d.bias', channels);
  t.constant('ssm_dt.bias', heads, -2);
  t.constant('ssm_a', [1, heads], -1);
  t.constant('ssm_d', [1, heads], 1);
  if (norm) t.norm('ssm_norm.weight', [inner / groups, groups]);
  t.matrix('ssm_out.weight', [inner, hidden]);
}

/** The same of models that give vectors, which have no decode: for embeddings.js. */
const ENCODERS = {
  'bert-base': () => {
    const [layers, hidden, ffn, vocab, heads] = [12, 768, 3072, 30522, 12];
    const t = new Tensors();
    t.top();
    t.list.push({
      name: 'token_embd.weight',
      dims: [hidden, vocab],
      deviation: 1 / Math.sqrt(hidden),
      embedding: true,
    });
    t.vector('position_embd.weight', [hidden, 512]);
    t.vector('token_types.weight', [hidden, 2]);
    t.layerNorm('token_embd_norm', hidden);
    for (let i = 0; i < layers; i++) {
      t.layer(i);
      t.attention({ hidden, heads, kv: heads, size: hidden / heads, biases: true });
      t.layerNorm('attn_output_norm', hidden);
      t.matrix('ffn_up.weight', [hidden, ffn]);
      t.vector('ffn_up.bias', ffn);
      t.matrix('ffn_down.weight', [ffn, hidden]);
      t.vector('ffn_down.bias', hidden);
      t.layerNorm('layer_output_norm', hidden);
    }
    const keys = {
      ...sizes(layers, hidden, ffn),
      context_length: 512,
      'attention.head_count': heads,
      'attention.layer_norm_epsilon': { f32: 1e-12 },
      'attention.causal': { bool: false },
      pooling_type: 1,
    };
    const others = [['tokenizer.ggml.token_type_count', 'u32', 2]];
    return { architecture: 'bert', vocab, keys, others, tensors: t.list };
  },
  'modernbert-base': () => {
    const [layers, hidden, ffn, vocab, heads] = [22, 768, 1152, 50368, 12];
    const t = new Tensors();
    t.ends(hidden, vocab);
    t.norm('token_embd_norm.weight', hidden);
    for (let i = 0; i < layers; i++) {
      t.layer(i);
      if (i > 0) t.norm('attn_norm.weight', hidden);
      t.matrix('attn_qkv.weight', [hidden, 3 * hidden]);
      t.matrix('attn_output.weight', [hidden, hidden]);
      t.norm('ffn_norm.weight', hidden);
      t.matrix('ffn_up.weight', [hidden, 2 * ffn]);
      t.matrix('ffn_down.weight', [ffn, hidden]);
    }
    const keys = {
      ...sizes(layers, hidden, ffn),
      context_length: 8192,
      'attention.head_count': heads,
      'attention.layer_norm_epsilon': { f32: 1e-5 },
      'attention.causal': { bool: false },
      'attention.sliding_window': 128,
      'rope.freq_base': { f32: 160000 },
      'rope.freq_base_swa': { f32: 10000 },
      pooling_type: 1,
    };
    return { architecture: 'modern-bert', vocab, keys, tensors: t.list };
  },
};

module.exports = { MECHANISMS, ENCODERS };
