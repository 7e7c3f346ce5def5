'use strict';

// `npm run lint`: the parts that must agree, agree; then the linters and formatters of each language.
//
//   npm run lint             everything
//   npm run lint -- quick    without the formatters of other tools (eslint, tsc, prettier, dotnet format)

const path = require('node:path');
const { checkAbi } = require('./lint/abi');
const { checkCodes } = require('./lint/codes');
const { checkFamilies } = require('./lint/families');
const { checkFolders } = require('./lint/folders');
const { checkLayers } = require('./lint/layers');
const { checkSizes } = require('./lint/sizes');
const { checkBanned } = require('./lint/banned');
const { dotnetEnvironment } = require('./dotnet');
const { root, run, say, seconds } = require('./steps');

const CHECKS = {
  'the C ABI: header, C# exports, built libraries, shim, TypeScript': checkAbi,
  'error codes: C#, shim, TypeScript; versions': checkCodes,
  'folders call downwards only: managed/': checkFolders,
  'families are named in their recipes alone: managed/': checkFamilies,
  'folders use downwards only, no circles: js/': checkLayers,
  'sizes of files and methods': checkSizes,
  'words that must not stand anywhere': checkBanned,
};

const TOOLS = {
  tsc: [process.execPath, 'node_modules/typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json'],
  'tsc of the client': [
    process.execPath,
    'node_modules/typescript/bin/tsc',
    '--noEmit',
    '-p',
    'js/client/tsconfig.json',
  ],
  'tsc of what runs in pages too': [
    process.execPath,
    'node_modules/typescript/bin/tsc',
    '-p',
    'js/portable/tsconfig.json',
  ],
  eslint: [process.execPath, 'node_modules/eslint/bin/eslint.js', '--max-warnings=0', '.'],
  prettier: [process.execPath, 'node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'],
  'dotnet format': [
    'dotnet',
    'format',
    'whitespace',
    '.',
    '--folder',
    '--verify-no-changes',
    '--include',
    'managed',
    'test/managed',
    'test/conformance',
    '--verbosity',
    'quiet',
  ],
};

async function main() {
  const problems = [];
  for (const [name, check] of Object.entries(CHECKS)) {
    const found = check();
    say(`${found.length ? 'FAILED' : 'ok    '} ${name}`);
    problems.push(...found);
  }
  for (const problem of problems) say(`  ${problem}`);

  if (!process.argv.includes('quick')) {
    for (const [name, [program, ...args]] of Object.entries(TOOLS)) {
      const began = Date.now();
      const lines = [];
      const code = await run(program, args, {
        env: dotnetEnvironment(),
        cwd: path.resolve(root),
        onLine: (line) => lines.push(line),
      });
      say(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds(began)})`);
      if (code === 0) continue;
      for (const line of lines) say(`  ${line}`);
      problems.push(`${name} ended with ${code}`);
    }
  }
  if (problems.length) {
    say(`\n${problems.length} problems`);
    process.exitCode = 1;
  }
}

main();
