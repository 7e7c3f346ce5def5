'use strict';

const { loadModelSync } = require('..');
const { serve } = require('../dist/serve');
const { runScript } = require('./fixtures/child');
const { root, tinyAtlas } = require('./fixtures/places');
const { TOKEN, startHost, askHost, heldModel, Wire, until } = require('./fixtures/host');

const PROMPT = 'The capital of France is';
/** Ends when it is cancelled. */
const ENDLESS = { model: 'held', prompt: PROMPT, ignore_eos: true, max_tokens: 400 };

let host;
let model;
let held;
beforeAll(async () => {
  model = loadModelSync(tinyAtlas);
  held = heldModel();
  const models = { atlas: tinyAtlas, open: model, held: held.model };
  host = await startHost({ models, limits: { answerBytes: 100_000, tokens: 400 } });
});
afterAll(async () => {
  await host.close();
  model.close();
  held.close();
});

const ask = (...request) => askHost(host, ...request);

/** The `data:` lines of an answer of server-sent events. */
const eventsOf = async (response) =>
  (await response.text())
    .split('\n\n')
    .filter((event) => event.startsWith('data: '))
    .map((event) => event.slice(6));

describe('over a WebSocket', () => {
  let wire;
  beforeAll(async () => (wire = await Wire.to(host)));
  afterAll(() => wire.close());
  const call = async (name, params, id = 1) => {
    wire.send({ id, function: name, params, tenant_id: 'someone' });
    return wire.answer();
  };

  test('generate streams pieces, then the whole', async () => {
    const answer = await call('generate', { model: 'atlas', prompt: PROMPT }, 'a');
    const last = answer.pop();
    expect(answer.length).toBeGreaterThan(0);
    answer.forEach((message, index) =>
      expect(message).toEqual({
        id: 'a',
        status: 'streaming',
        data: { token: expect.any(String), index, is_final: false },
      }),
    );
    expect(answer.map(({ data }) => data.token).join('')).toBe(' Paris.');
    expect(last).toEqual({
      id: 'a',
      status: 'complete',
      data: {
        token: '',
        index: answer.length,
        is_final: true,
        model: 'atlas',
        text: ' Paris.',
        finish_reason: 'stop',
        usage: {
          prompt_tokens: expect.any(Number),
          completion_tokens: expect.any(Number),
          seconds: expect.any(Number),
        },
      },
    });
    expect(last.data.usage.prompt_tokens).toBe(model.tokenize(PROMPT).length);
  });

  test('generate from messages, from tokens, with options, not streamed, with the default model', async () => {
    const messages = [{ role: 'user', content: 'What is the capital of Japan?' }];
    expect(await call('generate', { messages, stream: false })).toMatchObject([
      { status: 'complete', data: { model: 'atlas', text: 'The capital of Japan is Tokyo.' } },
    ]);
    const tokens = Array.from(model.tokenize(PROMPT));
    expect((await call('generate', { tokens, model: 'open' })).at(-1).data.text).toBe(' Paris.');
    const options = { prompt: PROMPT, max_tokens: 9, temperature: 0.9, top_k: 20, top_p: 0.9, min_p: 0, seed: 7 };
    const expected = await model.generate(PROMPT, {
      ...{ maxTokens: 9, temperature: 0.9, topK: 20, topP: 0.9, minP: 0, seed: 7, repeatPenalty: 1.1, ignoreEos: true },
    });
    const answer = await call('generate', { ...options, repetition_penalty: 1.1, ignore_eos: true });
    expect(answer.at(-1).data).toMatchObject({ text: expected.text, finish_reason: 'length' });
    const cut = await call('generate', { prompt: PROMPT, max_tokens: 1e6, ignore_eos: true });
    expect(cut.at(-1).data.usage.completion_tokens).toBe(400);
    expect((await call('generate', { prompt: PROMPT, stop: 'ari', top_k: null })).at(-1).data.text).toBe(' P');
  });

  test('health, models, metadata, tokenize, detokenize', async () => {
    expect(await call('health')).toEqual([
      { id: 1, status: 'complete', data: { status: 'ok', models: ['atlas', 'open', 'held'], requests: 1 } },
    ]);
    expect((await call('models'))[0].data).toEqual({ models: ['atlas', 'open', 'held'] });
    expect((await call('metadata', { model: 'open' }))[0].data).toEqual({ model: 'open', ...model.info });
    const tokens = Array.from(model.tokenize(PROMPT));
    expect((await call('tokenize', { text: PROMPT }))[0].data).toEqual({ model: 'atlas', tokens });
    expect((await call('detokenize', { tokens, skip_special: true }))[0].data.text).toBe(PROMPT);
  });

  test('logits come as a binary frame, bit for bit', async () => {
    wire.send({ id: 'x', function: 'logits', params: { tokens: [1, 2, 3] } });
    const bytes = await wire.next();
    const length = bytes.readUInt32LE(0);
    expect(length % 4).toBe(0);
    expect(JSON.parse(bytes.subarray(4, 4 + length))).toEqual({
      id: 'x',
      status: 'complete',
      data: { model: 'atlas', type: 'f32', shape: [3, model.info.vocabSize] },
    });
    const expected = await model.logits([1, 2, 3]);
    expect(bytes.subarray(4 + length).equals(Buffer.from(expected.buffer))).toBe(true);
  });

  test('several requests at once, each answered under its id', async () => {
    const ids = [10, 11, 12, 13];
    for (const id of ids) wire.send({ id, function: 'generate', params: { prompt: PROMPT } });
    const texts = {};
    for (let left = ids.length; left > 0;) {
      const { id, status, data } = await wire.next();
      texts[id] = (texts[id] ?? '') + data.token;
      if (status === 'complete') left--;
    }
    expect(texts).toEqual({ 10: ' Paris.', 11: ' Paris.', 12: ' Paris.', 13: ' Paris.' });
  });

  test.each([
    ['type', { type: 'cancel', id: 'long' }],
    ['function', { id: 'c', function: 'cancel', params: { id: 'long' } }],
  ])('cancel by %s; a second one has no answer', async (_, cancel) => {
    wire.send({ id: 'long', function: 'generate', params: ENDLESS });
    expect((await wire.next()).status).toBe('streaming');
    wire.send(cancel);
    expect((await wire.answer()).at(-1)).toEqual({ id: 'long', status: 'cancelled', data: {} });
    wire.send(cancel);
    expect((await call('health'))[0].data.requests).toBe(1);
  });

  test.each([
    ['no JSON', '{"id":', null, 'E_PROTOCOL', 'the message is no JSON'],
    ['an array', '[]', null, 'E_PROTOCOL', 'the message must be a JSON object'],
    ['a binary frame of two bytes', Buffer.from('{}'), null, 'E_PROTOCOL', /a binary message is u32 length, JSON/],
    [
      'no id',
      { function: 'health' },
      null,
      'E_PROTOCOL',
      'id must be a string of at most 200 characters or an integer',
    ],
    ['no function', { id: 1 }, 1, 'E_PROTOCOL', 'function must be a string'],
    ['unknown function', { id: 2, function: 'pipeline' }, 2, 'E_PROTOCOL', 'there is no function "pipeline"'],
    ['wrong params', { id: 3, function: 'health', params: [] }, 3, 'E_PROTOCOL', 'params must be an object'],
    [
      'no prompt',
      { id: 4, function: 'generate' },
      4,
      'E_INVALID_ARGUMENT',
      /exactly one of prompt, messages and tokens/,
    ],
    ['a wrong option', gen({ top_p: 2 }), 5, 'E_INVALID_ARGUMENT', 'topP must be a number from 0 to 1, got 2'],
    ['a wrong token id', { id: 6, function: 'logits', params: { tokens: [99999] } }, 6, 'E_INVALID_TOKEN', /99999/],
    [
      'logits too large',
      { id: 7, function: 'logits', params: { tokens: Array(50).fill(1) } },
      7,
      'E_TOO_LARGE',
      /100000/,
    ],
    [
      'a path',
      gen({ model: '../models/x.gguf' }),
      5,
      'E_MODEL_NOT_FOUND',
      /^no model of this name is served; there are atlas, open, held$/,
    ],
    ['a prototype’s property', gen({ model: '__proto__' }), 5, 'E_MODEL_NOT_FOUND', /no model of this name/],
    ['no name', gen({ model: 5 }), 5, 'E_MODEL_NOT_FOUND', /no model of this name/],
  ])('%s: an error, and the connection stays', async (_, message, id, code, text) => {
    wire.send(message);
    const [answer] = await wire.answer();
    expect(answer).toMatchObject({ id, status: 'error', error: { code } });
    expect(answer.error.message).toMatch(text);
    expect((await call('models'))[0].status).toBe('complete');
  });

  test('the id of a request at work cannot be used again', async () => {
    wire.send({ id: 'same', function: 'generate', params: ENDLESS });
    wire.send({ id: 'same', function: 'health' });
    let answer;
    do answer = await wire.next();
    while (answer.status === 'streaming');
    expect(answer.error.message).toBe('a request with this id is at work');
    wire.send({ type: 'cancel', id: 'same' });
    expect((await wire.answer()).at(-1).status).toBe('cancelled');
  });
});

