'use strict';

// js/guest/realm.wit against interface Host of js/guest/typed/functions.ts, as the TypeScript compiler sees it: every function but the `Into`
// forms (a list in WIT is a copy), names, parameters, types.

const fs = require('node:fs');
const path = require('node:path');
const ts = require('typescript');
const { root } = require('./fixtures/places');

const camel = (name) => name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
const TYPES = {
  string: 'string',
  u32: 'number',
  f32: 'number',
  u64: 'number | bigint',
  'list<u8>': 'Uint8Array',
  'list<u32>': 'TokenIds',
  'list<f32>': 'Floats',
};
const RESULTS = {
  _: 'void',
  u32: 'number',
  string: 'string',
  'list<u32>': 'Uint32Array',
  'list<f32>': 'Float32Array',
  'list<u8>': 'Uint8Array',
  bool: 'boolean',
  'model-info': 'StoredModelInfo',
};

function wit() {
  const text = fs.readFileSync(path.join(root, 'js/guest/realm.wit'), 'utf8');
  return [...text.matchAll(/^ {2}([\w-]+): func\((.*)\) -> result<(.*), string>;$/gm)].map(
    ([, name, parameters, result]) => {
      const list = [...parameters.matchAll(/([\w-]+): (option<)?([\w-]+(?:<\w+>)?)/g)].map(
        ([, parameter, optional, type]) => `${camel(parameter)}${optional ? '?' : ''}: ${TYPES[type]}`,
      );
      return `${camel(name)}(${list.join(', ')}): ${RESULTS[result]}`;
    },
  );
}

function typescript() {
  const file = path.join(root, 'js/guest/typed/functions.ts');
  const source = ts.createSourceFile(file, fs.readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022);
  const host = source.statements.find((node) => ts.isInterfaceDeclaration(node) && node.name.text === 'Host');
  return host.members.map((member) => {
    const parameters = member.parameters.map(
      (p) => `${p.name.text}${p.questionToken ? '?' : ''}: ${p.type.getText(source)}`,
    );
    return `${member.name.text}(${parameters.join(', ')}): ${member.type.getText(source)}`;
  });
}

test('the WIT file says what the types say', () => {
  const functions = typescript();
  expect(functions.length).toBeGreaterThan(15);
  expect(wit()).toEqual(functions.filter((line) => !line.includes('Into(')));
});
