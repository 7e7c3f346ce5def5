'use strict';

// The copy of the tree in which checks can be taken out, and what runs there.

const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const ts = require('typescript');
const { dotnetEnvironment } = require('../dotnet');
const { root } = require('../steps');
const { isManaged, withRows } = require('./rows');

const tree = path.join(root, 'build/mutants/tree');
const PROJECT = 'test/managed/Realm.Tests.csproj';
const ASSEMBLY = 'build/tests/bin/Release/net10.0/Realm.Tests.dll';
const PATIENCE = 300_000;

const listed = () =>
  execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: root, encoding: 'utf8' })
    .split('\0')
    .filter((file) => file && fs.existsSync(path.join(root, file)));

/** Runs a program in the copy; resolves with { code, output }, code SIGKILL where it had to be ended. */
function run(program, args, environment = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: tree,
      detached: true, // a group of its own, so that what hangs is ended with its children
      env: {
        ...process.env,
        ...dotnetEnvironment(),
        REALM_GOLDEN: process.env.REALM_GOLDEN ?? path.join(root, '../shared/golden'),
        REALM_MODELS: process.env.REALM_MODELS ?? path.join(root, '../shared/models'),
        ...environment,
      },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (output += bytes));
    const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), PATIENCE);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code: code ?? signal, output });
    });
  });
}

async function must(what, program, args) {
  const { code, output } = await run(program, args);
  if (code === 0) return;
  const errors = [...new Set(output.split('\n').filter((line) => /error/.test(line)))].slice(0, 20).join('\n');
  throw new Error(`${what} failed:\n${errors || output.slice(-2000)}`);
}

/** Writes what is not there already: what keeps its time is not built again. */
function put(file, bytes) {
  const at = path.join(tree, file);
  if (fs.existsSync(at) && fs.readFileSync(at).equals(bytes)) return;
  fs.mkdirSync(path.dirname(at), { recursive: true });
  fs.writeFileSync(at, bytes);
}

/** The tree as it is, with every row in it, and what Jest needs beside. */
function copy(rows) {
  const files = listed();
  const kept = new Set([...files, 'managed/Mutation.cs']);
  for (const folder of ['managed', 'test'])
    for (const old of fs.existsSync(path.join(tree, folder))
      ? fs.readdirSync(path.join(tree, folder), { recursive: true })
      : [])
      if (/\.\w+$/.test(old) && !kept.has(`${folder}/${old}`))
        fs.rmSync(path.join(tree, folder, old), { recursive: true });
  for (const file of files) {
    const here = rows.filter((row) => row.file === file);
    const bytes = fs.readFileSync(path.join(root, file));
    put(file, here.length ? Buffer.from(withRows(bytes.toString(), here)) : bytes);
  }
  put('managed/Mutation.cs', fs.readFileSync(path.join(__dirname, 'Mutation.cs.txt')));
  if (!fs.existsSync(path.join(tree, 'node_modules')))
    fs.symlinkSync(path.join(root, 'node_modules'), path.join(tree, 'node_modules'));
  put('index.node', fs.readFileSync(path.join(root, 'index.node')));
  fs.cpSync(path.join(root, 'dist'), path.join(tree, 'dist'), { recursive: true });
  const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  for (const file of new Set(rows.filter((row) => !isManaged(row)).map((row) => row.file))) {
    const text = fs.readFileSync(path.join(tree, file), 'utf8');
    const { outputText } = ts.transpileModule(text, { compilerOptions: options, fileName: file });
    put(file.replace(/^js/, 'dist').replace(/ts$/, 'js'), Buffer.from(outputText));
  }
}

// Without a check a compiler warns of what may be null.
const LOOSE = ['-p:TreatWarningsAsErrors=false', '-p:RunAnalyzers=false', '-p:GenerateDocumentationFile=false'];

const buildTests = () =>
  must('the build of the tests', 'dotnet', [
    'build',
    PROJECT,
    '-c',
    'Release',
    '--nologo',
    '-nodeReuse:false',
    '-v',
    'q',
    ...LOOSE,
  ]);

/** The engine, for one instruction set that this machine has. */
async function buildEngine() {
  const isa = ['avx512', 'v3', 'plain'].find((name) => fs.existsSync(path.join(root, engineFile(name))));
  const project = path.join(tree, 'Realm.Native.csproj');
  const loose = fs.readFileSync(project, 'utf8').replace('<TreatWarningsAsErrors>true', '<TreatWarningsAsErrors>false');
  fs.writeFileSync(project, loose);
  await must('the build of the engine', process.execPath, ['scripts/build.js', isa]);
}

const engineFile = (isa) => require('../build').ENGINES[isa].file;

const xunit = (names, environment, filter = names.map((name) => `FullyQualifiedName~${name}`).join('|')) =>
  run('dotnet', ['test', ASSEMBLY, '--nologo', '--filter', filter], environment);

const jest = (files, environment) =>
  run(
    process.execPath,
    [
      'node_modules/jest/bin/jest.js',
      '--rootDir',
      tree,
      '--forceExit',
      '--ci',
      '--runTestsByPath',
      ...files.map((file) => `test/${file}`),
    ],
    environment,
  );

module.exports = { tree, copy, buildTests, buildEngine, xunit, jest };
