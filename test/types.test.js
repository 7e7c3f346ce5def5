'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { root } = require('./fixtures/places');
const { runProgram } = require('./fixtures/child');

// The types of every entry as a user's compiler reads them: strict, every declaration checked, by the oldest TypeScript that is
// supported and by the one that builds the package.

const COMPILERS = ['typescript-5.4', 'typescript'];
const manifest = require('../package.json');

const NODE = `
  import { loadModel, storeModel, type Generation, type Model } from '@realm/realm-node';
  import * as component from '@realm/realm-node/component';
  import { createHost } from '@realm/realm-node/host';
  import { openai } from '@realm/realm-node/openai';
  import { serve } from '@realm/realm-node/serve';
  import { createNnImports } from '@realm/realm-node/wasi-nn';
  import { createRealmImports, GuestCode } from '@realm/realm-node/wasm';
  export async function all(path: string) {
    const model: Model = await loadModel(path, { threads: 1, cacheType: 'f16' });
    const generation: Generation = model.generate('text', { maxTokens: 1 });
    for await (const { text, tokens } of generation) console.log(text.length, tokens[0]);
    const { text, tokens, finishReason } = await generation;
    const id: number = storeModel(path);
    const tool = { parameters: { type: 'object' }, execute: ({ city }: { city: string }) => city.length };
    const chat = model.chat([{ role: 'user', content: 'text' }], { tools: { tool }, reasoning: { effort: 'low' } });
    for await (const delta of chat) if (delta.type === 'content') console.log(delta.text.length);
    const { content, toolCalls, usage } = await chat;
    console.log(content, toolCalls[0]?.name, usage.cachedTokens, (await openai(model).embeddings.create({ input: 'text' })).data);
    return { text, tokens, finishReason, id, all: [component, createHost, serve, createNnImports, createRealmImports, GuestCode] };
  }
`;
const PAGE = `
  import { connect, createRemoteImports, RealmError, type Client } from '@realm/realm-node/client';
  export async function page(url: string) {
    const client: Client = await connect(url);
    return [client, createRemoteImports, RealmError];
  }
`;
const node = { lib: ['es2022'], types: ['node'] };
const PROJECTS = {
  'CommonJS in Node': { 'a.cts': NODE, module: 'nodenext', ...node },
  'an ES module in Node': { 'a.mts': NODE, module: 'nodenext', ...node },
  'a page': { 'a.ts': PAGE, module: 'esnext', moduleResolution: 'bundler', lib: ['es2022', 'dom'], types: [] },
  'a page beside Node': {
    'a.ts': PAGE,
    module: 'esnext',
    moduleResolution: 'bundler',
    lib: ['es2022', 'dom'],
    types: ['node'],
  },
};

let top;
beforeAll(() => {
  top = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-types-'));
  // As it is installed: only what the package depends on is beside it.
  for (const name of ['@realm/realm-node', '@types/node', 'undici-types', ...Object.keys(manifest.dependencies)]) {
    const at = path.join(top, 'node_modules', name);
    fs.mkdirSync(path.dirname(at), { recursive: true });
    fs.symlinkSync(name === manifest.name ? root : path.join(root, 'node_modules', name), at);
  }
});
afterAll(() => fs.rmSync(top, { recursive: true, force: true }));

const cases = COMPILERS.flatMap((compiler) => Object.keys(PROJECTS).map((name) => [name, compiler]));
test.each(cases)('%s, %s', async (name, compiler) => {
  const { module, moduleResolution = module, lib, types, ...sources } = PROJECTS[name];
  const folder = path.join(top, `${name.replace(/\W+/g, '-')}-${compiler}`);
  fs.mkdirSync(folder);
  for (const [file, text] of Object.entries(sources)) fs.writeFileSync(path.join(folder, file), text);
  const compilerOptions = {
    ...{ module, moduleResolution, lib, types, target: 'es2022', typeRoots: [path.join(top, 'node_modules/@types')] },
    ...{ strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true, preserveSymlinks: true },
  };
  const files = Object.keys(sources);
  fs.writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  const tsc = path.join(root, 'node_modules', compiler, 'bin/tsc');
  const { code, stdout } = await runProgram(process.execPath, [tsc, '-p', folder, '--pretty', 'false']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
});

test.each(COMPILERS)('the examples, as strict TypeScript reads JavaScript, %s', async (compiler) => {
  const folder = path.join(top, `examples-${compiler}`);
  fs.mkdirSync(folder);
  const examples = path.join(root, 'examples');
  const files = fs.readdirSync(examples).filter((file) => file.endsWith('.js'));
  expect(files).toContain('tools.js');
  const compilerOptions = {
    ...{ module: 'nodenext', moduleResolution: 'nodenext', ...node, target: 'es2022', allowJs: true, checkJs: true },
    ...{ typeRoots: [path.join(top, 'node_modules/@types')], strict: true, skipLibCheck: false, noEmit: true },
  };
  const project = { compilerOptions, files: files.map((file) => path.join(examples, file)) };
  fs.writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(project));
  const tsc = path.join(root, 'node_modules', compiler, 'bin/tsc');
  const { code, stdout } = await runProgram(process.execPath, [tsc, '-p', folder, '--pretty', 'false']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
});

// The params and answers of the client in the openai package's own words.
const OPENAI = `
  import type OpenAI from 'openai';
  import type { Model } from '@realm/realm-node';
  import { openai } from '@realm/realm-node/openai';
  export async function ask(
    model: Model,
    whole: OpenAI.ChatCompletionCreateParamsNonStreaming,
    streamed: OpenAI.ChatCompletionCreateParamsStreaming,
    vectors: OpenAI.EmbeddingCreateParams,
  ) {
    const client = openai(model);
    const answer: OpenAI.ChatCompletion = await client.chat.completions.create(whole);
    const stream: AsyncIterable<OpenAI.ChatCompletionChunk> = await client.chat.completions.create(streamed);
    const embeddings: OpenAI.CreateEmbeddingResponse = await client.embeddings.create(vectors);
    return { answer, stream, embeddings };
  }
`;

test('the client of /openai has the types of the openai package', async () => {
  const folder = path.join(top, 'openai');
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, 'a.cts'), OPENAI);
  fs.symlinkSync(path.join(root, 'node_modules/openai'), path.join(top, 'node_modules/openai'));
  const compilerOptions = {
    ...{ module: 'nodenext', moduleResolution: 'nodenext', lib: ['es2022', 'dom'], types: ['node'], target: 'es2022' },
    ...{ typeRoots: [path.join(top, 'node_modules/@types')], strict: true, skipLibCheck: true, noEmit: true },
    preserveSymlinks: true,
  };
  fs.writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['a.cts'] }));
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  const { code, stdout } = await runProgram(process.execPath, [tsc, '-p', folder, '--pretty', 'false']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
});

test('every entry of the package is compiled above', () => {
  // Adapters stand on their frameworks' types, which want newer compilers: `npm run lint` compiles them.
  const ADAPTERS = ['./ai', './langchain'];
  const entries = Object.entries(manifest.exports).filter(([name, { types }]) => types && !ADAPTERS.includes(name));
  for (const [entry] of entries) expect(NODE + PAGE).toContain(`'${entry.replace('.', manifest.name)}'`);
});
