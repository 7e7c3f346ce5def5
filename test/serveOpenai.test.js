'use strict';

const { default: OpenAI, BadRequestError, NotFoundError, AuthenticationError } = require('openai');
const { loadModelSync } = require('..');
const { collected } = require('./fixtures/collected');
const { TOKEN, startHost, askHost } = require('./fixtures/host');
const { tinyEncoder } = require('./fixtures/encoder');
const { reason } = require('./fixtures/failure');
const { tinyAtlas } = require('./fixtures/places');

// The paths of OpenAI's API, and llama.cpp's beside them, through the openai package and by hand.

const PROMPT = 'The capital of France is';
let host;
let model;
let ranker;
let client;
beforeAll(async () => {
  model = loadModelSync(tinyAtlas);
  ranker = loadModelSync(tinyEncoder({ classifier: true, pooling: 4 }));
  host = await startHost({
    models: { atlas: model, file: tinyAtlas, ranker },
    limits: { tokens: 40, answerBytes: 200_000 },
  });
  client = new OpenAI({ apiKey: TOKEN, baseURL: `${host.url}/v1`, maxRetries: 0 });
});
afterAll(async () => {
  await host.close();
  model.close();
  ranker.close();
});

const ask = (...request) => askHost(host, ...request);
const post = async (path, body) => (await ask(path, body)).json();

