'use strict';

const { checkFamilies } = require('../scripts/lint/families');
const { checkLayers } = require('../scripts/lint/layers');

// The check of js/'s folders finds what it is there for.

const good = {
  'js/index.ts': "export { a } from './engine/a';\nexport type { B } from './model/b';\n",
  'js/engine/a.ts': "import { e } from '../portable/e';\nexport const a = e;\n",
  'js/model/b.ts': "import { a } from '../engine/a';\nexport type B = typeof a;\n",
  'js/portable/e.ts': 'export const e = 1;\n',
  'js/client/c.mts': "import { e } from '../portable/e.js';\nexport const c = e;\n",
};
const problems = (changed) => checkLayers(new Map(Object.entries({ ...good, ...changed })));

test('the folders as they are', () => {
  expect(checkLayers()).toEqual([]);
  expect(problems({})).toEqual([]);
});

test.each([
  ['upwards', { 'js/engine/up.ts': "import type { B } from '../model/b';\n" }, /engine\/up\.ts: uses model/],
  ['sideways', { 'js/serve/s.ts': "import { w } from '../wasm/w';\n", 'js/wasm/w.ts': '' }, /serve\/s\.ts: uses wasm/],
  [
    'the public part from below',
    { 'js/model/i.ts': "import { a } from '../index';\n" },
    /model\/i\.ts: uses index\.ts/,
  ],
  ['a page', { 'js/client/d.mts': "import { a } from '../engine/a.js';\n" }, /client\/d\.mts: uses engine; client may/],
  ['an import in a function', { 'js/engine/up.ts': "const b = import('../model/b');\n" }, /uses model/],
  ['a folder that nobody knows', { 'js/misc/m.ts': '' }, /misc has no place/],
  ['a file that is not there', { 'js/engine/n.ts': "export * from './nothing';\n" }, /does not find/],
  ['code in index.ts', { 'js/index.ts': `${good['js/index.ts']}export const x = 1;\n` }, /only re-exports; .*const x/],
  [
    'a circle, of types too',
    { 'js/model/x.ts': "import type { Y } from './y';\n", 'js/model/y.ts': "import { X } from './x';\n" },
    /need each other: js\/model\/x\.ts -> js\/model\/y\.ts -> js\/model\/x\.ts/,
  ],
])('%s', (_, changed, expected) => {
  const found = problems(changed);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(expected);
});

test('a name of a family outside its recipe', () => {
  const recipe =
    'internal static class Otter\n{\n    public static Architecture Family { get; } = new("otter2", Build);\n}\n';
  const trial = (file, text) =>
    checkFamilies(new Map([['managed/Architectures/Otter2.cs', recipe], ...(file ? [[file, text]] : [])]));
  expect(checkFamilies()).toEqual([]);
  expect(trial()).toEqual([]);
  expect(trial('managed/Branches/Attention.cs', '// As "otter2" has it.\nbool x = name == "otter";\n')).toEqual([]);
  expect(trial('managed/Branches/Attention.cs', 'bool windows = name == "otter-2";\n')).toEqual([
    'managed/Branches/Attention.cs: names the family "otter-2" (of managed/Architectures/Otter2.cs)',
  ]);
});
