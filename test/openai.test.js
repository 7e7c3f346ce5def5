'use strict';

// One conversation, three ways: the client of this package, the `openai` package against a host, and model.chat itself.

const { OpenAI } = require('openai');
const { loadModelSync } = require('..');
const { openai } = require('../dist/openai');
const { serve } = require('../dist/serve');
const { tinyAtlas } = require('./fixtures/places');
const { openAiTools } = require('./fixtures/tools');

const messages = [{ role: 'user', content: 'What is the capital of Japan?' }];

let model;
let host;
let clients;
beforeAll(async () => {
  model = loadModelSync(tinyAtlas);
  host = await serve({ models: { atlas: model }, port: 0, token: false });
  const remote = new OpenAI({ baseURL: `${host.url}/v1`, apiKey: 'none', maxRetries: 0 });
  clients = { 'in this process': openai(model), 'the openai package, over HTTP': remote };
});
afterAll(async () => {
  await host.close();
  model.close();
});

const both = ['in this process', 'the openai package, over HTTP'];
const create = (name, params, options) =>
  clients[name].chat.completions.create({ model: 'atlas', messages, ...params }, options);
const chunksOf = async (stream) => {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
};
const deltasOf = (chunks) => chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta));

describe.each(both)('%s', (name) => {
  test('an answer', async () => {
    const answer = await create(name, {});
    expect(answer).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion',
      model: 'atlas',
    });
    expect(answer.choices).toEqual([
      {
        ...{ index: 0, finish_reason: 'stop', logprobs: null },
        message: { role: 'assistant', content: 'The capital of Japan is Tokyo.', refusal: null },
      },
    ]);
    const { usage } = await model.chat(messages);
    expect(answer.usage).toEqual({
      prompt_tokens: usage.promptTokens,
      completion_tokens: usage.generatedTokens,
      total_tokens: usage.promptTokens + usage.generatedTokens,
      prompt_tokens_details: { cached_tokens: expect.any(Number) },
      completion_tokens_details: { reasoning_tokens: 0 },
    });
  });

  test('a stream: the role first, then text, the reason, usage if asked for', async () => {
    const chunks = await chunksOf(await create(name, { stream: true, stream_options: { include_usage: true } }));
    expect(new Set(chunks.map(({ object, id }) => object + id)).size).toBe(1);
    expect(chunks.pop()).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) } });
    expect(chunks.pop().choices).toEqual([{ index: 0, delta: {}, finish_reason: 'stop', logprobs: null }]);
    const deltas = deltasOf(chunks);
    expect(deltas.map(({ role }) => role)).toEqual(['assistant', ...deltas.slice(1).map(() => undefined)]);
    expect(deltas.map(({ content }) => content).join('')).toBe('The capital of Japan is Tokyo.');
  });

  test('an empty answer has a role', async () => {
    const chunks = await chunksOf(await create(name, { stream: true, stop: ['The'] }));
    expect(chunks.map(({ choices }) => choices[0])).toMatchObject([
      { delta: { role: 'assistant', content: '' }, finish_reason: null },
      { delta: {}, finish_reason: 'stop' },
    ]);
  });

  test('n and seed: those of model.chat', async () => {
    const options = { n: 3, seed: 5, temperature: 2, top_p: 1, min_p: 0, top_k: 0, max_completion_tokens: 5 };
    const { choices, usage } = await create(name, options);
    const expected = await model.chat(messages, {
      n: 3,
      seed: 5,
      temperature: 2,
      topP: 1,
      minP: 0,
      topK: 0,
      maxTokens: 5,
    });
    expect(choices.map(({ index, message }) => [index, message.content])).toEqual(
      expected.choices.map(({ content }, index) => [index, content]),
    );
    expect(usage.completion_tokens).toBe(
      expected.choices.reduce((sum, choice) => sum + choice.usage.generatedTokens, 0),
    );
    const chunks = await chunksOf(await create(name, { ...options, stream: true }));
    const texts = ['', '', ''];
    for (const { choices: parts } of chunks) for (const { index, delta } of parts) texts[index] += delta.content ?? '';
    expect(texts).toEqual(choices.map(({ message }) => message.content));
  });

  test('logprobs: text and bytes of each token but the last, which ends it', async () => {
    const { choices } = await create(name, { logprobs: true, top_logprobs: 2 });
    const { content } = choices[0].logprobs;
    expect(content.map(({ token }) => token).join('')).toBe('The capital of Japan is Tokyo.');
    const { logprobs } = await model.chat(messages, { logprobs: true, topLogprobs: 2 });
    expect(content.map(({ logprob }) => logprob)).toEqual(logprobs.slice(0, -1).map(({ logprob }) => logprob));
    expect(content[0]).toMatchObject({ bytes: [...Buffer.from('The')], top_logprobs: [{ token: 'The' }, {}] });
    const chunks = await chunksOf(await create(name, { logprobs: true, top_logprobs: 2, stream: true }));
    expect(chunks.flatMap(({ choices: [choice] }) => choice.logprobs?.content ?? [])).toEqual(content);
  });

  test('response_format', async () => {
    const schema = {
      type: 'object',
      properties: { city: { enum: ['Tokyo'] } },
      required: ['city'],
      additionalProperties: false,
    };
    const json_schema = { name: 'city', strict: true, schema };
    const one = await create(name, { response_format: { type: 'json_schema', json_schema } });
    expect(JSON.parse(one.choices[0].message.content)).toEqual({ city: 'Tokyo' });
    const other = await create(name, { response_format: { type: 'json_object' }, max_tokens: 40 });
    expect(JSON.parse(other.choices[0].message.content)).toEqual(expect.any(Object));
  });

  test('tool calls, whole and streamed', async () => {
    const asked = { tools: openAiTools, tool_choice: 'required', parallel_tool_calls: false };
    const { choices } = await create(name, asked);
    const [{ message, finish_reason: reason }] = choices;
    expect(reason).toBe('tool_calls');
    expect(message).toEqual({
      ...{ role: 'assistant', content: null, refusal: null },
      tool_calls: [
        {
          id: expect.stringMatching(/^call_/),
          type: 'function',
          function: { name: 'capital', arguments: expect.any(String) },
        },
      ],
    });
    const chunks = await chunksOf(await create(name, { ...asked, stream: true }));
    expect(chunks.at(-1).choices[0].finish_reason).toBe('tool_calls');
    const [first, ...rest] = deltasOf(chunks).filter((delta) => delta.tool_calls);
    const id = expect.stringMatching(/^call_/);
    expect(first).toEqual({
      ...{ role: 'assistant', content: null },
      tool_calls: [{ index: 0, id, type: 'function', function: { name: 'capital', arguments: '' } }],
    });
    for (const delta of rest)
      expect(delta).toEqual({ tool_calls: [{ index: 0, function: { arguments: expect.any(String) } }] });
    const written = rest.map(({ tool_calls: [call] }) => call.function.arguments).join('');
    expect(written).toBe(message.tool_calls[0].function.arguments);
    const named = { ...asked, tool_choice: { type: 'function', function: { name: 'capital' } } };
    expect((await create(name, named)).choices[0].message.tool_calls).toHaveLength(1);
    const answered = [...messages, message, { role: 'tool', tool_call_id: message.tool_calls[0].id, content: 'Tokyo' }];
    const last = await create(name, { tools: openAiTools, tool_choice: 'none', messages: answered, max_tokens: 5 });
    expect(last.choices[0].message.tool_calls).toBeUndefined();
  });

  test.each([
    [{ temperature: -1 }, /temperature must be a number from 0 to 1000, got -1/],
    [{ messages: [] }, /messages must be an array of at least one message/],
    [{ tool_choice: 'required' }, /tool_?[cC]hoice asks for a call, but there are no tools/],
    [{ tool_choice: {} }, /tool_choice must be 'auto'/],
    [
      { response_format: { type: 'xml' } },
      /response_format.type must be 'text', 'json_object' or 'json_schema', got "xml"/,
    ],
    [{ functions: [{ name: 'f' }] }, /functions is not supported/],
    [{ stream: 'yes' }, /stream must be a boolean, got "yes"/],
  ])('%j is refused, streamed or not', async (params, message) => {
    await expect(create(name, params)).rejects.toThrow(message);
    if (params.stream === undefined) await expect(create(name, { ...params, stream: true })).rejects.toThrow(message);
  });

  test('a signal, and leaving the loop', async () => {
    const endless = { stream: true, ignore_eos: true, max_tokens: 400 };
    const controller = new AbortController();
    const stream = await create(name, endless, { signal: controller.signal });
    const left = (async () => {
      for await (const chunk of stream) if (chunk) controller.abort();
    })();
    // The openai package ends the loop where it was aborted.
    await left.catch((error) => expect(error.name).toBe('AbortError'));
    for await (const chunk of await create(name, endless)) if (chunk) break;
  });
});

