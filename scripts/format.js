'use strict';

// `npm run format`: what `npm run lint` would complain about in the shape of the text, put right.

const { dotnetEnvironment } = require('./dotnet');
const { run } = require('./steps');

async function main() {
  await run(process.execPath, ['node_modules/prettier/bin/prettier.cjs', '--write', '--log-level=warn', '.']);
  await run(
    'dotnet',
    ['format', 'whitespace', '.', '--folder', '--include', 'managed', 'test/managed', 'test/conformance'],
    {
      env: dotnetEnvironment(),
    },
  );
}

main();
