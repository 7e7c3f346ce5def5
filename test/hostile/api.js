'use strict';

// Calls of every public function with anything at all: whatever is given, there is a result, a RealmError with a code, or what a getter of the fuzzer
// threw. The same seed makes the same calls.
//
//   node test/hostile/api.js SEED CALLS      prints one line of JSON: { seed, calls, results, errors, findings }

const { randomOf, valuesOf, Thrown } = require('./apiValues');
const realm = require('../..');
const { createHost } = require('../../dist/host');
const { serve } = require('../../dist/serve');
const { tinyAtlas } = require('../fixtures/places');

const [SEED, CALLS] = process.argv.slice(2).map(Number);
const PROMPT = 'The capital of France is';
/** What gives a promise may reject, but never throw. */
const GIVES_PROMISES = new Set([
  'loadModel',
  'generate',
  'chat',
  'embed',
  'rank',
  'logits',
  'score',
  'serve',
  'verify',
]);
/** The seven functions say in upstream's words when a type is wrong. */
const SEVEN = new Set([
  'storeModel',
  'getTensor',
  'getModelInfo',
  'removeModel',
  'embedTokens',
  'forwardLayer',
  'computeLogits',
]);
const NAMES = {
  loadModel: ['threads', 'weights', 'cacheType', 'vocabOnly', 'lora', 'signal', 'onProgress', 'contextSize', 'log'],
  generate: [
    ...[
      'maxTokens',
      'temperature',
      'topK',
      'topP',
      'minP',
      'seed',
      'stop',
      'signal',
      'timeout',
      'format',
      'logitBias',
      'samplers',
      'n',
    ],
    ...[
      'logprobs',
      'topLogprobs',
      'priority',
      'collect',
      'lora',
      'drySequenceBreakers',
      'mirostat',
      'ignoreEos',
      'cachePrompt',
    ],
    'logitsProcessor',
  ],
  chat: ['maxTokens', 'tools', 'toolChoice', 'format', 'signal', 'variables', 'continueFinalMessage', 'n'],
  other: [
    'addSpecial',
    'parseSpecial',
    'asPrompt',
    'skipSpecial',
    'cleanSpaces',
    'after',
    'pooling',
    'dimensions',
    'signal',
    'truncate',
  ],
  serve: ['models', 'host', 'port', 'token', 'origins', 'limits', 'isolate', 'onRequest'],
};

const random = randomOf(SEED);
let model = realm.loadModelSync(tinyAtlas);
const spare = [];
const host = createHost({ models: { atlas: tinyAtlas } });
let depth = 0;
/** Getters do these while a call reads its arguments. */
const SIDE_EFFECTS = [
  () => model.close(),
  () => void spare.at(-1)?.close(),
  () => depth < 2 && void Promise.resolve(call()).catch(() => {}),
  () => globalThis.gc?.(),
];
const { any, below, number, options, pick, text } = valuesOf(random, SIDE_EFFECTS);
const few = { maxTokens: 3 };
const ids = () =>
  pick(
    [[1, 2, 3], Uint32Array.of(5, 6), any, any, any].map((value) => (typeof value === 'function' ? value() : value)),
  );
const messages = () =>
  pick([
    () => [{ role: 'user', content: 'Hello' }],
    () => [{ role: text(), content: any() }],
    () => [options(['role', 'content', 'tool_calls', 'name'])],
    any,
  ])();

/** What is called: a name and the call itself. */
const CALLS_OF = [
  ['loadModel', () => realm.loadModel(pick([tinyAtlas, any()]), options(NAMES.loadModel, { threads: 1 })), keep],
  [
    'loadModelSync',
    () => realm.loadModelSync(pick([tinyAtlas, any()]), options(NAMES.loadModel, { threads: 1 })),
    keep,
  ],
  ['generate', () => model.generate(pick([PROMPT, ids(), any()]), options(NAMES.generate, few)), consume],
  ['generate', () => model.generate(PROMPT, options(NAMES.generate, few)), consume],
  ['chat', () => model.chat(messages(), options(NAMES.chat, few)), consume],
  ['tokenize', () => model.tokenize(pick([text(), any()]), options(NAMES.other))],
  ['detokenize', () => model.detokenize(ids(), options(NAMES.other))],
  ['tokenBytes', () => model.tokenBytes(pick([number(), any()]), options(NAMES.other))],
  ['decoder', () => model.decoder(options(NAMES.other)), (decoder) => [decoder.push(ids()), decoder.flush()]],
  ['logits', () => model.logits(ids(), options(['signal']))],
  ['embed', () => model.embed(pick([['text'], [ids()], any()]), options(NAMES.other))],
  ['rank', () => model.rank(any(), pick([['a'], any()]), options(NAMES.other))],
  ['applyChatTemplate', () => model.applyChatTemplate(messages(), options(['variables', 'template', 'tools']))],
  ['tokenizeChat', () => model.tokenizeChat(messages(), options(['variables', 'template', 'tools']))],
  [
    'renderChatTemplate',
    () => realm.renderChatTemplate(pick(['{{ messages[0].content }}', text(), any()]), messages(), any()),
  ],
  [
    'renderChatSegments',
    () => realm.renderChatSegments(pick(['{{ messages }}', any()]), messages(), options(['variables', 'tools'])),
  ],
  ['storeModel', () => realm.storeModel(any(), any())],
  ['getTensor', () => realm.getTensor(any(), any())],
  ['getModelInfo', () => realm.getModelInfo(any())],
  ['removeModel', () => realm.removeModel(any())],
  ['embedTokens', () => realm.embedTokens(any(), ids())],
  ['embedTokensInto', () => realm.embedTokensInto(any(), ids(), any())],
  ['forwardLayer', () => realm.forwardLayer(any(), any(), any(), any())],
  ['forwardLayerInto', () => realm.forwardLayerInto(any(), any(), any(), any(), any())],
  ['computeLogits', () => realm.computeLogits(any(), any())],
  ['computeLogitsInto', () => realm.computeLogitsInto(any(), any(), any())],
  ['close', () => below(20) === 0 && model.close()],
  ['host', callHost],
  ['createHost', () => createHost(pick([any(), options(['models', 'onToken'])])).close()],
  ['serve', () => serve(options(NAMES.serve, { port: 0, models: { atlas: tinyAtlas } })), (served) => served.close()],
  // What this process has more than the others: by its own name, whatever it takes.
  ...['score', 'memory', 'stats', 'verify', 'createSession']
    .filter((name) => typeof realm.Model.prototype[name] === 'function')
    .map((name) => [name, () => model[name](any(), options(NAMES.other))]),
];

