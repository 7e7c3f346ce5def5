'use strict';

const realm = require('..');
const { createRealmImports, createExtismFunctions, runGuest } = require('../dist/wasm');
const { createComponentImports } = require('../dist/component');
const { createNnImports } = require('../dist/wasi-nn');
const { createHost } = require('../dist/host');
const { serve } = require('../dist/serve');
const { openai } = require('../dist/openai');
const { createRealm } = require('../dist/adapters/ai');
const { ChatRealm, RealmEmbeddings, RealmRerank } = require('../dist/adapters/langchain');
const { tinyEncoder } = require('./fixtures/encoder');
const { startHost } = require('./fixtures/host');
const { tinyAtlas } = require('./fixtures/places');

// Every public function that takes options says what was meant when one is not there. A new function stands here too.

const PROMPT = 'The capital of France is';
const MESSAGES = [{ role: 'user', content: 'Hello' }];
const TEMPLATE = '{{ messages[0].content }}';
const WASM = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);

let model;
let ranker;
let host;
beforeAll(async () => {
  model = realm.loadModelSync(tinyAtlas);
  ranker = realm.loadModelSync(tinyEncoder({ classifier: true, pooling: 4 }));
  host = await startHost({ models: { atlas: model } });
});
afterAll(async () => {
  await host.close();
  model.close();
  ranker.close();
});

const create = (o) => openai(model).chat.completions.create({ messages: MESSAGES, ...o });

/** What messages call the call, an option that it does not have, and the one that was meant. */
const CALLS = [
  ['loadModel', 'treads', 'threads', (o) => realm.loadModel(tinyAtlas, o)],
  ['loadModelSync', 'treads', 'threads', (o) => realm.loadModelSync(tinyAtlas, o)],
  ['lora[0]', 'scal', 'scale', (o) => realm.loadModel(tinyAtlas, { lora: [{ path: 'x', ...o }] })],
  ['inspectModel', 'weigths', 'weights', (o) => realm.inspectModel(tinyAtlas, o)],
  ['inspectModelSync', 'weigths', 'weights', (o) => realm.inspectModelSync(tinyAtlas, o)],
  ['renderChatTemplate', 'tool', 'tools', (o) => realm.renderChatTemplate(TEMPLATE, MESSAGES, o)],
  ['renderChatTemplate', 'variable', 'variables', (o) => realm.renderChatSegments(TEMPLATE, MESSAGES, o)],
  ['tokenize', 'addspecials', 'addSpecial', (o) => model.tokenize('x', o)],
  ['detokenize', 'skipspecials', 'skipSpecial', (o) => model.detokenize([5], o)],
  ['tokenBytes', 'skipspecials', 'skipSpecial', (o) => model.tokenBytes(5, o)],
  ['decoder', 'skipspecials', 'skipSpecial', (o) => model.decoder(o)],
  ['applyChatTemplate', 'addGenerationPromt', 'addGenerationPrompt', (o) => model.applyChatTemplate(MESSAGES, o)],
  ['tokenizeChat', 'tool', 'tools', (o) => model.tokenizeChat(MESSAGES, o)],
  ['logits', 'sginal', 'signal', (o) => model.logits([5], o)],
  ['embed', 'normalise', 'normalize', (o) => model.embed(['x'], o)],
  ['embedSync', 'normalise', 'normalize', (o) => model.embedSync(['x'], o)],
  ['score', 'topLogprob', 'topLogprobs', (o) => model.score('xy', o)],
  ['scoreSync', 'topLogprob', 'topLogprobs', (o) => model.scoreSync('xy', o)],
  ['rank', 'trunkate', 'truncate', (o) => ranker.rank('x', ['y'], o)],
  ['rankSync', 'trunkate', 'truncate', (o) => ranker.rankSync('x', ['y'], o)],
  ['verify', 'sginal', 'signal', (o) => model.verify(o)],
  ['generate', 'maxToken', 'maxTokens', (o) => model.generate(PROMPT, o)],
  ['generateSync', 'maxToken', 'maxTokens', (o) => model.generateSync(PROMPT, o)],
  ['chat', 'toolchoise', 'toolChoice', (o) => model.chat(MESSAGES, o)],
  ['reasoning', 'efort', 'effort', (o) => model.chat(MESSAGES, { reasoning: o })],
  ['compileFormat', 'whitespaces', 'whitespace', (o) => model.compileFormat('json', o)],
  ['compileFormatSync', 'whitespaces', 'whitespace', (o) => model.compileFormatSync('json', o)],
  ['createSession', 'contextshfit', 'contextShift', (o) => model.createSession(o)],
  ['generate', 'maxToken', 'maxTokens', (o) => model.createSession().generate(PROMPT, o)],
  ['chat', 'maxStep', 'maxSteps', (o) => model.createSession().chat('x', o)],
  ['save', 'sginal', 'signal', (o) => model.createSession().save('/nowhere/x', o)],
  ['restore', 'message', 'messages', (o) => model.createSession().restore('/nowhere/x', o)],
  ['createRealmImports', 'modles', 'models', (o) => createRealmImports(o)],
  ['createNnImports', 'modles', 'models', (o) => createNnImports(o)],
  ['createHost', 'ontoken', 'onToken', (o) => createHost(o)],
  ['createHost', 'maystor', 'mayStore', (o) => createHost().configure(o)],
  ['createHost', 'modles', 'models', (o) => createExtismFunctions(o)],
  ['createHost', 'modles', 'models', (o) => createComponentImports(o)],
  ['runGuest', 'modles', 'models', (o) => runGuest(WASM, o)],
  ['wasi', 'preopen', 'preopens', (o) => runGuest(WASM, { wasi: o })],
  ['serve', 'prot', 'port', (o) => serve({ models: { atlas: model }, ...o })],
  ['close', 'grase', 'grace', async (o) => host.close(o)],
  ['create', 'sginal', 'signal', (o) => openai(model).chat.completions.create({ messages: MESSAGES }, o)],
  ['create', 'sginal', 'signal', (o) => openai(model).embeddings.create({ input: 'x' }, o)],
  ['createRealm', 'spesification', 'specification', (o) => createRealm(model, o)],
  ['ChatRealm', 'option', 'options', (o) => new ChatRealm({ model, ...o })],
  ['ChatRealm', 'maxToken', 'model', (o) => new ChatRealm({ model, ...o })],
  ['chat', 'maxToken', 'maxTokens', (o) => new ChatRealm({ model, options: o })],
  ['RealmEmbeddings', 'document', 'documents', (o) => new RealmEmbeddings({ model, ...o })],
  ['embed', 'prefx', 'prefix', (o) => new RealmEmbeddings({ model, documents: o })],
  ['embed', 'prefx', 'prefix', (o) => new RealmEmbeddings({ model, query: o })],
  ['RealmRerank', 'topn', 'topN', (o) => new RealmRerank({ model, ...o })],
  ['contextShift', 'recnet', 'recent', (o) => model.createSession({ contextShift: o })],
  ['format', 'regexp', 'regex', (o) => model.generate(PROMPT, { format: o })],
  ['format', 'chioce', 'choice', (o) => model.compileFormat(o)],
  ['tools.f', 'paramaters', 'parameters', (o) => model.chat(MESSAGES, { tools: { f: o } })],
  ['tools.f', 'exec', 'execute', (o) => model.chat(MESSAGES, { tools: { f: o } })],
  [
    ...['tools[0].function', 'parametres', 'parameters'],
    (o) => model.chat(MESSAGES, { tools: [{ type: 'function', function: { name: 'f', ...o } }] }),
  ],
  ['stream_options', 'include_usge', 'include_usage', (o) => create({ stream_options: o })],
  ['response_format', 'jsonschema', 'json_schema', (o) => create({ response_format: { type: 'json_schema', ...o } })],
  [
    ...['response_format.json_schema', 'shema', 'schema'],
    (o) => create({ response_format: { type: 'json_schema', json_schema: { name: 'x', ...o } } }),
  ],
];