describe('/v1/completions', () => {
  const create = (params) => client.completions.create({ model: 'atlas', prompt: PROMPT, ...params });

  test('whole, and streamed with usage: the same as model.generate', async () => {
    const options = { temperature: 0.9, seed: 3 };
    const { text, tokens, promptTokens } = await model.generate(PROMPT, { ...options, maxTokens: 9, ignoreEos: true });
    const asked = { ...options, max_tokens: 9, ignore_eos: true };
    const usage = {
      ...{ prompt_tokens: promptTokens, completion_tokens: tokens.length, total_tokens: promptTokens + tokens.length },
      prompt_tokens_details: { cached_tokens: expect.any(Number) },
    };
    expect(await create(asked)).toEqual({
      ...{
        id: expect.stringMatching(/^cmpl-/),
        object: 'text_completion',
        created: expect.any(Number),
        model: 'atlas',
      },
      choices: [{ index: 0, text, finish_reason: 'length', logprobs: null }],
      usage,
    });
    const chunks = await collected(await create({ ...asked, stream: true, stream_options: { include_usage: true } }));
    expect(chunks.map(({ choices }) => choices[0]?.text ?? '').join('')).toBe(text);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage });
    expect(chunks.at(-2).choices[0].finish_reason).toBe('length');
  });

  test('several prompts, ids, n: choices prompt by prompt; 16 tokens unless told otherwise', async () => {
    const ids = [...model.tokenize('The capital of Japan is', { asPrompt: true })];
    const { choices } = await create({ prompt: [PROMPT, 'The capital of Peru is'], n: 2, stop: '.' });
    expect(choices.map(({ index, text }) => [index, text])).toEqual([
      ...[
        [0, ' Paris'],
        [1, ' Paris'],
        [2, ' Lima'],
        [3, ' Lima'],
      ],
    ]);
    expect((await create({ prompt: ids, stop: '.' })).choices[0].text).toBe(' Tokyo');
    expect((await create({ prompt: [ids, ids] })).choices).toHaveLength(2);
    expect((await create({ ignore_eos: true })).usage.completion_tokens).toBe(16);
    expect((await create({ ignore_eos: true, max_tokens: 4000 })).usage.completion_tokens).toBe(40);
  });

  test('echo and logprobs: what lm-eval reads', async () => {
    const ids = [...model.tokenize(PROMPT, { asPrompt: true })];
    const { logprobs: scores } = await model.score(ids);
    const [{ text, logprobs }] = (await create({ echo: true, logprobs: 2, max_tokens: 0 })).choices;
    expect(text).toBe(PROMPT);
    expect(logprobs.tokens).toHaveLength(ids.length);
    expect(logprobs.token_logprobs).toEqual([null, ...scores.slice(1)]);
    expect(logprobs.top_logprobs[0]).toBeNull();
    const rows = await model.logits(ids);
    logprobs.top_logprobs.slice(1).forEach((tops, i) => {
      const row = [...rows.subarray(i * model.info.vocabSize, (i + 1) * model.info.vocabSize)];
      const sum = Math.log(row.reduce((total, value) => total + Math.exp(value), 0));
      const best = Math.max(...row) - sum;
      expect(Math.max(...Object.values(tops))).toBeCloseTo(best, 4);
      expect(Object.keys(tops)).toHaveLength(2);
    });
    const [both] = (await create({ echo: true, logprobs: 1, max_tokens: 3 })).choices;
    const generated = await model.generate(PROMPT, { maxTokens: 3, logprobs: true });
    expect(both.text).toBe(PROMPT + generated.text);
    expect(both.logprobs.token_logprobs.slice(ids.length)).toEqual(
      generated.logprobs.slice(0, both.logprobs.tokens.length - ids.length).map(({ logprob }) => logprob),
    );
    both.logprobs.text_offset.slice(ids.length).forEach((offset, i) => {
      const token = both.logprobs.tokens[ids.length + i];
      expect(both.text.slice(offset, offset + token.length)).toBe(token);
    });
    const pieces = await collected(await create({ echo: true, logprobs: 1, max_tokens: 3, stream: true }));
    expect(pieces.flatMap(({ choices }) => choices[0].logprobs?.token_logprobs ?? [])).toEqual(
      both.logprobs.token_logprobs,
    );
    expect((await create({ max_tokens: 0 })).choices[0]).toMatchObject({ text: '', finish_reason: 'length' });
  });

  test('a begin token has no place in the text, and bytes that are no whole characters are told as such', async () => {
    const prompt = 'a😀é b';
    const ids = [...model.tokenize(prompt, { asPrompt: true })];
    expect(ids[0]).toBe(model.info.tokenizer.bosId);
    const [{ logprobs, text }] = (await create({ prompt, echo: true, logprobs: 20, max_tokens: 0 })).choices;
    const bytes = ids.map((id) => Buffer.from(model.tokenBytes(id)));
    const whole = (part) => Buffer.from(part.toString()).equals(part);
    expect(bytes.filter((part) => !whole(part)).length).toBeGreaterThan(2);
    const hex = (part) => [...part].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
    expect(logprobs.tokens).toEqual(bytes.map((part) => (whole(part) ? part.toString() : `bytes:${hex(part)}`)));
    const starts = ids.map(
      (_, i) => new TextDecoder().decode(Buffer.concat(bytes.slice(1, i)), { stream: true }).length,
    );
    expect(logprobs.text_offset).toEqual(starts);
    expect(text).toBe(prompt);
    for (const tops of logprobs.top_logprobs.slice(1)) expect(Object.keys(tops)).toHaveLength(20);
    const asIds = (await create({ prompt: ids, echo: true, logprobs: 0, max_tokens: 0 })).choices[0];
    expect(asIds.text).toBe(model.detokenize(ids));
    expect(asIds.logprobs.text_offset[1]).toBe(asIds.logprobs.tokens[0].length);
  });

  test('grammars: llama.cpp’s fields, and response_format', async () => {
    const schema = { type: 'object', properties: { a: { enum: [1] } }, required: ['a'], additionalProperties: false };
    expect((await create({ grammar: 'root ::= "yes" | "no"' })).choices[0].text).toMatch(/^(yes|no)$/);
    expect((await create({ json_schema: schema })).choices[0].text).toBe('{"a":1}');
    const format = { type: 'json_schema', json_schema: { name: 'x', schema } };
    expect((await create({ response_format: format })).choices[0].text).toBe('{"a":1}');
  });

  test.each([
    [{ prompt: 5 }, 'prompt must be a text, texts, ids or lists of ids, got 5', 'prompt'],
    [{ prompt: [] }, 'prompt must be a text, texts, ids or lists of ids', 'prompt'],
    [{ prompt: Array.from({ length: 129 }, () => 'a'), n: 2 }, 'prompt must be at most 256 texts', 'prompt'],
    [{ prompt: ['a', 5] }, 'prompt[1] must be a text or ids, got 5', 'prompt[1]'],
    [{ prompt: undefined }, 'prompt must be a text', 'prompt'],
    [{ repetition_penalty: 'x' }, 'repetition_penalty must be', 'repetition_penalty'],
    [{ logit_bias: 5 }, 'logit_bias must be', 'logit_bias'],
    [{ max_tokens: 'many' }, 'max_tokens must be an integer', 'max_tokens'],
    [{ logprobs: true }, 'logprobs must be an integer', 'logprobs'],
    [{ echo: 1 }, 'echo must be', 'echo'],
    [{ stream_options: 5 }, 'stream_options must be an object', 'stream_options'],
    [{ suffix: 'x' }, 'suffix is not supported', 'suffix'],
    [{ best_of: 3 }, 'best_of is not supported', 'best_of'],
    [{ grammar: 'root' }, 'GBNF: expected', null],
    [{ max_tokens: 0, n: 0 }, 'n must be', 'n'],
    [{ max_tokens: 0, temperature: 'hot' }, 'temperature must be', 'temperature'],
    [{ max_tokens: 0, echo: true, logprobs: 128, n: 128, prompt: 'a b c d e f g h' }, 'echo with logprobs', null],
    [{ json_schema: 'json' }, 'json_schema must be a JSON Schema', 'json_schema'],
  ])('%j is a 400', async (params, message, param) => {
    const error = await reason(create(params));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error.message).toContain(message);
    expect(error).toMatchObject({ type: 'invalid_request_error', param });
  });
});

