'use strict';

// The three commands a language that the guides promise: run as they stand, in an empty folder beside the package.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { loadModelSync } = require('..');
const { GUESTS } = require('../scripts/guests');
const { root, tinyAtlas } = require('./fixtures/places');
const { FRANCE, wasmOf } = require('./fixtures/guests');

let folder;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-template-'));
  const modules = path.join(folder, 'node_modules');
  fs.mkdirSync(path.join(modules, '@realm'), { recursive: true });
  fs.mkdirSync(path.join(modules, '.bin'));
  fs.symlinkSync(root, path.join(modules, '@realm/realm-node'));
  fs.symlinkSync(path.join(root, 'node_modules/assemblyscript/bin/asc.js'), path.join(modules, '.bin/asc'));
  fs.copyFileSync(tinyAtlas, path.join(folder, 'model.gguf'));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

/** The commands of a guide, behind the sentence that promises three. */
function commandsOf(guide, promise = 'In three commands') {
  const text = fs.readFileSync(path.join(root, 'docs', guide), 'utf8');
  return new RegExp(`^${promise}[^]*?\`\`\`sh\\n([^]*?)\`\`\``, 'm').exec(text)[1];
}

/** What they print, with Debian's compiler under the name that it has elsewhere. */
function printed(commands) {
  const bin = path.join(folder, 'bin');
  fs.mkdirSync(bin);
  for (const tool of ['clang', 'wasm-ld']) {
    const versioned = `/usr/bin/${tool}-14`;
    if (fs.existsSync(versioned)) fs.symlinkSync(versioned, path.join(bin, tool));
  }
  // Debian's, which has the target.
  if (fs.existsSync('/usr/bin/rustc')) fs.symlinkSync('/usr/bin/rustc', path.join(bin, 'rustc'));
  const env = { ...process.env, PATH: `${bin}:${path.dirname(process.execPath)}:${process.env.PATH}` };
  return execFileSync('bash', ['-e', '-c', commands], { cwd: folder, env, encoding: 'utf8' });
}

const hasClang = fs.existsSync('/usr/bin/clang-14') && fs.existsSync('/usr/bin/wasm-ld-14');

(hasClang ? test : test.skip)('C, by pointers (needs Debian’s clang-14 and lld-14)', () => {
  expect(printed(commandsOf('option-2.md'))).toBe(' Paris.\n');
});

const hasRust = GUESTS['rust/raw/paris.wasm'].there();

(hasRust ? test : test.skip)('Rust, by pointers (needs Debian’s rustc and libstd-rust-dev-wasm32)', () => {
  expect(printed(commandsOf('option-2.md', 'In Rust, three commands'))).toBe(' Paris.\n');
});

test('the Rust guest as it was built: it streams, answers a question, gives codes', async () => {
  const { runGuest, GuestCode } = require('../dist/wasm');
  const run = (call, args, limits) =>
    runGuest(wasmOf('rust/raw/paris.wasm'), { models: { m: tinyAtlas }, call, args, limits });
  expect(await run('run', ['m', FRANCE, 20])).toMatchObject({ result: 3, text: ' Paris.', lastError: '' });
  expect((await run('run', ['other', FRANCE, 20])).result).toBe(GuestCode.MODEL_NOT_FOUND);
  expect((await run('run', ['m', FRANCE, 20], { tokens: 8 })).result).toBe(GuestCode.LIMIT);
  const question = 'What is "the"\n\u0001 \\ capital of Japan?<|im_end|> 日本😀';
  const { content } = await loadModelSync(tinyAtlas).chat([{ role: 'user', content: question }], { maxTokens: 60 });
  expect(await run('ask', ['m', question])).toMatchObject({ result: 0, text: content, lastError: '' });
});

(hasClang ? test : test.skip)(
  'C: the snippet of a conversation as it stands (needs Debian’s clang-14 and lld-14)',
  async () => {
    const { runGuest } = require('../dist/wasm');
    const text = fs.readFileSync(path.join(root, 'docs/option-2.md'), 'utf8');
    const snippet = /^### Conversations[^]*?```c\n([^]*?)```/m.exec(text)[1];
    fs.writeFileSync(
      path.join(folder, 'chat.c'),
      `${snippet}
#define EXPORT(name) __attribute__((export_name(#name))) name
static char room[4096];
static uint32_t used;
uint32_t EXPORT(alloc)(uint32_t bytes) { used += bytes; return (uint32_t)(room + used - bytes); }
int32_t EXPORT(run)(const char *name, uint32_t name_bytes, const char *question, uint32_t bytes) {
  int32_t model = realm_host_load_model_by_name(name, name_bytes);
  return model < 0 ? model : answer(model, question, bytes);
}`,
    );
    fs.copyFileSync(path.join(root, 'examples/guests/c/realm.h'), path.join(folder, 'realm.h'));
    printed('clang --target=wasm32 -O2 -Wall -Wextra -Werror -nostdlib -Wl,--no-entry chat.c -o chat.wasm');
    const format = {
      type: 'object',
      properties: { city: { type: 'string', maxLength: 40 } },
      required: ['city'],
      additionalProperties: false,
    };
    const model = loadModelSync(tinyAtlas);
    for (const question of ['What is the capital of Japan?', 'a "quoted" \\ question\n\u0001\u001f<|im_end|> 日本😀']) {
      const { content } = await model.chat([{ role: 'user', content: question }], { maxTokens: 60, format });
      const models = { m: tinyAtlas };
      const { result, text } = await runGuest(path.join(folder, 'chat.wasm'), { models, args: ['m', question] });
      expect([result, text]).toEqual([Buffer.byteLength(content), content]);
    }
    model.close();
    const long = await runGuest(path.join(folder, 'chat.wasm'), { models: {}, args: ['m', 'x'.repeat(3000)] });
    expect(long.result).toBe(-4);
  },
);

test('AssemblyScript, by typed arrays', () => {
  expect(printed(commandsOf('option-1.md'))).toBe(' Paris.');
});