test('a field that nobody knows: named here, passed over on the wire', async () => {
  const [here, wire] = both.map((name) => create(name, { mesages: [] }));
  await expect(here).rejects.toThrow('there is no field "mesages"; did you mean "messages"?');
  expect((await wire).choices).toHaveLength(1);
});

test('what asks for nothing is taken; reasoning_effort and chat_template_kwargs are', async () => {
  const nothing = {
    ...{ n: 1, logprobs: false, top_logprobs: null, logit_bias: {}, frequency_penalty: 0, presence_penalty: 0 },
    ...{ response_format: { type: 'text' }, tools: [], tool_choice: 'auto', functions: [], user: 'me', store: false },
    ...{ metadata: { a: 'b' }, parallel_tool_calls: true, modalities: ['text'], stop: null, seed: 1 },
    ...{ reasoning_effort: 'low', chat_template_kwargs: { enable_thinking: false } },
  };
  for (const name of both)
    expect((await create(name, nothing)).choices[0].message.content).toBe('The capital of Japan is Tokyo.');
});

describe('embeddings', () => {
  const embeddings = (params) => openai(model).embeddings.create({ model: 'atlas', ...params });

  test('of a text, texts, ids; as numbers and as base64', async () => {
    const [expected, other] = await model.embed(['one', 'two']);
    const { data, usage, object } = await embeddings({ input: ['one', 'two'] });
    expect(object).toBe('list');
    expect(data).toEqual([
      { object: 'embedding', index: 0, embedding: [...expected] },
      { object: 'embedding', index: 1, embedding: [...other] },
    ]);
    const tokens = model.tokenize('one').length + model.tokenize('two').length;
    expect(usage).toEqual({ prompt_tokens: tokens, total_tokens: tokens });
    const [{ embedding }] = (await embeddings({ input: 'one', encoding_format: 'base64' })).data;
    expect(Buffer.from(embedding, 'base64')).toEqual(Buffer.from(expected.buffer));
    expect((await embeddings({ input: [...model.tokenize('one')] })).data[0].embedding).toEqual([...expected]);
    expect((await embeddings({ input: [[...model.tokenize('one')]], dimensions: 8 })).data[0].embedding).toHaveLength(
      8,
    );
  });

  test('of nothing', async () => {
    await expect(embeddings({ input: [] })).rejects.toThrow('input must be a text, texts, ids or lists of ids');
    await expect(embeddings({ inputs: 'x' })).rejects.toThrow('there is no field "inputs"; did you mean "input"?');
    await expect(embeddings({ input: ['x', 5] })).rejects.toThrow('input[1] must be a string or token ids, got 5');
  });
});