describe('/v1/embeddings', () => {
  test('the openai package, which asks for base64, has the very numbers; as floats too', async () => {
    const [expected, other] = await model.embed(['one', 'two']);
    const tokens = model.tokenize('one').length + model.tokenize('two').length;
    for (const format of [{}, { encoding_format: 'float' }, { encoding_format: 'base64' }]) {
      const answer = await client.embeddings.create({ model: 'atlas', input: ['one', 'two'], ...format });
      const numbers = answer.data.map(({ embedding }) =>
        typeof embedding === 'string'
          ? [...new Float32Array(Uint8Array.from(Buffer.from(embedding, 'base64')).buffer)]
          : embedding,
      );
      expect(numbers).toEqual([[...expected], [...other]]);
      expect(answer).toMatchObject({
        object: 'list',
        model: 'atlas',
        usage: { prompt_tokens: tokens, total_tokens: tokens },
      });
      expect(answer.data.map(({ object, index }) => [object, index])).toEqual([
        ['embedding', 0],
        ['embedding', 1],
      ]);
    }
  });

  test('ids, lists of ids, dimensions; fields that nobody knows', async () => {
    const ids = [...model.tokenize('one')];
    const [expected] = await model.embed(['one']);
    const of = async (params) => (await post('/v1/embeddings', { model: 'atlas', ...params })).data;
    expect((await of({ input: ids }))[0].embedding).toEqual([...expected]);
    expect(await of({ input: [ids, ids], truncate_prompt_tokens: null, some_new_field: 1 })).toHaveLength(2);
    expect((await of({ input: 'one', dimensions: 8 }))[0].embedding).toHaveLength(8);
  });

  test.each([
    [{ input: [] }, 400],
    [{ input: 5 }, 400],
    [{ input: 'x', dimensions: '8' }, 400],
    [{ input: 'x', encoding_format: 'int8' }, 400],
    [{ input: 'x', model: 'none' }, 404],
    [{ input: 'x', model: 5 }, 404],
    [{ input: Array.from({ length: 500 }, () => 'x') }, 413],
  ])('%j is refused', async (params, status) => {
    const response = await ask('/v1/embeddings', { model: 'atlas', ...params });
    expect([response.status, (await response.json()).error.type]).toEqual([
      status,
      status === 404 ? 'not_found_error' : 'invalid_request_error',
    ]);
  });
});

