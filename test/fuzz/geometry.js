'use strict';

// A model of any architecture, of sizes nobody chose: the engine is asked again and again what is missing, and gets it. Its messages name
// the key or the tensor and the extents.

const realm = require('../..');
const { gguf } = require('../fixtures/gguf');

/** Formats: id, weights and bytes of a block. */
const FORMATS = [
  [0, 1, 4],
  [1, 1, 2],
  [30, 1, 2],
  [2, 32, 18],
  [3, 32, 20],
  [6, 32, 22],
  [7, 32, 24],
  [8, 32, 34],
  [20, 32, 18],
  [39, 32, 17],
  [41, 128, 18],
  [42, 64, 18],
  [40, 64, 36],
  [10, 256, 84],
  [11, 256, 110],
  [12, 256, 144],
  [13, 256, 176],
  [14, 256, 210],
  [16, 256, 66],
  [17, 256, 74],
  [18, 256, 98],
  [19, 256, 50],
  [21, 256, 110],
  [22, 256, 82],
  [23, 256, 136],
  [29, 256, 56],
  [34, 256, 54],
  [35, 256, 66],
];
/** Sizes beside those of vectors and of blocks. */
const HEAD = [1, 2, 3, 5, 6, 10, 12, 17, 20, 24, 40, 48, 80, 96, 100, 128];
const HIDDEN = [1, 2, 3, 8, 15, 17, 31, 33, 40, 63, 64, 65, 96, 100, 256, 512];
const FEED_FORWARD = [8, 24, 32, 64, 96, 256, 1, 3, 15, 17, 31, 33, 63, 65, 255, 257];
const ROUNDS = 600;
/** How often the same thing may be wrong: what is drawn anew may fit then. */
const TRIES = 12;

/** A value for a key that is missing. */
function valueOf(key, shape, r) {
  const name = key.slice(key.indexOf('.') + 1);
  if (/epsilon|eps$/.test(name)) return ['f32', 1e-5];
  if (/scale|softcap|freq_base|factor|alpha|beta/.test(name)) return ['f32', r.of([0.5, 1, 2, 10, 30])];
  if (/block_count/.test(name)) return ['u32', 1 + r.below(3)];
  if (/embedding_length$/.test(name)) return ['u32', shape.hidden];
  if (/context_length|original_context/.test(name)) return ['u32', r.chance(10) ? 1 + r.below(5) : 64];
  if (/head_count_kv/.test(name)) return ['u32', r.of(shape.divisors)];
  if (/head_count/.test(name)) return ['u32', shape.heads];
  if (/key_length|value_length/.test(name)) return ['u32', shape.head];
  if (/dimension_count/.test(name)) return ['u32', r.of([shape.head, Math.max(2, (shape.head >> 2) << 1)])];
  if (/feed_forward/.test(name)) return ['u32', r.of(FEED_FORWARD)];
  if (/expert_used/.test(name)) return ['u32', r.chance(20) ? shape.experts : 1 + r.below(Math.min(2, shape.experts))];
  if (/expert_count/.test(name)) return ['u32', shape.experts];
  if (/group_count/.test(name)) return ['u32', r.of([1, 2, 4, 8])];
  if (/conv_kernel|l_cache|sliding_window$/.test(name)) return ['u32', 1 + r.below(5)];
  if (/vocab_size/.test(name)) return ['u32', shape.vocab];
  if (/architecture|type|kind/.test(name)) return ['string', r.of(['none', 'linear', 'yarn'])];
  return ['u32', r.chance(30) ? r.of([3, 5, 6, 7, 12, 15, 17, 24, 33]) : r.of([1, 2, 4, 8, 16, 32])];
}

function tensor(extents, r) {
  const [columns] = extents;
  const rows = extents.slice(1).reduce((a, b) => a * b, 1);
  const fitting =
    extents.length === 1 || r.chance(40)
      ? FORMATS.slice(0, 1)
      : FORMATS.filter(([, elements]) => columns % elements === 0);
  const [type, elements, bytes] = r.of(fitting);
  const values = new Uint8Array((columns / elements) * bytes * rows);
  if (type === 0) {
    const floats = new Float32Array(values.buffer);
    for (let i = 0; i < floats.length; i++)
      floats[i] = extents.length === 1 ? 0.5 + r.next() / 2 ** 32 : (r.next() / 2 ** 32 - 0.5) / Math.sqrt(columns / 4);
  } else {
    // Without these bits no exponent is all ones, and none is large.
    for (let i = 0; i < values.length; i++) values[i] = r.next() & 0xbb;
  }
  return { shape: extents, values, type };
}

