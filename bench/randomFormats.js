'use strict';

// Random blocks of each weight format: all bits at random, but for the scales, which are set so that a weight has the standard
// deviation that is asked for. Block layouts are GGML's (ggml-common.h).

/** Half precision of a small positive number, nearest. */
function half(value) {
  const SMALLEST_NORMAL = 2 ** -14;
  if (value < SMALLEST_NORMAL) return Math.round(value * 2 ** 24);
  const exponent = Math.floor(Math.log2(value));
  return ((exponent + 15) << 10) + Math.round((value / 2 ** exponent - 1) * 1024);
}

/** A number of 4 bits of exponent (bias 7) and 3 of mantissa, nearest; at least the smallest one. */
function smallFloat(value) {
  const SMALLEST_NORMAL = 2 ** -6;
  if (value < SMALLEST_NORMAL) return Math.max(1, Math.round(value * 2 ** 9));
  const exponent = Math.floor(Math.log2(value));
  return ((exponent + 7) << 3) + Math.round((value / 2 ** exponent - 1) * 8);
}

/** A block with half-precision scales: `spread` is the deviation of a weight at scale 1; `scales`: [offset, factor] of each. */
const scaled = (id, elements, bytes, spread, ...scales) => ({
  id,
  elements,
  bytes,
  set(view, at, deviation) {
    for (const [offset, factor] of scales) {
      const value = (deviation / spread) * Math.abs(factor);
      view.setUint16(at + offset, half(value) | (factor < 0 ? 0x8000 : 0), true);
    }
  },
});

/** A format without a block: each element is written from a random number between -1 and 1. */
const single = (id, bytes, put) => ({
  id,
  elements: 1,
  bytes,
  set(view, at, deviation) {
    const uniform = (view.getUint8(at) + 0.5) / 128 - 1;
    put(view, at, uniform * Math.sqrt(3) * deviation);
  },
});

const asBits = new DataView(new ArrayBuffer(4));
function floatBits(value) {
  asBits.setFloat32(0, value);
  return asBits.getUint32(0);
}

// Spreads follow from uniform bits: n values in steps of one have the variance (n^2 - 1) / 12, products multiply second moments.
// A minimum's factor centres the weights: half the range of the quants.
const FORMATS = {
  F32: single(0, 4, (view, at, value) => view.setFloat32(at, value, true)),
  F16: single(1, 2, (view, at, value) => view.setUint16(at, half(Math.abs(value)) | (value < 0 ? 0x8000 : 0), true)),
  BF16: single(30, 2, (view, at, value) => view.setUint16(at, floatBits(value) >>> 16, true)),
  Q4_0: scaled(2, 32, 18, 4.61, [0, 1]),
  Q4_1: scaled(3, 32, 20, 4.61, [0, 1], [2, -7.5]),
  Q5_0: scaled(6, 32, 22, 9.23, [0, 1]),
  Q5_1: scaled(7, 32, 24, 9.23, [0, 1], [2, -15.5]),
  Q8_0: scaled(8, 32, 34, 73.9, [0, 1]),
  Q2_K: scaled(10, 256, 84, 13.9, [80, 1], [82, 1.5]),
  Q3_K: scaled(11, 256, 110, 43.3, [108, 1]),
  Q4_K: scaled(12, 256, 144, 258, [0, 1], [2, 7.5]),
  Q5_K: scaled(13, 256, 176, 527, [0, 1], [2, 15.5]),
  Q6_K: scaled(14, 256, 210, 1366, [208, 1]),
  IQ2_XXS: scaled(16, 256, 66, 60, [0, 1]),
  IQ2_XS: scaled(17, 256, 74, 60, [0, 1]),
  IQ3_XXS: scaled(18, 256, 98, 150, [0, 1]),
  IQ1_S: scaled(19, 256, 50, 8, [0, 1]),
  IQ4_NL: scaled(20, 32, 18, 67.4, [0, 1]),
  IQ3_S: scaled(21, 256, 110, 150, [0, 1]),
  IQ2_S: scaled(22, 256, 82, 60, [0, 1]),
  IQ4_XS: scaled(23, 256, 136, 1246, [0, 1]),
  TQ1_0: scaled(34, 256, 54, 0.82, [52, 1]),
  TQ2_0: scaled(35, 256, 66, 1.12, [64, 1]),
  // The scale is spread over the upper 4 bits of four numbers of 16.
  IQ1_M: {
    id: 29,
    elements: 256,
    bytes: 56,
    set(view, at, deviation) {
      const scale = half(deviation / 8);
      for (let i = 0; i < 4; i++) {
        const number = at + 48 + 2 * i;
        const nibble = (scale >> (4 * i)) & 15;
        view.setUint16(number, (view.getUint16(number, true) & 0xfff) | (nibble << 12), true);
      }
    },
  },
  // One byte: the exponent of a power of two. Its values at scale 1 have the deviation 2.93.
  MXFP4: {
    id: 39,
    elements: 32,
    bytes: 17,
    set: (view, at, deviation) => view.setUint8(at, 127 + Math.round(Math.log2(deviation / 2.93))),
  },
  // Four scales, each a byte with 4 bits of exponent and 3 of mantissa.
  NVFP4: {
    id: 40,
    elements: 64,
    bytes: 36,
    set(view, at, deviation) {
      for (let i = 0; i < 4; i++) view.setUint8(at + i, smallFloat(deviation / 2.93));
    },
  },
  Q1_0: scaled(41, 128, 18, 1, [0, 1]),
  Q2_0: scaled(42, 64, 18, 1.12, [0, 1]),
};

/** Integers that look random; the same for a seed. (xorshift32, Marsaglia 2003) */
function randomWords(words, seed) {
  let state = (Math.imul(seed, 2654435761) ^ 0x9e3779b9) >>> 0 || 1;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
}

/** How many bytes a pool holds at most; larger tensors repeat it. */
const POOL_BYTES = 4 << 20;

/** A buffer of whole random blocks of a format whose weights have that standard deviation. */
function randomBlocks(format, deviation, seed, atMost = Infinity) {
  // An odd number, so that rows do not repeat where a tensor repeats the pool.
  const blocks = Math.min(atMost, Math.floor(POOL_BYTES / format.bytes) | 1);
  const words = new Uint32Array(Math.ceil((blocks * format.bytes) / 4));
  randomWords(words, seed);
  const view = new DataView(words.buffer);
  for (let block = 0; block < blocks; block++) format.set(view, block * format.bytes, deviation);
  return Buffer.from(words.buffer, 0, blocks * format.bytes);
}

module.exports = { FORMATS, randomBlocks };