describe('/v1/rerank', () => {
  const documents = ['there', 'here', 'elsewhere'];

  test('in Jina’s form, under all its names', async () => {
    const scores = await ranker.rank('where?', documents);
    const order = documents.map((_, index) => index).sort((a, b) => scores[b] - scores[a]);
    for (const path of ['/v1/rerank', '/rerank', '/v1/reranking', '/reranking']) {
      const { usage, ...answer } = await post(path, { model: 'ranker', query: 'where?', documents, some: 'thing' });
      expect(answer).toEqual({
        ...{ model: 'ranker', object: 'list' },
        results: order.map((index) => ({ index, relevance_score: scores[index] })),
      });
      expect(usage.prompt_tokens).toBeGreaterThan(20);
      expect(usage.total_tokens).toBe(usage.prompt_tokens);
    }
    const objects = documents.map((text) => ({ text }));
    const body = { model: 'ranker', query: 'where?', documents: objects, top_n: 1, return_documents: true };
    expect((await post('/v1/rerank', body)).results).toEqual([
      { index: order[0], relevance_score: scores[order[0]], document: { text: documents[order[0]] } },
    ]);
    expect(await post('/rerank', { model: 'ranker', query: 'where?', texts: documents, return_text: true })).toEqual(
      order.map((index) => ({ index, score: scores[index], text: documents[index] })),
    );
  });

  test.each([
    [{ documents }, 'E_INVALID_ARGUMENT'],
    [{ query: 'x' }, 'E_INVALID_ARGUMENT'],
    [{ query: 'x', documents: [] }, 'E_INVALID_ARGUMENT'],
    [{ query: 'x', documents: [5] }, 'E_INVALID_ARGUMENT'],
    [{ query: 'x', documents, top_n: -1 }, 'E_INVALID_ARGUMENT'],
    [{ query: 'x', documents: Array.from({ length: 2049 }, () => 'x') }, 'E_INVALID_ARGUMENT'],
    [{ query: 'x', documents, model: 'atlas' }, 'E_UNSUPPORTED'],
  ])('%j is a 400', async (body, code) => {
    const response = await ask('/v1/rerank', { model: 'ranker', ...body });
    expect([response.status, (await response.json()).error.code]).toEqual([400, code]);
  });
});

test('/tokenize, /detokenize, /apply-template, as llama.cpp’s server has them', async () => {
  const content = 'Café <|im_end|>';
  const plain = [...model.tokenize(content, { addSpecial: false, parseSpecial: true })];
  expect(await post('/tokenize', { content })).toEqual({ tokens: plain });
  expect(await post('/tokenize', { content, parse_special: false, add_special: true })).toEqual({
    tokens: [...model.tokenize(content)],
  });
  const { tokens: pieces } = await post('/tokenize', { content, with_pieces: true });
  expect(pieces.map(({ id }) => id)).toEqual(plain);
  const bytes = pieces.map(({ piece }) => (typeof piece === 'string' ? Buffer.from(piece) : Buffer.from(piece)));
  expect(Buffer.concat(bytes).toString()).toBe(content);
  expect(await post('/detokenize', { tokens: plain })).toEqual({ content });
  const long = 'word '.repeat(10_000);
  expect((await post('/tokenize', { content: long })).tokens).toEqual([...model.tokenize(long, { addSpecial: false })]);
  const messages = [{ role: 'user', content: 'Hello' }];
  expect(await post('/apply-template', { messages })).toEqual({ prompt: model.applyChatTemplate(messages) });
  expect((await ask('/tokenize', { content: long, with_pieces: true })).status).toBe(413);
  for (const [path, body] of [
    ['/tokenize', {}],
    ['/detokenize', { tokens: 'x' }],
    ['/apply-template', {}],
  ])
    expect((await ask(path, body)).status).toBe(400);
});

