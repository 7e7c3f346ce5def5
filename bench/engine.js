'use strict';

// Parts of the engine in a program of their own (bench/engine), for each instruction set compiled as the engine is.

const { execFileSync } = require('node:child_process');
const path = require('node:path');
const { ENGINES, RID } = require('../scripts/build');
const { publish } = require('../scripts/dotnet');
const { root, files, isCurrent, perform } = require('../scripts/steps');

/** Names of the instruction sets for people. */
const NAMES = { avx512: 'AVX-512', v3: 'AVX2', plain: 'plain' };

/** Builds the program where it is not up to date. */
async function programFor(isa) {
  const at = `build/bench/engine-${isa}`;
  const properties = { IlcInstructionSet: ENGINES[isa].ilc };
  const step = {
    name: `engine for the benchmark ${isa}`,
    inputs: [
      ...files('managed', '.cs'),
      ...files('bench/engine', '.cs', '.csproj'),
      'test/managed/Grammars/SchemaOrder.cs',
    ],
    outputs: [`${at}/publish/engine`],
    extra: [ENGINES[isa].ilc, RID],
    work: () => publish(step.name, 'bench/engine/Engine.csproj', { rid: RID, at, properties }),
  };
  if (!isCurrent(step)) await perform(step);
  return path.join(root, at, 'publish/engine');
}

/** What the program prints: its lines, in fields. */
async function runEngine(isa, ...args) {
  const text = execFileSync(await programFor(isa), args, { encoding: 'utf8' });
  return text
    .trim()
    .split('\n')
    .map((line) => line.split('|'));
}

module.exports = { NAMES, runEngine };
