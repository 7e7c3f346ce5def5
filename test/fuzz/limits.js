'use strict';

// A model of any architecture, with one to three of its own keys at a limit, or of another type: what its recipe multiplies, divides by and allocates.

const { gguf } = require('../fixtures/gguf');
const { parts } = require('./geometry');

const UNSIGNED = [
  0,
  1,
  2,
  3,
  5,
  7,
  15,
  17,
  255,
  4097,
  65535,
  65536,
  65537,
  1048575,
  1048576,
  1048577,
  46341,
  2 ** 24,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
];
const LONG = [
  0n,
  1n,
  2n ** 31n,
  2n ** 32n,
  2n ** 32n + 1n,
  2n ** 33n,
  2n ** 62n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];
const REAL = [0, -0, -1, 1e-45, 1e-30, 3.4e38, NaN, Infinity, -Infinity];
const WORDS = ['', 'none', 'linear', 'yarn', 'longrope', 'su', 'relu', '\u0000', 'x'.repeat(5000)];

/** Another value of a key that had `type`. */
function limit([type, value], r) {
  const other = r.below(8);
  if (other === 0) return ['u64', r.of(LONG)];
  if (other === 1) return ['i32', r.of([-1, -2, -(2 ** 31), 2 ** 31 - 1])];
  if (other === 2) return ['[u32]', Array.from({ length: r.of([0, 1, 2, 3, 4, 5, 64]) }, () => r.of(UNSIGNED))];
  if (other === 3)
    return r.of([
      ['string', r.of(WORDS)],
      ['bool', r.chance(50)],
      ['f32', r.of(REAL)],
      ['[f32]', [r.of(REAL)]],
    ]);
  if (type === 'f32') return ['f32', r.of(REAL)];
  if (type === 'string') return ['string', r.of(WORDS)];
  return [
    'u32',
    r.chance(50) ? r.of(UNSIGNED) : Math.min(2 ** 32 - 1, Math.max(0, Number(value) + r.of([-1, 1, 2, 1 << 16]))),
  ];
}

/** The bytes of such a model; `null` where none could be made. */
function atLimits(r, architecture) {
  const made = parts(r, architecture);
  if (!made) return null;
  const { metadata, tensors } = made;
  const keys = Object.keys(metadata).filter((key) => key.startsWith(`${architecture}.`));
  if (keys.length === 0) return null;
  for (let i = 0; i < 1 + r.below(3); i++) {
    const key = r.of(keys);
    metadata[key] = limit(metadata[key], r);
  }
  return gguf(metadata, tensors);
}

module.exports = { atLimits };