describe('what the host is', () => {
  test('models, with their context', async () => {
    const { data } = await client.models.list();
    expect(data.map(({ id }) => id)).toEqual(['atlas', 'file', 'ranker']);
    const { contextLength, vocabSize } = model.info;
    expect(data[0]).toMatchObject({
      max_model_len: contextLength,
      meta: { n_ctx_train: contextLength, n_vocab: vocabSize },
    });
    expect(await client.models.retrieve('atlas')).toEqual(data[0]);
    expect((await reason(client.models.retrieve('none'))).constructor).toBe(NotFoundError);
    expect((await ask('/models')).status).toBe(200);
    expect(await (await ask('/props')).json()).toMatchObject({ default_generation_settings: { n_ctx: contextLength } });
  });

  test('probes need no token; everything else does', async () => {
    for (const path of ['/health', '/v1/health', '/livez', '/readyz']) {
      const response = await fetch(host.url + path);
      expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
    }
    for (const path of ['/metrics', '/props', '/models']) expect((await fetch(host.url + path)).status).toBe(401);
    const stranger = new OpenAI({ apiKey: 'wrong', baseURL: `${host.url}/v1`, maxRetries: 0 });
    expect((await reason(stranger.embeddings.create({ model: 'atlas', input: 'x' }))).constructor).toBe(
      AuthenticationError,
    );
  });

  test('/readyz of a host that is full or closing', async () => {
    const full = await startHost({ limits: { requests: 1, requestsPerClient: 1 } });
    const controller = new AbortController();
    const headers = { authorization: `Bearer ${TOKEN}` };
    const body = JSON.stringify({ prompt: PROMPT, ignore_eos: true, max_tokens: 400, stream: true });
    const running = await fetch(`${full.url}/v1/completions`, {
      method: 'POST',
      headers,
      body,
      signal: controller.signal,
    });
    const ready = await fetch(`${full.url}/readyz`);
    const refused = await fetch(`${full.url}/v1/embeddings`, { method: 'POST', headers, body: '{"input":"x"}' });
    const metrics = await (await fetch(`${full.url}/metrics`, { headers })).text();
    controller.abort();
    await running.text().catch(() => {});
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'busy' }]);
    expect(refused.status).toBe(429);
    expect(metrics).toContain('\nrealm:requests_at_work 1\n');
    expect(metrics).toContain('\nrealm:requests_refused_total 1\n');
    await full.close();
  });

  test('/metrics: what was asked and generated', async () => {
    const own = loadModelSync(tinyAtlas);
    const counting = await startHost({ models: { 'a"b': own } });
    const headers = { authorization: `Bearer ${TOKEN}` };
    const scrape = async () => (await fetch(`${counting.url}/metrics`, { headers })).text();
    const valueOf = (text, name) =>
      Number(new RegExp(`^${name.replace(/[{}"\\|]/g, '\\$&')} (.*)$`, 'm').exec(text)[1]);
    expect(valueOf(await scrape(), 'llamacpp:tokens_predicted_total')).toBe(0);
    const body = JSON.stringify({ prompt: PROMPT, ignore_eos: true, max_tokens: 5 });
    for (let i = 0; i < 2; i++)
      await (await fetch(`${counting.url}/v1/completions`, { method: 'POST', headers, body })).json();
    const text = await scrape();
    expect(valueOf(text, 'llamacpp:tokens_predicted_total')).toBe(10);
    const labels = '{model_name="a\\"b"}';
    const prompt = model.tokenize(PROMPT, { asPrompt: true }).length;
    expect(valueOf(text, `vllm:prompt_tokens_total${labels}`)).toBe(2 * prompt);
    expect(valueOf(text, `vllm:num_requests_running${labels}`)).toBe(0);
    expect(valueOf(text, `vllm:e2e_request_latency_seconds_count${labels}`)).toBe(2);
    expect(valueOf(text, `vllm:inter_token_latency_seconds_count${labels}`)).toBe(8);
    expect(valueOf(text, 'vllm:request_success_total{model_name="a\\"b",finished_reason="length"}')).toBe(2);
    // Each name has its type once, before its figures, as the format wants it.
    const seen = new Set();
    let current;
    for (const line of text.trimEnd().split('\n')) {
      const type = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line);
      if (type) {
        expect(seen.has(type[1])).toBe(false);
        seen.add((current = type[1]));
      } else if (!line.startsWith('# HELP ')) {
        expect(line).toMatch(/^[a-zA-Z_:][\w:]*(\{[^}]*\})? [\d.e+-]+$/);
        expect(line.startsWith(current)).toBe(true);
      }
    }
    await counting.close();
    own.close();
  });
});