function gen(params) {
  return { id: 5, function: 'generate', params: { prompt: 'x', ...params } };
}

describe('over HTTP', () => {
  test('/health needs no token and tells nothing; everything else needs it', async () => {
    const health = await fetch(`${host.url}/health`);
    expect([health.status, await health.json()]).toEqual([200, { status: 'ok' }]);
    for (const authorization of ['', 'Bearer', 'Bearer wrong', `Basic ${TOKEN}`]) {
      const refused = await ask('/v1/models', undefined, { authorization });
      expect([refused.status, (await refused.json()).error.code]).toEqual([401, 'E_UNAUTHORIZED']);
    }
    expect((await ask('/nothing')).status).toBe(404);
    expect((await ask('/v1/chat/completions')).status).toBe(404);
  });

  test('/v1/models', async () => {
    const { object, data } = await (await ask('/v1/models')).json();
    expect([object, data.map(({ id }) => id)]).toEqual(['list', ['atlas', 'open', 'held']]);
  });

  const messages = [{ role: 'user', content: 'What is the capital of France?' }];

  test('/v1/chat/completions, whole', async () => {
    const response = await ask('/v1/chat/completions', { model: 'atlas', messages });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion',
      created: expect.any(Number),
      model: 'atlas',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'The capital of France is Paris.', refusal: null },
          finish_reason: 'stop',
          logprobs: null,
        },
      ],
      usage: {
        prompt_tokens: expect.any(Number),
        completion_tokens: expect.any(Number),
        total_tokens: expect.any(Number),
        prompt_tokens_details: { cached_tokens: expect.any(Number) },
        completion_tokens_details: { reasoning_tokens: 0 },
      },
    });
  });

  test('/v1/chat/completions, streamed', async () => {
    const body = { messages, stream: true, stream_options: { include_usage: true }, max_completion_tokens: 3 };
    const response = await ask('/v1/chat/completions', body);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const events = await eventsOf(response);
    expect(events.pop()).toBe('[DONE]');
    const chunks = events.map((event) => JSON.parse(event));
    expect(new Set(chunks.map(({ object }) => object))).toEqual(new Set(['chat.completion.chunk']));
    expect(chunks.pop().usage.completion_tokens).toBe(3);
    expect(chunks.pop().choices[0]).toMatchObject({ delta: {}, finish_reason: 'length' });
    expect(chunks[0].choices[0].delta.role).toBe('assistant');
    expect(chunks.map(({ choices }) => choices[0].delta.content).join('')).toMatch(/^The capital/);
  });

  test.each([
    [{ messages, model: 'other' }, 404, 'E_MODEL_NOT_FOUND'],
    [{ messages, stream: true, temperature: -1 }, 400, 'E_INVALID_ARGUMENT'],
    [{ messages, tools: [{}] }, 400, 'E_INVALID_ARGUMENT'],
    [{ messages, tool_choice: 'required' }, 400, 'E_INVALID_ARGUMENT'],
    [{ messages, n: 0 }, 400, 'E_INVALID_ARGUMENT'],
    [{ messages, functions: [{ name: 'f' }] }, 400, 'E_UNSUPPORTED'],
    [{ messages, frequency_penalty: 'much' }, 400, 'E_INVALID_ARGUMENT'],
    [{ messages, response_format: { type: 'xml' } }, 400, 'E_INVALID_ARGUMENT'],
    [{ messages, response_format: { type: 'json_schema' } }, 400, 'E_INVALID_ARGUMENT'],
    [{}, 400, 'E_INVALID_ARGUMENT'],
    [{ messages: [] }, 400, 'E_INVALID_ARGUMENT'],
    [{ mesages: messages }, 400, 'E_INVALID_ARGUMENT'],
    ['[', 400, 'E_PROTOCOL'],
  ])('/v1/chat/completions refuses %j', async (body, status, code) => {
    const response = await ask('/v1/chat/completions', body);
    expect([response.status, (await response.json()).error]).toMatchObject([
      status,
      { code, type: status === 404 ? 'not_found_error' : 'invalid_request_error' },
    ]);
  });

  test('/v1/chat/completions takes what asks for nothing', async () => {
    const nothing = {
      ...{ n: 1, logprobs: false, top_logprobs: null, logit_bias: {}, frequency_penalty: 0, presence_penalty: 0 },
      ...{ response_format: { type: 'text' }, tools: [], tool_choice: 'auto', functions: [], user: 'me', store: false },
      ...{ metadata: { a: 'b' }, parallel_tool_calls: true, modalities: ['text'], stop: null, seed: 1 },
    };
    const response = await ask('/v1/chat/completions', { messages, ...nothing });
    expect([response.status, (await response.json()).choices?.[0].message.content]).toEqual([
      200,
      'The capital of France is Paris.',
    ]);
  });

  test('a streamed answer without text has a role', async () => {
    const events = await eventsOf(await ask('/v1/chat/completions', { messages, stream: true, stop: ['The'] }));
    const chunks = events.slice(0, -1).map((event) => JSON.parse(event).choices[0]);
    expect(chunks).toMatchObject([
      { delta: { role: 'assistant', content: '' }, finish_reason: null },
      { delta: {}, finish_reason: 'stop' },
    ]);
  });

  test('stop tokens, and parameters that are not there', async () => {
    const generate = async (params) =>
      (await ask('/v1/call', { function: 'generate', params: { prompt: PROMPT, ...params } })).json();
    expect((await generate({ stop_tokens: [16] })).data).toMatchObject({ text: ' Paris', finish_reason: 'stop' });
    expect((await generate({ stop_tokens: [260], stop: 'never' })).data.text).toBe(' Par');
    expect((await generate({ temprature: 1 })).error).toMatchObject({
      code: 'E_INVALID_ARGUMENT',
      message: 'generate has no parameter "temprature"; did you mean "temperature"?',
    });
    const ids = (
      await (
        await ask('/v1/call', { function: 'tokenize', params: { text: '<|endoftext|>x', as_prompt: true } })
      ).json()
    ).data;
    expect(ids.tokens).toEqual([...model.tokenize('<|endoftext|>x', { asPrompt: true })]);
    expect(ids.tokens.filter((id) => id === 0)).toHaveLength(1);
  });

  test('/v1/call: the WebSocket’s envelope, whole, streamed, binary', async () => {
    const params = { prompt: PROMPT };
    const whole = await (await ask('/v1/call', { id: 3, function: 'generate', params })).json();
    expect(whole).toMatchObject({ id: 3, status: 'complete', data: { text: ' Paris.' } });
    const streamed = await eventsOf(
      await ask('/v1/call', { function: 'generate', params: { ...params, stream: true } }),
    );
    const answers = streamed.map((event) => JSON.parse(event));
    expect(answers.map(({ data }) => data.token).join('')).toBe(' Paris.');
    expect(answers.at(-1)).toMatchObject({ id: 0, status: 'complete', data: { is_final: true, text: ' Paris.' } });
    const binary = await ask('/v1/call', { function: 'logits', params: { tokens: [5] } });
    expect(binary.headers.get('content-type')).toBe('application/octet-stream');
    const bytes = Buffer.from(await binary.arrayBuffer());
    const floats = bytes.subarray(4 + bytes.readUInt32LE(0));
    expect(floats.equals(Buffer.from((await model.logits([5])).buffer))).toBe(true);
  });

  test('a client that goes away in the middle of an answer cancels it', async () => {
    const gone = new AbortController();
    const params = { ...ENDLESS, stream: true };
    const response = await fetch(`${host.url}/v1/call`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify({ function: 'generate', params }),
      signal: gone.signal,
    });
    await response.body.getReader().read();
    expect(host.stats().requests).toBe(1);
    gone.abort();
    await until(() => host.stats().requests === 0);
  });

  test('pages of the host’s own origin and of allowed ones, and preflights', async () => {
    const allowing = await startHost({ origins: ['https://example.org'], token: false });
    const from = (origin, method = 'GET') => fetch(`${allowing.url}/v1/models`, { method, headers: { origin } });
    for (const origin of [allowing.url, `http://localhost:${allowing.port}`, 'https://example.org']) {
      const response = await from(origin);
      expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([200, origin]);
      await response.text();
      const preflight = await from(origin, 'OPTIONS');
      expect([preflight.status, preflight.headers.get('access-control-allow-headers')]).toEqual([
        204,
        'authorization, content-type, x-api-key',
      ]);
      const asked = { origin, 'access-control-request-headers': 'authorization,x-stainless-os' };
      const own = await fetch(`${allowing.url}/v1/models`, { method: 'OPTIONS', headers: asked });
      expect(own.headers.get('access-control-allow-headers')).toBe('authorization,x-stainless-os');
    }
    const foreign = await from('https://example.org.evil.example');
    expect([foreign.status, foreign.headers.get('access-control-allow-origin')]).toEqual([403, null]);
    await allowing.close();
  });

  test('other paths are yours', async () => {
    const own = await startHost({ onRequest: (request, response) => response.end(`mine: ${request.url}`) });
    expect(await (await fetch(`${own.url}/page?x`)).text()).toBe('mine: /page?x');
    expect((await fetch(`${own.url}/page`, { headers: { origin: 'http://evil.example' } })).status).toBe(403);
    await own.close();
  });
});