test('openai() takes a model', () => {
  expect(() => openai({})).toThrow('model must be an open model, got an object (Object)');
});

test.each([
  [{ max_tokens: 0 }, 'max_tokens must be a positive integer, got 0'],
  [{ max_completion_tokens: 0 }, 'max_completion_tokens must be a positive integer, got 0'],
  [{ top_p: 2 }, 'top_p must be a number from 0 to 1, got 2'],
  [{ logit_bias: { x: 1 } }, 'logit_bias: "x" is no token id'],
  [{ top_logprobs: 2 }, 'top_logprobs needs logprobs: true'],
  [{ tool_choice: 'required' }, 'tool_choice asks for a call, but there are no tools'],
  [{ reasoning_effort: 5 }, 'reasoning_effort must be a string, got 5'],
])('%j: what is wrong is named in the words of who asked', async (params, message) => {
  for (const stream of [false, true])
    await expect(create('in this process', { ...params, stream })).rejects.toMatchObject({
      code: 'E_INVALID_ARGUMENT',
      message,
    });
});

test.each(both)('%s: log probabilities of a stream are those of the whole', async (name) => {
  const tools = { tools: openAiTools, tool_choice: 'required', parallel_tool_calls: false };
  for (const params of [{}, tools, { stop: 'yo' }, { max_tokens: 3 }]) {
    const asked = { ...params, logprobs: true, top_logprobs: 1 };
    const whole = (await create(name, asked)).choices[0].logprobs.content;
    const chunks = await chunksOf(await create(name, { ...asked, stream: true }));
    expect(chunks.flatMap(({ choices }) => choices[0].logprobs?.content ?? [])).toEqual(whole);
  }
});

test('a stream is read once; one that is left before its first chunk stops the work', async () => {
  const stream = await create('in this process', { stream: true });
  await chunksOf(stream);
  await expect(chunksOf(stream)).rejects.toThrow('the stream is read already: its chunks come once');
  const before = model.stats();
  const left = await create('in this process', { stream: true, max_tokens: 400, ignore_eos: true });
  await left[Symbol.asyncIterator]().return();
  expect(model.stats()).toMatchObject({ running: before.running, cancelled: before.cancelled + 1 });
});
