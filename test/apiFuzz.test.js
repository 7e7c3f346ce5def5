'use strict';

// Calls of every public function with anything at all: a sample of what `npm run fuzz` goes on with.

const { spawnSync } = require('node:child_process');
const path = require('node:path');

test.each([1, 2, 3])('seed %i: results and errors with a code, nothing else', (seed) => {
  const { stdout, stderr, status, signal } = spawnSync(
    process.execPath,
    ['--expose-gc', path.join(__dirname, 'hostile/api.js'), seed, 250],
    { encoding: 'utf8', timeout: 50_000 },
  );
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: expect.any(String) });
  const { results, errors, findings } = JSON.parse(stdout);
  expect(findings).toEqual([]);
  expect(results).toBeGreaterThan(15);
  expect(errors.E_INVALID_ARGUMENT).toBeGreaterThan(50);
});
