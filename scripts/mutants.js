'use strict';

// `npm run mutants [-- PATTERN]`: takes one check at a time out of the engine (scripts/mutants.json) and sees that a test goes red. In a work tree of
// its own (build/mutants) of what is committed; a build and a run of tests each, so it takes a minute a row.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');
const tree = path.join(root, 'build/mutants');
const project = 'test/managed/Realm.Tests.csproj';

function run(program, args, cwd) {
  const result = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: {
      ...process.env,
      REALM_GOLDEN: process.env.REALM_GOLDEN ?? path.join(root, '../shared/golden'),
      REALM_MODELS: process.env.REALM_MODELS ?? path.join(root, '../shared/models'),
    },
  });
  if (result.error) throw result.error;
  return { ok: result.status === 0, output: result.stdout + result.stderr };
}

function must(program, args, cwd) {
  const { ok, output } = run(program, args, cwd);
  if (!ok) throw new Error(`${program} ${args.join(' ')} failed:\n${output.slice(-2000)}`);
}

/** 'red' as it should be, or what else came. */
function outcome({ file, take, put = '', tests }) {
  const at = path.join(tree, file);
  const before = fs.readFileSync(at, 'utf8');
  const parts = before.split(take);
  if (parts.length !== 2) return `the text to take out is there ${parts.length - 1} times`;
  fs.writeFileSync(at, parts.join(put));
  try {
    const built = run('dotnet', ['build', project, '-c', 'Release', '--nologo', '-nodeReuse:false', '-v', 'q'], tree);
    if (!built.ok) return `does not compile: ${/error [^\n]*/.exec(built.output)?.[0] ?? built.output.slice(-300)}`;
    const filter = tests.map((test) => `FullyQualifiedName~${test}`).join('|');
    const tested = run(
      'dotnet',
      ['test', project, '-c', 'Release', '--no-build', '--nologo', '--filter', filter],
      tree,
    );
    if (!/Total tests|Passed:|Failed:|aborted/i.test(tested.output)) return 'no test of that name ran';
    return tested.ok ? 'GREEN: nobody noticed' : 'red';
  } finally {
    fs.writeFileSync(at, before);
  }
}

function main(pattern) {
  const mutants = JSON.parse(fs.readFileSync(path.join(__dirname, 'mutants.json'), 'utf8'));
  const chosen = mutants.filter(({ file, what }) => !pattern || `${file} ${what}`.includes(pattern));
  run('git', ['worktree', 'remove', '--force', tree], root);
  must('git', ['worktree', 'add', '--detach', tree, 'HEAD'], root);
  let green = 0;
  try {
    for (const mutant of chosen) {
      const came = outcome(mutant);
      if (came !== 'red') green++;
      console.log(`${came}  ${mutant.file}: ${mutant.what}`);
    }
  } finally {
    run('git', ['worktree', 'remove', '--force', tree], root);
  }
  console.log(`${chosen.length} checks taken out, ${chosen.length - green} noticed`);
  process.exitCode = green === 0 && chosen.length > 0 ? 0 : 1;
}

main(process.argv[2]);
