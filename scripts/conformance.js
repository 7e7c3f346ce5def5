'use strict';

// Every model of the reference data through the engine (test/conformance), compiled first if it is not up to date.
//
//   npm run conformance                        all of them, in every way
//   npm run conformance -- --quick qwen        those with `qwen` in their name, as a whole only
//   npm run conformance -- --layers archs/     how far each layer is, where the reference has them
//   npm run conformance -- --record            takes those that are right into test/conformance/passing.txt
//
// The program alone starts sooner: dotnet build/conformance/bin/Release/net10.0/conformance.dll [the same arguments]

const { dotnetEnvironment } = require('./dotnet');
const { files, alone, isCurrent, perform, run, must } = require('./steps');

const PROJECT = 'test/conformance/Conformance.csproj';
const PROGRAM = 'build/conformance/bin/Release/net10.0/conformance.dll';

const step = {
  name: 'conformance',
  inputs: [...files('managed', '.cs'), ...files('test/managed', '.cs'), ...files('test/conformance', '.cs', '.csproj')],
  outputs: [PROGRAM],
  work: () =>
    must(
      step.name,
      'dotnet',
      ['build', PROJECT, '-c', 'Release', '--nologo', '-nodeReuse:false', '-p:UseSharedCompilation=false'],
      { env: dotnetEnvironment() },
    ),
};

async function main() {
  await alone(async () => {
    if (!isCurrent(step)) await perform(step);
  });
  process.exitCode = await run('dotnet', [PROGRAM, ...process.argv.slice(2)], { env: dotnetEnvironment() });
}

main().catch((error) => {
  process.stderr.write(`\n${error.message}\n`);
  process.exitCode = 1;
});