test.each(CALLS)('%s: %s', async (name, wrong, meant, call) => {
  const error = await (async () => call({ [wrong]: 1 }))().then(
    () => undefined,
    (thrown) => thrown,
  );
  expect(error).toMatchObject({
    code: 'E_INVALID_ARGUMENT',
    message: `${name} has no option "${wrong}"; did you mean "${meant}"?`,
  });
});

test.each([
  ['generate', (o) => model.generate(PROMPT, o)],
  ['chat', (o) => model.chat(MESSAGES, o)],
  ['a session', (o) => model.createSession().chat('x', o)],
  ['embed', (o) => model.embed(['x'], o)],
  ['createSession', (o) => model.createSession(o)],
])('%s: options that are no object with members are refused', async (_, call) => {
  for (const [options, told] of [
    [5, '5'],
    ['x', '"x"'],
    [() => {}, 'a function'],
    [[], 'an array'],
    [new Map([['maxTokens', 1]]), 'an object (Map)'],
    [Promise.resolve({}), 'an object (Promise)'],
  ]) {
    const error = await (async () => call(options))().catch((thrown) => thrown);
    expect(error).toMatchObject({
      code: 'E_INVALID_ARGUMENT',
      message: `options must be an object, got ${told}`,
    });
  }
});

test('options that an object has from its prototype count everywhere', async () => {
  const options = Object.create({ maxTokens: 2, ignoreEos: true });
  expect((await model.generate(PROMPT, options)).usage.generatedTokens).toBe(2);
  expect((await model.chat(MESSAGES, options)).usage.generatedTokens).toBe(2);
});

test('every public function that takes options is in the table', () => {
  const named = new Set(CALLS.map(([name]) => name));
  const functions = [
    ...Object.keys(realm).filter((name) => typeof realm[name] === 'function' && /^[a-z]/.test(name)),
    ...Object.getOwnPropertyNames(realm.Model.prototype),
    ...Object.getOwnPropertyNames(Object.getPrototypeOf(model.createSession())),
  ];
  // These take none.
  const none = [
    ...['storeModel', 'getTensor', 'getModelInfo', 'removeModel', 'getEngineInfo', 'renderChatSegments'],
    ...['embedTokens', 'embedTokensInto', 'forwardLayer', 'forwardLayerInto', 'computeLogits', 'computeLogitsInto'],
    ...['constructor', 'chatFormat', 'stats', 'memory', 'close', 'length', 'tokens', 'messages', 'fork', 'rewind'],
  ];
  expect(functions.filter((name) => !named.has(name) && !none.includes(name))).toEqual([]);
});
