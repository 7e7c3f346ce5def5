'use strict';

const path = require('node:path');
const { HumanMessage } = require('@langchain/core/messages');
const { loadModelSync } = require('..');
const { createRealm } = require('../dist/adapters/ai');
const { ChatRealm, RealmEmbeddings, RealmRerank } = require('../dist/adapters/langchain');
const { collected } = require('./fixtures/collected');
const { runProgram } = require('./fixtures/child');
const { failure, rejection } = require('./fixtures/failure');
const { root, tinyAtlas } = require('./fixtures/places');

// Our models in frameworks, through the frameworks' own packages.

async function report(fixture) {
  const program = path.join(root, 'test/fixtures', fixture);
  const { stdout, stderr, code } = await runProgram(process.execPath, [program, tinyAtlas], { cwd: root });
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  return JSON.parse(stdout);
}

test('the AI SDK: text, streams, objects, tools, embeddings, abort', async () => {
  const found = await report('aiSdk.mjs');
  expect(found.whole).toMatchObject({ finishReason: 'stop', modelId: 'atlas', text: expect.stringContaining('Paris') });
  expect(found.whole.usage.inputTokens).toBeGreaterThan(0);
  expect(found.whole.usage.outputTokens).toBeGreaterThan(0);
  expect(found.streamed).toBe(found.whole.text);
  expect(found.parts).toEqual(['start', 'start-step', 'text-start', 'text-delta', 'text-end', 'finish-step', 'finish']);
  expect(found.object).toEqual({ city: expect.stringMatching(/^(Paris|Oslo)$/), sure: expect.any(Boolean) });
  expect(found.toolCalls).toEqual([{ toolName: 'weather', input: { city: expect.stringMatching(/^(Paris|Oslo)$/) } }]);
  expect(found.calls).toEqual([found.toolCalls[0].input]);
  expect(found.calledReason).toBe('tool-calls');
  expect(found.aborted).toBe('abort');
  expect(found.embedding).toEqual({ length: expect.any(Number), tokens: expect.any(Number) });
  expect(found.unknown).toEqual({ code: 'E_MODEL_NOT_FOUND', message: 'no model "nobody"; there is "atlas"' });
});

test('LangChain: invoke, stream, batch, structured output, tools, embeddings, abort', async () => {
  const found = await report('langchain.js');
  expect(found.answer.content).toContain('Paris');
  expect(found.answer).toMatchObject({ reason: 'stop', usage: { input_tokens: expect.any(Number) } });
  expect(found.chunks).toBeGreaterThan(2);
  expect(found.streamed).toMatchObject({
    content: found.answer.content,
    usage: { total_tokens: found.answer.usage.total_tokens },
  });
  expect(found.batch).toHaveLength(2);
  expect(found.stop).not.toContain('Paris');
  expect(found.structured).toEqual({ city: expect.stringMatching(/^(Paris|Oslo)$/) });
  expect(found.raw).toEqual({ parsed: found.structured, raw: found.structured });
  expect(found.calls).toEqual([{ name: 'weather', args: found.structured, type: 'tool_call', hasId: true }]);
  expect(found.streamedCalls).toEqual([{ name: 'weather', args: found.structured }]);
  expect(found.after).toBe('string');
  expect(found.aborted).toMatch(/Abort/);
  expect(found.embeddings).toEqual({ length: expect.any(Number), same: true });
});

