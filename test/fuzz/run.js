'use strict';

// `npm run fuzz -- [--minutes N] [--seed N] [--only KIND]`: tries cases until the time is over, and prints what went wrong, with the seed that does it again:
// `npm run fuzz -- --seed N --minutes 0`. A find becomes a row of test/hostile.

const path = require('node:path');
const { watched } = require('../hostile/watched');

const HANG = 30_000;
const SLOW = 10_000;

function option(name, otherwise) {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : process.argv[at + 1];
}

async function main() {
  const minutes = Number(option('minutes', 1));
  const only = option('only');
  let seed = Number(option('seed', Date.now() % 1e9));
  const began = Date.now();
  const until = began + Math.max(minutes * 60, 1) * 1000;
  const outcomes = {};
  const finds = [];
  let cases = 0;
  while (Date.now() < until) {
    let current = { seed };
    // A new process now and then: what grows is seen by the system, what is left over is not carried on.
    const args = [seed, Math.min(60, (until - Date.now()) / 1000), ...(only ? [only] : [])];
    const end = await watched(path.join(__dirname, 'child.js'), args, HANG, (news) => {
      current = news;
      if (news.outcome !== undefined || news.defect) cases++;
      if (news.outcome !== undefined) {
        const name = `${news.kind}: ${news.outcome}`;
        outcomes[name] = (outcomes[name] ?? 0) + 1;
        if (news.time > SLOW) finds.push({ ...news, defect: `takes ${Math.round(news.time)} ms` });
      }
      if (news.defect) finds.push(news);
    });
    if (end.hung || end.code !== 0)
      finds.push({
        ...current,
        defect: end.hung ? 'hangs' : `crash ${end.signal ?? end.code} ${end.stderr.slice(-800)}`,
      });
    seed = current.seed + 1;
    if (minutes === 0) break;
  }
  for (const [name, count] of Object.entries(outcomes).sort()) console.log(`  ${count} ${name}`);
  for (const { seed: of, kind, defect } of finds) console.log(`FIND seed ${of} (${kind}): ${defect}`);
  const seconds = (Date.now() - began) / 1000;
  console.log(
    `${cases} cases in ${Math.round(seconds)} s (${(cases / seconds).toFixed(1)} a second), ${finds.length} finds`,
  );
  process.exitCode = finds.length > 0 ? 1 : 0;
}

main();