describe('options', () => {
  const models = { atlas: tinyAtlas };
  test.each([
    [{}, 'models must be an object, got undefined'],
    [{ models: {} }, 'models must name at least one model'],
    [{ models: { x: 3 } }, 'models["x"] must be a path, { path } or a Model'],
    [{ models, port: 70000 }, 'port must be an integer from 0 to 65535, got 70000'],
    [{ models, token: 'short' }, 'token must be at least 16 letters, digits or -._~+/=, or false'],
    [{ models, token: 'sixteen characters' }, 'token must be at least 16 letters, digits or -._~+/=, or false'],
    [{ models, token: false, host: '0.0.0.0' }, 'without a token the host listens on loopback only, not on "0.0.0.0"'],
    [{ models, origins: ['https://x.org/'] }, 'origins: "https://x.org/" is no origin such as \'https://example.org\''],
    [{ models, origins: '*' }, 'origins must be an array of strings, got "*"'],
    [{ models, limits: { connection: 1 } }, 'there is no limit "connection"; did you mean "connections"?'],
    [{ models, limits: { tokens: 0 } }, 'limits.tokens must be a positive integer, got 0'],
    [{ models, onRequest: 1 }, 'onRequest must be a function'],
  ])('%j is refused', async (options, message) => {
    await expect(serve(options)).rejects.toMatchObject({ name: 'RealmError', code: 'E_INVALID_ARGUMENT', message });
  });

  test('a port that is taken', async () => {
    await expect(startHost({ port: host.port })).rejects.toMatchObject({ code: 'E_IO', message: /EADDRINUSE/ });
  });

  test('the default: 127.0.0.1 and a token of its own', async () => {
    const own = await serve({ models, port: 0 });
    const again = await serve({ models, port: 0 });
    expect(own.url).toBe(`http://127.0.0.1:${own.port}`);
    expect(own.token).toMatch(/^[\w-]{32}$/);
    expect(own.token).not.toBe(again.token);
    await Promise.all([own.close(), again.close()]);
  });

  test('a model that cannot be loaded: without its path; tried again next time', async () => {
    const broken = await startHost({ models: { gone: '/nowhere/secret.gguf' } });
    const wire = await Wire.to(broken);
    for (const id of [1, 2]) {
      wire.send({ id, function: 'metadata' });
      expect(await wire.next()).toEqual({
        id,
        status: 'error',
        error: { code: 'E_IO', message: 'the model gone could not be loaded' },
      });
    }
    expect(broken.stats().loaded).toBe(0);
    await wire.close();
    await broken.close();
  });
});

test('closes in a Node without closeAllConnections (18.0, 18.1), also with connections that are kept open', async () => {
  const { code, stdout, stderr } = await runScript(`
    const http = require('node:http');
    delete http.Server.prototype.closeAllConnections;
    const { serve } = require(${JSON.stringify(`${root}/dist/serve`)});
    (async () => {
      const host = await serve({ models: { atlas: ${JSON.stringify(tinyAtlas)} }, port: 0 });
      const agent = new http.Agent({ keepAlive: true });
      await new Promise((resolve) => http.get(host.url + '/health', { agent }, (response) => response.resume().on('end', resolve)));
      await host.close();
      console.log('closed');
    })();`);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'closed\n', stderr: '' });
});