/** One function of the host for guests, with anything; a model by its name first, so that some ids are right. */
function callHost() {
  const name = pick(Object.keys(host).filter((key) => typeof host[key] === 'function' && key !== 'close'));
  if (name === 'configure') return host.configure({});
  const id = below(2) ? any() : (callHost.id ??= host.loadModelByName('atlas'));
  if (name === 'generate') return host.generate(id, any(), pick([2, any()]), any(), any());
  if (name === 'removeModel') callHost.id = undefined;
  return host[name](id, any(), any(), any(), any());
}

function keep(loaded) {
  spare.push(loaded);
  if (spare.length > 2) spare.shift().close();
}

/** Loops, breaks, cancels, awaits; and does things to the model meanwhile. */
async function consume(generation) {
  let seen = 0;
  if (below(2))
    for await (const chunk of generation) {
      if (chunk === undefined) throw new Error('a chunk that is none');
      if (below(6) === 0) pick(SIDE_EFFECTS)();
      if (below(6) === 0) generation.cancel?.();
      if (++seen > 4 || below(5) === 0) break;
    }
  const late = setTimeout(() => generation.cancel?.(), 2000);
  try {
    return await generation;
  } finally {
    clearTimeout(late);
  }
}

const [findings, errors] = [[], {}];
let results = 0;
/** What is awaited; and whether all of it was. */
let [waiting, done] = ['', false];

/** What a getter, a trap or a revoked proxy threw: JavaScript's words for these are V8's own. */
const isTheirs = (error) =>
  error instanceof Thrown || (error instanceof TypeError && /proxy that has been revoked/.test(error.message));

function judge(name, error) {
  if (isTheirs(error)) return;
  if (error instanceof realm.RealmError && /^E_[A-Z_]+$/.test(error.code)) {
    errors[error.code] = (errors[error.code] ?? 0) + 1;
    if (error.code !== 'E_INTERNAL' && error.code !== 'E_ENGINE') return;
  }
  // What a signal says is what its owner wanted.
  if (error?.name === 'AbortError') return;
  if (
    SEVEN.has(name) ||
    name === 'embedTokensInto' ||
    name === 'forwardLayerInto' ||
    name === 'computeLogitsInto' ||
    name === 'host'
  )
    if (
      error instanceof Error &&
      Object.prototype.toString.call(error) === '[object Error]' &&
      error.name === 'TypeError' &&
      !/internal|undefined \(/.test(error.message) &&
      /downcast|must|type|convert/i.test(error.message)
    )
      return;
  const stack = String(error?.stack ?? error)
    .split('\n')
    .slice(0, 4)
    .join(' | ');
  if (findings.length < 20) findings.push(`${name}: ${stack}`);
}

async function call() {
  const [name, work, then] = pick(CALLS_OF);
  depth++;
  let result;
  try {
    result = work();
  } catch (error) {
    judge(name, error);
    if (GIVES_PROMISES.has(name) && !(error instanceof Thrown))
      findings.push(`${name} threw, it did not reject: ${error}`);
    return;
  } finally {
    depth--;
  }
  waiting = name;
  try {
    // A generation is looped over before it is awaited.
    await (then === consume ? consume(result) : then ? then(await result) : result);
    results++;
  } catch (error) {
    judge(name, error);
  }
}

async function main() {
  process.once('beforeExit', () => {
    if (!done) console.log(JSON.stringify({ seed: SEED, findings: [`${waiting} never ended, with nothing at work`] }));
  });
  process.on('unhandledRejection', (error) => judge('unhandled', error));
  for (let i = 0; i < CALLS; i++) {
    try {
      model.tokenize('');
    } catch {
      model = realm.loadModelSync(tinyAtlas); // closed by a call
    }
    await call();
  }
  for (const each of [...spare, model]) each.close();
  host.close();
  const canary = await realm.loadModel(tinyAtlas);
  const { text: answer } = await canary.generate(PROMPT, { maxTokens: 4 });
  if (answer !== ' Paris.') findings.push(`the model answers otherwise: ${answer}`);
  canary.close();
  done = true;
  console.log(JSON.stringify({ seed: SEED, calls: CALLS, results, errors, findings }));
}
void main();
