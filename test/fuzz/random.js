'use strict';

/** Numbers of a seed (mulberry32): below(n), one of a list, a chance. */
function random(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  const below = (n) => next() % n;
  return { next, below, of: (list) => list[below(list.length)], chance: (percent) => below(100) < percent };
}

module.exports = { random };
