'use strict';

// How checks are found and switched for `npm run mutants`; and that those which are written down are still there.

const { allRows, conditionsThatThrow, span, withRows } = require('../scripts/mutants/rows');

const conditions = (text) => conditionsThatThrow(text).map(({ condition }) => condition);

test('every if that throws is a check', () => {
  expect(conditions('if (a > b) throw x;')).toEqual(['a > b']);
  expect(conditions('if (f(")", \'(\')\n    && b)\n{\n    throw x;\n}')).toEqual(['f(")", \'(\')\n    && b']);
  expect(conditions('if (a) return; if (b) throw x; else throw y;')).toEqual(['b']);
  expect(conditions('if (a)\n{\n    // Why.\n    At = 3;\n    throw x;\n} if (b) { f(); if (c) throw x; }')).toEqual([
    'a',
    'c',
  ]);
  // What the rest of the code needs a value of cannot be left out.
  expect(conditions('if (a is not { } b) throw x;')).toEqual([]);
  expect(conditions('if (!a || !b.TryGet(out c)) throw x;')).toEqual([]);
});

test('a check is switched where it stands', () => {
  const file = 'managed/A.cs';
  const rows = (text, ...list) =>
    list.map((row, i) => ({ file, number: i + 1, ...row, ...span(text, { file, ...row }) }));
  const text = 'if (a > b || c) throw x; Check(); return;';
  expect(
    withRows(
      text,
      rows(
        text,
        { take: '‹a > b› ||', put: 'false' },
        { take: '‹a > b› ||', put: 'a > 2' },
        { take: '‹Check();› return' },
      ),
    ),
  ).toBe(
    'if ((global::Realm.Mutation.Out(2) ? (a > 2) : (((a > b) && !global::Realm.Mutation.Out(1)))) || c) throw x; ' +
      'if (global::Realm.Mutation.Out(3)) {  } else { Check(); } return;',
  );
  expect(() => withRows(text, rows(text, { take: '‹a > b›' }, { take: '‹a > b || c›' }))).toThrow('overlap');
  expect(() => span(text, { file, what: 'x', take: 'd' })).toThrow('is there 0 times');
});

test('the checks of the tree, each once', () => {
  const rows = allRows();
  expect(rows.length).toBeGreaterThan(300);
  expect(new Set(rows.map(({ file, start, put }) => `${file} ${start} ${put}`)).size).toBe(rows.length);
});