describe('in this process', () => {
  const prompt = [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }];
  let model;
  beforeAll(() => (model = loadModelSync(tinyAtlas)));
  afterAll(() => model.close());

  /** A model whose answer is a call that is no JSON. */
  const broken = () => {
    const call = { id: 'call_1', name: 'f', arguments: undefined, invalid: 'malformed' };
    const said = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a' } };
    const usage = { promptTokens: 1, cachedTokens: 0, generatedTokens: 1, reasoningTokens: 0 };
    const result = {
      ...{ content: '', reasoning: '', toolCalls: [call], finishReason: 'tool-calls', usage },
      messages: [{ role: 'assistant', content: '', tool_calls: [said] }],
    };
    async function* deltas() {
      yield { type: 'tool-call-start', index: 0, id: 'call_1', name: 'f' };
      yield { type: 'tool-call-delta', index: 0, arguments: '{"a' };
      yield { type: 'tool-call', index: 0, ...call };
    }
    const chat = () => Object.assign(Promise.resolve(result), { cancel() {}, [Symbol.asyncIterator]: deltas });
    return { info: { name: 'broken' }, chat, close() {} };
  };

  test.each([undefined, null, 5, 'model.gguf', []])('createRealm(%p) is refused', (given) => {
    expect(failure(() => createRealm(given))).toMatchObject({
      code: 'E_INVALID_ARGUMENT',
      message: expect.stringMatching(/^models must be a model, or models by their names, got /),
    });
  });

  test('createRealm takes models, and nothing that is none', () => {
    expect(failure(() => createRealm({ a: model, b: 5 }))).toMatchObject({
      code: 'E_INVALID_ARGUMENT',
      message: 'models.b must be an open model, got 5',
    });
    expect(failure(() => createRealm({})())).toMatchObject({
      code: 'E_MODEL_NOT_FOUND',
      message: 'no model was given',
    });
  });

  test('AI SDK: a stream that is cancelled before it is read stops the work; a wrong prompt rejects', async () => {
    const realm = createRealm(model)();
    const { cancelled } = model.stats();
    const providerOptions = { realm: { ignoreEos: true } };
    const { stream } = await realm.doStream({ prompt, maxOutputTokens: 400, providerOptions });
    await stream.cancel();
    expect(model.stats()).toMatchObject({ running: 0, cancelled: cancelled + 1 });
    const image = [{ role: 'user', content: [{ type: 'file', mediaType: 'image/png', data: 'x' }] }];
    const started = realm.doStream({ prompt: image });
    expect(await rejection(started)).toMatchObject({ code: 'E_UNSUPPORTED' });
  });

  test('AI SDK: one text, and calls that are no JSON as they were written', async () => {
    const two = { prompt, providerOptions: { realm: { n: 2 } } };
    const message = 'n must be 1: a model of the AI SDK gives one text';
    expect(await rejection(createRealm(model)().doGenerate(two))).toMatchObject({
      code: 'E_INVALID_ARGUMENT',
      message,
    });
    expect(await rejection(createRealm(model)().doStream(two))).toMatchObject({ code: 'E_INVALID_ARGUMENT', message });
    const realm = createRealm({ broken: broken() })();
    const expected = { type: 'tool-call', toolCallId: 'call_1', toolName: 'f', input: '{"a' };
    expect((await realm.doGenerate({ prompt })).content).toEqual([expected]);
    const parts = await collected((await realm.doStream({ prompt })).stream);
    expect(parts.filter(({ type }) => type === 'tool-call')).toEqual([expected]);
  });

  test.each([
    [() => new ChatRealm(), 'model must be an open model, got undefined'],
    [() => new ChatRealm({ model: 'model.gguf' }), 'model must be an open model, got "model.gguf"'],
    [() => new ChatRealm(5), 'the parameter of ChatRealm must be an object, got 5'],
    [
      () => new ChatRealm({ model, temperature: 1 }),
      'ChatRealm has no option "temperature"; did you mean "options.temperature"?',
    ],
    [
      () => new ChatRealm({ model, options: { temperature: -1 } }),
      'temperature must be a number from 0 to 1000, got -1',
    ],
    [
      () => new RealmEmbeddings({ model, prefix: 'x' }),
      'RealmEmbeddings has no option "prefix"; did you mean "documents.prefix"?',
    ],
    [() => new RealmEmbeddings({ model, query: { dimensions: -1 } }), /^dimensions must be an integer from 0 to /],
    [() => new RealmRerank({ topN: 2 }), 'model must be an open model, got undefined'],
    [() => new RealmRerank({ model, topN: 1.5 }), 'topN must be a positive integer, got 1.5'],
  ])('LangChain: %s is refused', (call, message) => {
    expect(failure(call)).toMatchObject({
      code: 'E_INVALID_ARGUMENT',
      message: expect.stringMatching(message),
    });
  });

  test('LangChain: what its base classes take is taken', () => {
    const base = { verbose: false, tags: ['a'], metadata: {}, callbacks: [], cache: false, maxConcurrency: 2 };
    const chat = new ChatRealm({ model, ...base, maxRetries: 0, disableStreaming: true });
    expect(chat).toMatchObject({ tags: ['a'], disableStreaming: true });
    expect(new RealmEmbeddings({ model, maxConcurrency: 2, maxRetries: 0 }).caller.maxConcurrency).toBe(2);
  });

  test('LangChain: n texts are as many, but in a stream one; a choice without tools is refused', async () => {
    const chat = new ChatRealm({ model, options: { maxTokens: 4, temperature: 1, seed: 1 } });
    const { generations } = await chat.generate([[new HumanMessage('Hello')]], { n: 2 });
    const { llmOutput } = await chat._generate([new HumanMessage('Hello')], { n: 2 });
    const { choices } = await model.chat([{ role: 'user', content: 'Hello' }], {
      maxTokens: 4,
      temperature: 1,
      seed: 1,
      n: 2,
    });
    expect(generations[0].map(({ text }) => text)).toEqual(choices.map(({ content }) => content));
    const tokens = choices.reduce((sum, { usage }) => sum + usage.generatedTokens, 0);
    expect(llmOutput.tokenUsage.completionTokens).toBe(tokens);
    expect(await rejection(chat.stream('Hello', { n: 2 }).then(collected))).toMatchObject({
      message: 'n must be 1 in a stream: several texts would be one there',
    });
    expect(await rejection(chat.invoke('Hello', { tool_choice: 'any' }))).toMatchObject({
      message: 'toolChoice asks for a call, but there are no tools',
    });
  });

  test('LangChain: calls that are no JSON, given and told again', async () => {
    const fake = broken();
    const asked = [];
    const chat = new ChatRealm({ model: { ...fake, chat: (messages) => (asked.push(messages), fake.chat()) } });
    const answer = await chat.invoke('Hello');
    expect(answer.tool_calls).toEqual([]);
    const expected = { type: 'invalid_tool_call', id: 'call_1', name: 'f', args: '{"a', error: 'malformed' };
    expect(answer.invalid_tool_calls).toEqual([expected]);
    await chat.invoke([new HumanMessage('Hello'), answer]);
    expect(asked[1][1].tool_calls).toEqual([
      { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a' } },
    ]);
  });
});
