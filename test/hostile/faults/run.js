'use strict';

// `npm run faults`: all failures of all kinds, one after the other, once and lasting. `npm run faults -- KIND [WORK]`: only these.
// Prints a line for each kind and piece of work; exits 1 when there was a crash, a hang, or an error without a code.

const { KINDS, clean, inject, injectStart, shim } = require('./inject');
const { WORKS } = require('./work');

async function main([kind, only]) {
  if (!shim()) throw new Error('there is no C compiler (cc)');
  let bad = 0;
  let all = 0;
  const report = (what, { injections, codes, findings }) => {
    all += injections;
    bad += findings.length;
    console.log(`${what}: ${injections} injections, ${[...codes].map(([code, n]) => `${code} ${n}`).join(', ')}`);
    for (const finding of findings) console.log(`  FOUND ${finding}`);
  };
  for (const each of kind ? [kind] : Object.keys(KINDS))
    for (const lasts of [false, true]) {
      if (each !== 'mmap' && (!only || only === 'start'))
        report(`${each}${lasts ? ' from' : ''}, start`, await injectStart({ kind: each, lasts }));
      for (const work of only ? WORKS.filter((name) => name === only) : WORKS)
        report(`${each}${lasts ? ' from' : ''}, ${work}`, await inject({ kind: each, lasts, work }));
    }
  console.log(`${all} injections, ${bad} findings`);
  process.exitCode = bad ? 1 : 0;
}
main(process.argv.slice(2)).finally(clean);
