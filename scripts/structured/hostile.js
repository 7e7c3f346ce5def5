'use strict';

// Formats that are wrong or ask for too much: each ends in an error, soon, and timers are on time meanwhile.

const path = require('node:path');
const { monitorEventLoopDelay } = require('node:perf_hooks');
const { root } = require('../steps');

async function hostile(model) {
  const formats = require(path.join(root, 'test/fixtures/hostileFormats'));
  const seen = { formats: formats.length, taken: 0, longest: 0 };
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  for (const format of formats) {
    const begin = process.hrtime.bigint();
    await model.compileFormat(format).then(
      () => seen.taken++,
      () => {},
    );
    seen.longest = Math.max(seen.longest, Number(process.hrtime.bigint() - begin) / 1e6);
  }
  delay.disable();
  // What a timer of a millisecond waits anyway is not counted.
  return { ...seen, loopP99: delay.percentile(99) / 1e6 - 1, loopMax: delay.max / 1e6 - 1 };
}

module.exports = { hostile };
