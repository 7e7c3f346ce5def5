'use strict';

// house.md R9: addon/realm.h is the one declaration; everything else is held against it.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { root, files } = require('../steps');
const { ENGINES } = require('../build');

const read = (file) => fs.readFileSync(path.join(root, file), 'utf8');
const squeeze = (text) => text.replace(/\s+/g, ' ').trim();

/** The declarations of the header: name -> { line, types: C types of the parameters }. */
function header() {
  const text = read('addon/realm.h').replace(/\/\*[\s\S]*?\*\//g, '');
  const found = new Map();
  for (const [line, name, parameters] of text.matchAll(/^int32_t (realm_\w+)\(([^)]*)\);/gm)) {
    const types = parameters.trim() === 'void' ? [] : parameters.split(',').map((parameter) => cType(parameter));
    found.set(name, { line: squeeze(line), types });
  }
  return found;
}

/** `const uint8_t *name` -> `uint8_t*`. */
function cType(parameter) {
  const [, type, star] = /^(?:const )?(\w+) (\*?)\w+$/.exec(squeeze(parameter)) ?? [null, squeeze(parameter), ''];
  return type + star;
}

const CSHARP = {
  int: 'int32_t',
  uint: 'uint32_t',
  ulong: 'uint64_t',
  float: 'float',
  'byte*': 'uint8_t*',
  'int*': 'int32_t*',
  'uint*': 'uint32_t*',
  'ulong*': 'uint64_t*',
  'float*': 'float*',
  'double*': 'double*',
  'void*': 'void*',
  'RealmError*': 'realm_error*',
  'TokenRecord*': 'realm_token*',
  'TopToken*': 'realm_top*',
  'NativeJobState*': 'realm_job_state*',
  'FileMap*': 'realm_file_map*',
  'delegate* unmanaged<void*, void>': 'realm_notify',
  'delegate* unmanaged<void>': 'realm_arm',
};

/** The exports of the C# side: name -> { file, comment: the line above, types }. */
function csharp() {
  const found = new Map();
  for (const file of files('managed', '.cs')) {
    const pattern =
      /(?:^[ \t]*\/\/ (?<comment>[^\n]*)\n)?[ \t]*\[UnmanagedCallersOnly\(EntryPoint = "(?<name>\w+)"\)\]\s*public static (?<result>\w+) \w+\(\s*(?<parameters>(?:[^()]|\n)*)\)/gm;
    for (const { groups } of read(file).matchAll(pattern)) {
      const parameters = groups.parameters.trim() ? splitOutsideAngles(groups.parameters) : [];
      const types = parameters.map((parameter) => {
        const type = squeeze(parameter).replace(/ \w+$/, '');
        return CSHARP[type] ?? `unknown C# type ${type}`;
      });
      found.set(groups.name, {
        file,
        comment: groups.comment && squeeze(groups.comment),
        result: CSHARP[groups.result],
        types,
      });
    }
  }
  return found;
}

/** `a<b, c> d, e f` -> ['a<b, c> d', 'e f']. */
function splitOutsideAngles(text) {
  const parts = [''];
  let depth = 0;
  for (const character of text) {
    if (character === '<') depth++;
    if (character === '>') depth--;
    if (character === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}

/** What a built library exports. */
function symbols(file) {
  const output = execFileSync('nm', ['-D', '--defined-only', path.join(root, file)], { encoding: 'utf8' });
  return [...output.matchAll(/ [TW] (\w+)/g)].map((match) => match[1]);
}

function difference(problems, what, actual, expected) {
  for (const name of expected) if (!actual.includes(name)) problems.push(`${what} lacks ${name}`);
  for (const name of actual)
    if (!expected.includes(name)) problems.push(`${what} has ${name}, which does not belong there`);
}

/** Names of the functions in `interface Native { ... }`. */
function typescript() {
  const body = /export interface Native \{([\s\S]*?)\n\}/.exec(read('js/engine/binding.ts'))[1];
  return [...body.matchAll(/^ {2}(\w+)\(/gm)].map((match) => match[1]);
}

function checkAbi() {
  const problems = [];
  const declared = header();
  const names = [...declared.keys()];
  if (names.length === 0) problems.push('addon/realm.h declares no function that this check can read');

  const exported = csharp();
  difference(problems, 'managed/', [...exported.keys()], names);
  for (const [name, { file, comment, result, types }] of exported) {
    const expected = declared.get(name);
    if (!expected) continue;
    if (comment !== expected.line) problems.push(`${file}: above ${name} must stand \`// ${expected.line}\``);
    if (result !== 'int32_t') problems.push(`${file}: ${name} must return int`);
    if (types.join() !== expected.types.join()) {
      problems.push(
        `${file}: ${name} has the parameters (${types.join(', ')}), the header has (${expected.types.join(', ')})`,
      );
    }
  }

  for (const { file } of Object.values(ENGINES)) {
    if (fs.existsSync(path.join(root, file))) difference(problems, file, symbols(file), names);
  }
  if (fs.existsSync(path.join(root, 'index.node'))) {
    difference(problems, 'index.node', symbols('index.node'), [
      'napi_register_module_v1',
      'node_api_module_get_api_version_v1',
    ]);
  }

  const table = [...read('addon/engine.h').matchAll(/^ {2}X\((\w+)\)/gm)].map((match) => `realm_${match[1]}`);
  difference(problems, 'REALM_FUNCTIONS in addon/engine.h', table, names);

  const shim = files('addon', '.cc').map(read).join('\n');
  const comments = [...shim.matchAll(/^ *\/\/ (int32_t realm_.*)$/gm)].map((match) => squeeze(match[1]));
  for (const { line } of declared.values())
    if (!comments.includes(line)) problems.push(`addon/: no binding stands under \`// ${line}\``);
  for (const line of comments) {
    if (![...declared.values()].some((other) => other.line === line))
      problems.push(`addon/: \`${line}\` is not in realm.h`);
  }

  const version = /#define REALM_ABI_VERSION (\d+)/.exec(read('addon/realm.h'))[1];
  if (!new RegExp(`AbiVersion = ${version};`).test(read('managed/Abi/EngineExports.cs'))) {
    problems.push(`managed/Abi/EngineExports.cs: AbiVersion is not ${version}, as in realm.h`);
  }

  const bindings = [...read('addon/module.cc').matchAll(/^ {4}Export<\w+, \d+>\(exports, "(\w+)"\);/gm)].map(
    (match) => match[1],
  );
  difference(problems, 'interface Native in js/engine/binding.ts', typescript(), bindings);
  return problems;
}

module.exports = { checkAbi };
