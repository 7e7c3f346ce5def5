'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { getEngineInfo } = require('..');
const { root, tinyAtlas } = require('./fixtures/places');
const { runScript, runProgram } = require('./fixtures/child');

// Every way in which the engine can fail to load is a JavaScript error that says what to do.

const PLATFORM = `${process.platform}-${process.arch}`;
const SHOW = `try { console.log(realm.getEngineInfo().isa); } catch (error) { console.log(error.name, error.code, error.message); }`;

test('getEngineInfo', () => {
  const info = getEngineInfo();
  expect(info.version).toBe(require('../package.json').version);
  expect(['avx512', 'avx2', 'x86-64', 'arm64', 'portable']).toContain(info.isa);
  expect(info.formats).toEqual(expect.arrayContaining([{ id: 12, name: 'Q4_K' }]));
  expect(info.architectures).toEqual(expect.arrayContaining(['llama', 'qwen2', 'qwen3']));
});

test('the package loads without the engine: the first call that needs it opens it', async () => {
  const script = `
    const maps = () => require('node:fs').readFileSync('/proc/self/maps', 'utf8').includes('librealm');
    const before = maps();
    realm.getEngineInfo();
    console.log(before, maps());`;
  expect((await runScript(script)).stdout).toBe('false true\n');
});

test('REALM_ISA that does not exist', async () => {
  const { stdout } = await runScript(SHOW, { env: { REALM_ISA: 'sse9' } });
  expect(stdout).toBe("RealmError E_ENGINE REALM_ISA must be avx512, v3 or plain, got 'sse9'.\n");
});

describe('with a native folder of its own', () => {
  let folder;
  const library = (name) => path.join(folder, 'native', PLATFORM, name);
  const names = ['librealm-avx512.so', 'librealm-v3.so', 'librealm.so'];

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-engine-'));
    for (const name of ['index.js', 'index.node', 'package.json']) {
      fs.copyFileSync(path.join(root, name), path.join(folder, name));
    }
    fs.cpSync(path.join(root, 'dist'), path.join(folder, 'dist'), { recursive: true });
    fs.mkdirSync(path.join(folder, 'native', PLATFORM), { recursive: true });
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  const load = async (script = SHOW) => {
    const code = `const realm = require(${JSON.stringify(folder)}); const library = ${JSON.stringify(folder)} + '/native/${PLATFORM}/'; ${script}`;
    const { stdout, stderr, code: status } = await runProgram(process.execPath, ['-e', code], {});
    return { stdout, stderr, status };
  };

  test('no library at all', async () => {
    const { stdout, status } = await load();
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^RealmError E_ENGINE no engine library for this processor in .*native\/linux-x64 \(looked for .*librealm\.so\)/,
    );
    expect(stdout).toContain('Reinstall @realm/realm-node for this platform, or run `npm run build`');
  });

  test('a file that is no library, then the right one: the next call works', async () => {
    for (const name of names) fs.writeFileSync(library(name), 'not a library');
    const copies = names
      .filter((name) => fs.existsSync(path.join(root, 'native', PLATFORM, name)))
      .map(
        (name) => `fs.copyFileSync(${JSON.stringify(path.join(root, 'native', PLATFORM, name))}, library + '${name}');`,
      );
    const { stdout, status } = await load(
      `const fs = require('node:fs'); ${SHOW} fs.rmSync(library, { recursive: true }); fs.mkdirSync(library); ${copies.join('')} ${SHOW}`,
    );
    expect(status).toBe(0);
    const [first, second] = stdout.trim().split('\n');
    expect(first).toMatch(
      /^RealmError E_ENGINE the engine library could not be opened: .*librealm.*\.so.*(invalid ELF header|file too short)/,
    );
    expect(second).toBe(getEngineInfo().isa);
  });

  test('a library of another version', async () => {
    for (const name of names) fs.copyFileSync(path.join(root, 'index.node'), library(name));
    const { stdout, status } = await load();
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^RealmError E_ENGINE .* has no function realm_abi_version: it is of another version than index\.node\./,
    );
  });

  test('no addon: require says what is missing, where, and what to do', async () => {
    fs.rmSync(path.join(folder, 'index.node'));
    const { stderr, status } = await load();
    expect(status).toBe(1);
    expect(stderr).toContain(`could not load its native addon on ${process.platform}-${process.arch}`);
    expect(stderr).toContain(`Node ${process.version}`);
    expect(stderr).toContain('npm run build');
    expect(stderr).toContain("code: 'E_ENGINE'");
  });
});

test('too little address space: an error, never the end of the process', async () => {
  for (const kilobytes of [900_000, 1_400_000, 1_800_000, 2_000_000, 4_000_000]) {
    // Newer versions of Node do not even start in the smallest of these.
    const alone = await runProgram('bash', ['-c', `ulimit -v ${kilobytes}; exec "$0" -e 0`, process.execPath]);
    if (alone.code !== 0) continue;
    const wrap = (command) => ['bash', '-c', `ulimit -v ${kilobytes}; exec "$@"`, 'bash', ...command];
    const { code, signal, stdout } = await runScript(SHOW, { wrap });
    expect([kilobytes, code, signal]).toEqual([kilobytes, 0, null]);
    expect(stdout).toMatch(
      /^(avx512|avx2|x86-64)\n|^RealmError E_ENGINE the address space of this process is limited to \d+ MiB/,
    );
  }
});

test('hostile .NET settings in the environment: it works, or an error says why', async () => {
  const env = {
    DOTNET_gcServer: '1',
    DOTNET_GCHeapHardLimit: '10000000',
    DOTNET_DbgEnableMiniDump: '0',
    LANG: 'tr_TR.UTF-8',
    LC_ALL: 'de_DE.UTF-8',
    TZ: 'nowhere',
    HOME: '/nonexistent',
  };
  const script = `const model = realm.loadModelSync(${JSON.stringify(tinyAtlas)}); model.generate('The capital of France is').then(({ text }) => console.log(text));`;
  expect(await runScript(script, { env })).toMatchObject({ code: 0, stdout: ' Paris.\n' });
});

test('what a user needs: no C++ library, no newer glibc than 2.34, and of others only what every Node has; libraries stay', async () => {
  if (process.platform !== 'linux') return;
  const libraries = fs.readdirSync(path.join(root, 'native', PLATFORM)).map((name) => `native/${PLATFORM}/${name}`);
  for (const file of ['index.node', ...libraries]) {
    const { stdout } = await runProgram('readelf', ['-d', '--version-info', '-W', path.join(root, file)]);
    const needed = [...stdout.matchAll(/NEEDED.*\[(\w[^\].]*)\./g)].map(([, name]) => name);
    expect([file, needed.filter((name) => !/^(libc|libm|libdl|libpthread|ld-linux.*)$/.test(name))]).toEqual([
      file,
      file === 'index.node' ? ['libgcc_s'] : [],
    ]);
    const newest = Math.max(...[...stdout.matchAll(/\bGLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor)));
    expect([file, newest <= 34]).toEqual([file, true]);
    expect([file, /FLAGS_1.*NODELETE/.test(stdout)]).toEqual([file, true]);
  }
  const loaded = 'process.report.getReport().sharedObjects.some((name) => name.includes("libgcc_s.so.1"))';
  expect((await runProgram(process.execPath, ['-p', loaded])).stdout).toBe('true\n');
});
