'use strict';

// The files of the corpus are changes of one small model: its parts, and how they become bytes.

const { gguf, noise, tinyLlama } = require('../fixtures/gguf');
const { byteVocabulary } = require('../fixtures/vocabulary');

const VOCAB = 258;
const HIDDEN = 32;
const TEMPLATE = "{% for message in messages %}<a>{{ message['role'] }}: {{ message['content'] }}{% endfor %}<b>";

const tokenizer = () => byteVocabulary(['<a>', '<b>']);

/** Metadata { key: [type, value] } of a whole model. */
const facts = () => ({
  'tokenizer.chat_template': ['string', TEMPLATE],
  'llama.rope.freq_base': ['f32', 10000],
  'llama.attention.key_length': ['u32', 16],
  'llama.attention.value_length': ['u32', 16],
  ...tokenizer(),
});

/** The model with metadata set (`null` takes an entry away), tensors left out or put in. */
function file({ set = {}, without = [], others = {}, vocab = VOCAB, hidden = HIDDEN, alignment } = {}) {
  return tinyLlama({ vocab, hidden, metadata: { ...facts(), ...set }, without, others, alignment });
}

/** A copy with bytes put at a place. */
function patched(bytes, at, patch) {
  const copy = Buffer.from(bytes);
  copy.set(patch, at);
  return copy;
}

const u32 = (value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
};
const u64 = (value) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
  return bytes;
};
const text = (value) => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);

/** Where bytes stand in others; an error where they do not. */
function place(bytes, what, after = 0) {
  const at = bytes.indexOf(what, after);
  if (at < 0) throw new Error(`${String(what)} is not in the file`);
  return at;
}

/** The model with the value of a metadata entry overwritten: `at` bytes behind its type. */
function withValue(key, patch, at = 0) {
  const bytes = file();
  return patched(bytes, place(bytes, text(key)) + text(key).length + 4 + at, patch);
}

/** The model with the type of a metadata entry overwritten. */
function withType(key, type) {
  const bytes = file();
  return patched(bytes, place(bytes, text(key)) + text(key).length, u32(type));
}

/** The model with a number of a tensor's entry overwritten: 'dimensions', an extent by its index, 'type', 'offset'. */
function withInfo(name, field, value) {
  const bytes = file();
  const at = place(bytes, text(name), 2000) + text(name).length;
  const dimensions = bytes.readUInt32LE(at);
  if (field === 'dimensions') return patched(bytes, at, u32(value));
  if (field === 'type') return patched(bytes, at + 4 + 8 * dimensions, u32(value));
  if (field === 'offset') return patched(bytes, at + 8 + 8 * dimensions, u64(value));
  return patched(bytes, at + 4 + 8 * field, u64(value));
}

const matrix = (columns, rows, seed = 9) => ({ shape: [columns, rows], values: noise(columns * rows, seed) });

/** An adapter for the model. */
function adapter({ set = {}, without = [], others = {}, rank = 2 } = {}) {
  const metadata = {
    'general.architecture': ['string', 'llama'],
    'general.type': ['string', 'adapter'],
    'adapter.type': ['string', 'lora'],
    'adapter.lora.alpha': ['f32', 2],
    ...set,
  };
  const tensors = {
    'blk.0.attn_q.weight.lora_a': matrix(HIDDEN, rank),
    'blk.0.attn_q.weight.lora_b': matrix(rank, HIDDEN),
    ...others,
  };
  for (const key of Object.keys(metadata)) if (metadata[key] === null) delete metadata[key];
  for (const name of without) delete tensors[name];
  return gguf(metadata, tensors);
}

module.exports = {
  VOCAB,
  HIDDEN,
  TEMPLATE,
  file,
  facts,
  patched,
  withValue,
  withType,
  withInfo,
  place,
  matrix,
  adapter,
  u32,
  u64,
  text,
  gguf,
  noise,
};
