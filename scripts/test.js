'use strict';

// All tests: builds what is not up to date, runs the engine's own tests (xunit; on x64 with AVX-512 a second time without
// it, so that both vector widths are tried), then the package's (Jest), and sums up. The last line is `N passed, N failed`.
//
//   npm test                     everything
//   npm test -- xunit            only the engine's
//   npm test -- jest [pattern]   only the package's

const fs = require('node:fs');
const path = require('node:path');
const { build, cold } = require('./build');
const { dotnetEnvironment } = require('./dotnet');
const { root, files, alone, isCurrent, perform, run, must, say, seconds } = require('./steps');

const PROJECT = 'test/managed/Realm.Tests.csproj';
const ASSEMBLY = 'build/tests/bin/Release/net10.0/Realm.Tests.dll';

/** What a suite counts: { passed, failed: [names], skipped: [names with the reason] }. */
const counted = (passed = 0, failed = [], skipped = []) => ({ passed, failed, skipped });

const unescape = (xml) =>
  xml.replace(/&(quot|apos|lt|gt|amp|#x?[0-9a-f]+);/gi, (whole, name) => {
    const named = { quot: '"', apos: "'", lt: '<', gt: '>', amp: '&' }[name];
    return named ?? String.fromCodePoint(name[1] === 'x' ? parseInt(name.slice(2), 16) : parseInt(name.slice(1), 10));
  });

/** A .trx file of `dotnet test`. */
function readTrx(file, suite) {
  const result = counted();
  const text = fs.readFileSync(file, 'utf8');
  for (const [, attributes, , body = ''] of text.matchAll(
    /<UnitTestResult\b([^>]*?)(\/>|>([\s\S]*?)<\/UnitTestResult>)/g,
  )) {
    const name = `${suite}: ${unescape(/testName="([^"]*)"/.exec(attributes)[1])}`;
    const outcome = /outcome="([^"]*)"/.exec(attributes)?.[1];
    const why = unescape(
      /<Message>([\s\S]*?)<\/Message>/.exec(body)?.[1] ?? /<StdOut>([\s\S]*?)<\/StdOut>/.exec(body)?.[1] ?? '',
    );
    if (outcome === 'Passed') result.passed++;
    else if (outcome === 'NotExecuted') result.skipped.push(why ? `${name} (${why.trim()})` : name);
    else result.failed.push(name);
  }
  return result;
}

async function buildEngineTests() {
  const args = ['build', PROJECT, '-c', 'Release', '--nologo', '-nodeReuse:false', '-p:UseSharedCompilation=false'];
  const step = {
    name: 'engine tests',
    inputs: [...files('managed', '.cs'), ...files('test/managed', '.cs'), PROJECT],
    outputs: [ASSEMBLY],
    work: () => must('engine tests', 'dotnet', args, { env: dotnetEnvironment() }),
  };
  await alone(async () => {
    if (!isCurrent(step)) await perform(step);
  });
}

async function engineTests(suite, env) {
  const began = Date.now();
  say(`\n${suite} ...`);
  const results = path.join(root, 'build/tests/results');
  const trx = path.join(results, `${suite.replace(/[^a-z0-9]+/gi, '-')}.trx`);
  fs.mkdirSync(results, { recursive: true });
  fs.rmSync(trx, { force: true });
  const lines = [];
  const alive = setInterval(() => say(`    ... ${Math.round((Date.now() - began) / 1000)} s`), 30_000);
  const args = ['test', PROJECT, '-c', 'Release', '--no-build', '--nologo', '--logger', `trx;LogFileName=${trx}`];
  const code = await run('dotnet', args, {
    env: { ...dotnetEnvironment(), ...env },
    onLine: (line) => lines.push(line),
  });
  clearInterval(alive);
  if (code !== 0) say(lines.join('\n'));
  if (!fs.existsSync(trx)) return counted(0, [`${suite}: dotnet test ended with ${code} and no results`]);
  const result = readTrx(trx, suite);
  if (code !== 0 && result.failed.length === 0) result.failed.push(`${suite}: dotnet test ended with ${code}`);
  say(`${suite}: ${result.passed} passed, ${result.failed.length} failed in ${seconds(began)}`);
  return result;
}

async function packageTests(patterns) {
  const suite = 'jest';
  const file = path.join(root, 'build/tests/jest.json');
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.rmSync(file, { force: true });
  say('\nthe package (jest) ...');
  // A test that failed may have left a server open, for which Jest would wait for ever.
  const args = [
    'node_modules/jest/bin/jest.js',
    '--forceExit',
    '--json',
    `--outputFile=${file}`,
    '--verbose',
    ...patterns,
  ];
  const code = await run(process.execPath, args, { env: { CI: process.env.CI ?? '' }, onLine: quietJson });
  if (!fs.existsSync(file)) return counted(0, [`${suite}: ended with ${code} and no results`]);
  const result = counted();
  for (const { name, message, assertionResults } of JSON.parse(fs.readFileSync(file, 'utf8')).testResults) {
    const where = path.relative(root, name);
    if (assertionResults.length === 0 && message) result.failed.push(`${where}: could not run`);
    for (const { status, fullName } of assertionResults) {
      if (status === 'passed') result.passed++;
      else if (status === 'failed') result.failed.push(`${where}: ${fullName}`);
      else result.skipped.push(`${where}: ${fullName}`);
    }
  }
  if (code !== 0 && result.failed.length === 0) result.failed.push(`${suite}: ended with ${code}`);
  return result;
}

/** With --json Jest also prints the results as one long line: everything but that is for people. */
function quietJson(line) {
  if (!line.startsWith('{"num')) say(line);
}

function hasAvx512() {
  return (
    process.platform === 'linux' &&
    process.arch === 'x64' &&
    /\bavx512bw\b/.test(fs.readFileSync('/proc/cpuinfo', 'utf8'))
  );
}

async function main() {
  const [only, ...patterns] = process.argv.slice(2);
  if (only && !['xunit', 'jest'].includes(only)) throw new Error(`npm test takes xunit or jest, not ${only}`);
  if (cold()) say('Building Realm. The first time takes a few minutes.');
  await build([]);

  const results = [];
  if (only !== 'jest') {
    try {
      await buildEngineTests();
      results.push(await engineTests('xunit', {}));
      if (hasAvx512()) results.push(await engineTests('xunit without AVX-512', { DOTNET_EnableAVX512: '0' }));
      else results.push(counted(0, [], ['xunit without AVX-512 (this processor has none: the first run was that)']));
    } catch (error) {
      say(`\n${error.message}`);
      results.push(counted(0, ['xunit: could not be built']));
    }
  }
  if (only !== 'xunit') results.push(await packageTests(patterns));

  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failed = results.flatMap((result) => result.failed);
  const skipped = results.flatMap((result) => result.skipped);
  if (skipped.length) say(`\nCould not run here:\n${skipped.map((name) => `  - ${name}`).join('\n')}`);
  if (failed.length) say(`\nFailed:\n${failed.map((name) => `  - ${name}`).join('\n')}`);
  if (passed + failed.length === 0) failed.push('no test ran');
  say(`\n${passed} passed, ${failed.length} failed${skipped.length ? `, ${skipped.length} skipped` : ''}`);
  if (failed.length) process.exitCode = 1;
}

main().catch((error) => {
  process.stderr.write(`\n${error.message}\n`);
  say('\n0 passed, 1 failed');
  process.exitCode = 1;
});
