'use strict';

/** Numbers from 0 up to (not including) `below`, that a seed fixes. */
function randomOf(seed) {
  let state = Math.imul(seed + 1, 2654435761) >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

module.exports = { randomOf };