/** A value instead of one that does not fit: within what the message says, or in step with other keys. */
function mend(metadata, tensors, key, message, shape, r) {
  const [, family, name] = /^([^.]+)\.(.*)$/.exec(key);
  const [, low, high] = /(?:expected|is not from) (\d+) to (\d+)/.exec(message) ?? [];
  if (/ don't fit each other/.test(message)) {
    const [groups, each, size] = [r.of([1, 2, 4]), r.of([1, 2, 3]), r.of([4, 8, 16, 32])];
    const set = {
      group_count: groups,
      time_step_rank: groups * each,
      state_size: size,
      inner_size: groups * each * size,
    };
    for (const [of, value] of Object.entries(set)) metadata[`${family}.ssm.${of}`] = ['u32', value];
  } else if (/ position_embd.weight has/.test(message)) {
    tensors['position_embd.weight'] = tensor([shape.hidden, metadata[key][1]], r);
  } else if (/layers a stack/.test(message)) {
    const hrm = (of) => metadata[`${family}.hrm.${of}`][1];
    metadata[key] = ['u32', hrm('layers_per_stack') * (hrm('h_cycles') * (hrm('l_cycles') + 1))];
  } else if (low !== undefined) {
    metadata[key] = ['u32', Number(low) + r.below(Math.min(Number(high) - low + 1, 64))];
  } else if (/ is not below 0/.test(message)) metadata[key] = ['f32', -r.of([0.5, 5])];
  else if (/dimension_count/.test(name)) metadata[key] = ['u32', r.of([2, 4, 8])];
  else metadata[key] = valueOf(key, shape, r);
}

/** The bytes of a model, or `null` where the engine could not be satisfied. */
function synthesise(r, architecture) {
  const made = parts(r, architecture);
  return made && gguf(made.metadata, made.tensors);
}

/** Its metadata and tensors. */
function parts(r, architecture) {
  const head = r.of(r.chance(50) ? HEAD : [4, 8, 16, 32, 64]);
  const heads = r.of([1, 2, 3, 4, 5, 6, 7, 8]);
  const shape = {
    head,
    heads,
    hidden: r.chance(30) ? r.of(HIDDEN) : head * heads,
    divisors: [1, 2, 3, 4, 5, 6, 7, 8].filter((n) => heads % n === 0),
    vocab: r.chance(20) ? 1 + r.below(5) : r.of([5, 16, 33, 64, 320]),
    experts: r.chance(30) ? r.of([1, 3, 5, 6, 7, 9, 17]) : r.of([2, 4, 8]),
  };
  const metadata = { 'general.architecture': ['string', architecture], 'tokenizer.ggml.model': ['string', 'none'] };
  const tensors = {};
  for (const key of [
    'block_count',
    'embedding_length',
    'context_length',
    'attention.head_count',
    'attention.head_count_kv',
    'feed_forward_length',
    'attention.layer_norm_rms_epsilon',
    'attention.layer_norm_epsilon',
  ])
    if (!r.chance(5)) metadata[`${architecture}.${key}`] = valueOf(`x.${key}`, shape, r);
  // Those that stand for others where they are absent.
  for (const key of ['rope.dimension_count', 'attention.sliding_window', 'attention.key_length'])
    if (r.chance(20)) metadata[`${architecture}.${key}`] = valueOf(`x.${key}`, shape, r);
  if (r.chance(10)) metadata[`${architecture}.attention.value_length`] = ['u32', r.of(HEAD)];
  const tries = {};
  for (let round = 0; round < ROUNDS; round++) {
    const bytes = gguf(metadata, tensors);
    try {
      realm.loadModelSync(bytes, { threads: 1, weights: 'mapped' }).close();
      return { metadata, tensors };
    } catch (error) {
      if (!(error instanceof realm.RealmError) || error.code === 'E_INTERNAL') throw Object.assign(error, { bytes });
      tries[error.message] = (tries[error.message] ?? 0) + 1;
      if (tries[error.message] > TRIES) return null;
      const wrongKey = /metadata key '([^']+)'/.exec(error.message)?.[1];
      const missingKey = /key '([^']+)' is missing/.exec(error.message)?.[1];
      const [, name, extents] =
        /tensor '([^']+)' \(([^)]*)\) is missing/.exec(error.message) ??
        /tensor '([^']+)' has the shape [^;]*; expected (.*)$/.exec(error.message) ??
        [];
      const experts = `${architecture}.expert_count`;
      if (missingKey) metadata[missingKey] = valueOf(missingKey, shape, r);
      else if (error.message.includes('there are none') && !metadata[experts])
        for (const key of [experts, `${architecture}.expert_used_count`]) metadata[key] = valueOf(key, shape, r);
      else if (name) {
        const numbers = (/time_mix_w1/.test(name) ? `${shape.hidden} x ${5 * r.of([1, 3, 8])}` : extents)
          .replace(/rows|any shape|a matrix/, String(shape.vocab))
          .split(' x ')
          .map(Number);
        if (numbers.some((n) => !Number.isInteger(n) || n < 1) || numbers.reduce((a, b) => a * b, 1) > 1 << 20)
          return null;
        tensors[name] = tensor(numbers, r);
      } else if (wrongKey?.includes('.')) mend(metadata, tensors, wrongKey, error.message, shape, r);
      else return null;
    }
  }
  return null;
}

module.exports = { synthesise, parts };