test('chat completions: unknown fields pass, known ones that ask for what is not there do not', async () => {
  const create = (params) =>
    client.chat.completions.create({
      model: 'atlas',
      messages: [{ role: 'user', content: 'What is the capital of Japan?' }],
      ...params,
    });
  const passes = {
    ...{
      some_new_field: { a: 1 },
      store: true,
      service_tier: 'flex',
      verbosity: 'low',
      prediction: { type: 'content', content: 'x' },
    },
    ...{ id_slot: 1, timings_per_token: true, reasoning_format: 'auto', cache_prompt: false, reasoning_budget: -1 },
  };
  expect((await create(passes)).choices[0].message.content).toBe('The capital of Japan is Tokyo.');
  expect((await create({ grammar: 'root ::= "Kyoto"' })).choices[0].message.content).toBe('Kyoto');
  for (const params of [
    { modalities: ['audio'] },
    { web_search_options: { a: 1 } },
    { reasoning_format: 'none' },
    { top_p: 'x' },
  ]) {
    const error = await reason(create(params));
    expect([error.constructor, error.type]).toEqual([BadRequestError, 'invalid_request_error']);
  }
});

describe('/v1/chat/completions', () => {
  const messages = [{ role: 'user', content: 'What is the capital of Japan?' }];
  const long = { role: 'user', content: 'word '.repeat(600) };

  test.each([
    [{ messages: undefined }, 'messages must be an array', 'messages'],
    [{ messages: [{ role: 5 }] }, 'messages[0].role must be a string', 'messages[0].role'],
    [
      { messages: [...messages, { role: 'user', content: [5] }] },
      'messages[1].content[0] must be',
      'messages[1].content[0]',
    ],
    [{ max_completion_tokens: 'x' }, 'max_completion_tokens must be', 'max_completion_tokens'],
    [{ max_tokens: -1 }, 'max_tokens must be', 'max_tokens'],
    [{ top_logprobs: 3 }, 'top_logprobs needs logprobs: true', 'top_logprobs'],
    [{ repetition_penalty: 0 }, 'repetition_penalty must be', 'repetition_penalty'],
    [{ reasoning_effort: 5 }, 'reasoning_effort must be', 'reasoning_effort'],
    [{ chat_template_kwargs: 5 }, 'chat_template_kwargs must be', 'chat_template_kwargs'],
    [{ response_format: { type: 'x' } }, 'response_format.type must be', 'response_format.type'],
    [{ tools: [{ type: 'x' }] }, 'tools[0] must be', 'tools[0]'],
    [{ tool_choice: 'required' }, 'tool_choice asks for a call', 'tool_choice'],
    [{ stream_options: { include_usage: 5 } }, 'stream_options.include_usage must be', 'stream_options.include_usage'],
    [{ functions: [{}] }, 'functions is not supported', 'functions'],
    [{ messages: [long] }, 'context holds 512', 'messages', 'exceed_context_size_error'],
    [{ messages: [long], stream: true }, 'context holds 512', 'messages', 'exceed_context_size_error'],
  ])('%# is a 400 that names its field', async (params, message, param, type = 'invalid_request_error') => {
    const { error } = await post('/v1/chat/completions', { model: 'atlas', messages, ...params });
    expect(error.message).toContain(message);
    expect(error).toMatchObject({ type, param });
  });
});
