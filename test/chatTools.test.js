'use strict';

const { loadModelSync } = require('..');
const { tinyAtlas, smollm2, goldenTest } = require('./fixtures/places');
const { collected } = require('./fixtures/collected');
const { reason } = require('./fixtures/failure');
const { capitalTool, openAiTools, parameters } = require('./fixtures/tools');

const JAPAN = [{ role: 'user', content: 'What is the capital of Japan?' }];
/** A call, and one alone. */
const CALL = { toolChoice: 'required', parallelToolCalls: false };
/** Tells the model nothing but the question. */
const QUESTION_ONLY = `{% for m in messages if m.role == 'user' and 'Result' not in m.content %}<|im_start|>user
{{ m.content.split('\\n\\n')[-1] }}<|im_end|>
<|im_start|>assistant
{% endfor %}`;

let model;
beforeAll(() => (model = loadModelSync(tinyAtlas)));
afterAll(() => model.close());

const of = (deltas, type) => deltas.filter((delta) => delta.type === type);

test('calls of tools that the caller answers: deltas, calls, messages', async () => {
  const chat = model.chat(JAPAN, { tools: openAiTools, ...CALL });
  const deltas = await collected(chat);
  const { content, toolCalls, messages, finishReason, steps, loopEnd } = await chat;
  expect({ content, finishReason, loopEnd, steps: steps.length }).toEqual({
    ...{ content: '', finishReason: 'tool-calls', loopEnd: undefined, steps: 1 },
  });
  const [call] = toolCalls;
  expect(toolCalls).toEqual([
    {
      id: expect.stringMatching(/^call_\w{24}$/),
      name: 'capital',
      arguments: { country: expect.stringMatching(/^(Japan|Peru)$/) },
    },
  ]);
  expect(of(deltas, 'tool-call-start')).toEqual([{ type: 'tool-call-start', index: 0, id: call.id, name: 'capital' }]);
  const text = of(deltas, 'tool-call-delta')
    .map((delta) => delta.arguments)
    .join('');
  expect(JSON.parse(text)).toEqual(call.arguments);
  expect(of(deltas, 'tool-call')).toEqual([{ type: 'tool-call', index: 0, ...call }]);
  expect(deltas.at(-1)).toEqual({ type: 'step', finishReason: 'tool-calls' });
  expect(messages).toEqual([
    {
      role: 'assistant',
      content: '',
      tool_calls: [{ id: call.id, type: 'function', function: { name: 'capital', arguments: text } }],
    },
  ]);
  const answered = [...JAPAN, ...messages, { role: 'tool', tool_call_id: call.id, content: '{"city": "Tokyo"}' }];
  expect(await model.chat(answered, { tools: openAiTools, toolChoice: 'none' })).toMatchObject({
    finishReason: 'stop',
    toolCalls: [],
  });
});

test('tools with execute: their results go back, and the answer comes', async () => {
  const { tools, calls } = capitalTool();
  const chat = model.chat(JAPAN, { tools, ...CALL, template: QUESTION_ONLY });
  const deltas = await collected(chat);
  const { steps, content, messages, finishReason, toolCalls, usage } = await chat;
  expect(finishReason).toBe('stop');
  expect(content).not.toBe('');
  expect(toolCalls).toEqual([]);
  expect(steps.map((step) => step.finishReason)).toEqual(['tool-calls', 'stop']);
  const [call] = steps[0].toolCalls;
  expect(calls).toHaveLength(1);
  expect(calls[0].given).toEqual(call.arguments);
  expect(calls[0].context).toEqual({ signal: expect.any(AbortSignal), id: call.id, messages: [...JAPAN, messages[0]] });
  const value = { city: call.arguments.country === 'Japan' ? 'Tokyo' : 'Lima' };
  expect(steps[0].toolResults).toEqual([{ id: call.id, name: 'capital', value }]);
  expect(of(deltas, 'tool-result')).toEqual([{ type: 'tool-result', id: call.id, name: 'capital', value }]);
  expect(messages.map(({ role }) => role)).toEqual(['assistant', 'tool', 'assistant']);
  expect(messages[1]).toEqual({ role: 'tool', tool_call_id: call.id, name: 'capital', content: JSON.stringify(value) });
  expect(usage.generatedTokens).toBe(steps[0].usage.generatedTokens + steps[1].usage.generatedTokens);
});

test('several calls of an answer run at once', async () => {
  let meet;
  const met = new Promise((resolve) => (meet = resolve));
  let running = 0;
  const { tools, calls } = capitalTool(() => {
    if (++running === 2) meet();
    return met;
  });
  const question = [{ role: 'user', content: 'What are the capitals of Japan and Peru?' }];
  const { steps } = await model.chat(question, { tools, toolChoice: 'required', maxTokens: 110 });
  expect(calls.length).toBeGreaterThan(1);
  expect(steps[0].toolResults.map(({ id }) => id)).toEqual(steps[0].toolCalls.map(({ id }) => id));
});

test('a named tool; the name that is meant', async () => {
  const tools = { capital: { parameters }, other: {} };
  const { toolCalls } = await model.chat(JAPAN, { tools, ...CALL, toolChoice: { name: 'other' } });
  expect(toolCalls).toMatchObject([{ name: 'other', arguments: {} }]);
  const error = await reason(model.chat(JAPAN, { tools, toolChoice: { name: 'capitol' } }));
  expect(error.message).toBe('toolChoice: there is no tool "capitol"; did you mean "capital"?');
});

describe('what goes wrong with a tool', () => {
  test('is told to the model, and it goes on', async () => {
    const { tools } = capitalTool(() => {
      throw new Error('no atlas');
    });
    const { steps, messages, finishReason } = await model.chat(JAPAN, { tools, ...CALL, template: QUESTION_ONLY });
    expect(finishReason).toBe('stop');
    expect(steps[0].toolResults).toMatchObject([{ name: 'capital', error: 'no atlas' }]);
    expect(messages[1].content).toBe('{"error":"no atlas"}');
  });

  test('rejects the chat with onToolError: throw, and what there was', async () => {
    const failure = new Error('no atlas');
    const { tools } = capitalTool(() => Promise.reject(failure));
    const error = await reason(model.chat(JAPAN, { tools, ...CALL, onToolError: 'throw' }));
    expect(error).toBe(failure);
    expect(error.partial.messages).toMatchObject([
      { role: 'assistant', tool_calls: [{ function: { name: 'capital' } }] },
    ]);
  });

  test('a value that is no JSON is the tool’s fault', async () => {
    const { tools } = capitalTool(() => 1n);
    const { messages } = await model.chat(JAPAN, { tools, ...CALL });
    expect(messages[1].content).toMatch(/^\{"error":".*BigInt/);
  });

  test('arguments that a library’s schema refuses do not reach it', async () => {
    const { tools, calls } = capitalTool();
    const schema = {
      '~standard': {
        ...{ version: 1, vendor: 'test', jsonSchema: { input: () => parameters } },
        validate: () => ({ issues: [{ message: 'never' }, { message: 'at all' }] }),
      },
    };
    const options = { tools: { capital: { ...tools.capital, parameters: schema } }, ...CALL };
    const { steps } = await model.chat(JAPAN, options);
    expect(calls).toEqual([]);
    expect(steps[0].toolResults).toMatchObject([{ error: 'wrong arguments: never; at all' }]);
    schema['~standard'].validate = async ({ country }) => ({ value: { country: country.toUpperCase() } });
    await model.chat(JAPAN, options);
    expect(calls[0].given.country).toMatch(/^(JAPAN|PERU)$/);
  });
});

describe('the end of the loop', () => {
  const forced = (options) => model.chat(JAPAN, { ...CALL, ...options });

  test('maxSteps: calls that nobody has answered', async () => {
    const { tools, calls } = capitalTool();
    const { finishReason, loopEnd, toolCalls, messages } = await forced({ tools, maxSteps: 1 });
    expect({ finishReason, loopEnd, calls: calls.length }).toEqual({
      finishReason: 'tool-calls',
      loopEnd: 'max-steps',
      calls: 0,
    });
    expect(toolCalls).toHaveLength(1);
    expect(messages).toHaveLength(1);
  });

  test('the same call again: nobody is asked twice', async () => {
    const { tools, calls } = capitalTool();
    // Words with a c, such as content, are as good as refused: the model is left with calling.
    const ids = Array.from({ length: model.info.vocabSize }, (_, id) => id);
    const withC = ids.filter((id) => /^[{" ]*c/.test(Buffer.from(model.tokenBytes(id)).toString()));
    const logitBias = Object.fromEntries(withC.map((id) => [id, -1000]));
    const { finishReason, loopEnd, steps } = await forced({ tools, logitBias });
    expect({ finishReason, loopEnd, calls: calls.length, steps: steps.length }).toEqual({
      ...{ finishReason: 'tool-calls', loopEnd: 'repeated-calls', calls: 1, steps: 2 },
    });
  });

  test('some calls are the caller’s: the others’ results are there', async () => {
    const { tools, calls } = capitalTool();
    const both = { ...tools, ask: { description: 'Asks the user' } };
    const { finishReason, steps } = await forced({ tools: both, toolChoice: { name: 'ask' } });
    expect({ finishReason, steps: steps.length, calls: calls.length }).toEqual({
      finishReason: 'tool-calls',
      steps: 1,
      calls: 0,
    });
  });
});

describe('stopping while a tool runs', () => {
  test('a signal reaches the tool; one that does not look at it is not waited for', async () => {
    const controller = new AbortController();
    let seen;
    const { tools } = capitalTool((_, { signal }) => {
      seen = signal;
      setImmediate(() => controller.abort());
      return new Promise(() => {});
    });
    const error = await reason(model.chat(JAPAN, { tools, ...CALL, signal: controller.signal }));
    expect(error.name).toBe('AbortError');
    expect(seen.aborted).toBe(true);
    expect(error.partial.messages).toHaveLength(1);
  });

  test('cancel()', async () => {
    const started = {};
    const { tools } = capitalTool((_, { signal }) => {
      setImmediate(() => started.chat.cancel());
      return new Promise((resolve) => signal.addEventListener('abort', resolve));
    });
    started.chat = model.chat(JAPAN, { tools, ...CALL });
    expect(await started.chat).toMatchObject({ finishReason: 'cancelled', messages: [{ role: 'assistant' }] });
  });

  test('timeout counts for tools too', async () => {
    const { tools } = capitalTool(() => new Promise(() => {}));
    expect(await reason(model.chat(JAPAN, { tools, ...CALL, timeout: 3000 }))).toMatchObject({ code: 'E_TIMEOUT' });
  });
});

test.each([
  ['tools', { tools: 1 }, 'tools must be an object of tools or an array, got 1'],
  ['a tool', { tools: { f: 1 } }, 'tools.f must be an object { description, parameters, execute }, got 1'],
  [
    'a name',
    { tools: { 'a b': {} } },
    'tools.a b: a tool\'s name must be 1 to 64 letters, digits or any of _ . : -, got "a b"',
  ],
  [
    'OpenAI’s form',
    { tools: [{ name: 'f' }] },
    "tools[0] must be { type: 'function', function: { name, parameters } }, got an object (Object)",
  ],
  ['twice', { tools: [...openAiTools, ...openAiTools] }, 'tools has two tools named "capital"'],
  ['execute', { tools: { f: { execute: 1 } } }, 'tools.f.execute must be a function, got 1'],
  ['parameters', { tools: { f: { parameters: 'json' } } }, 'tools.f.parameters must be a JSON Schema of an object'],
  ['a choice', { toolChoice: 'any' }, "toolChoice must be 'auto', 'required', 'none' or { name }, got \"any\""],
  ['no tools', { toolChoice: 'required' }, 'toolChoice asks for a call, but there are no tools'],
  ['maxSteps', { maxSteps: 0 }, 'maxSteps must be a positive integer, got 0'],
  ['onToolError', { onToolError: 'x' }, "onToolError must be 'tell' or 'throw', got \"x\""],
  ['reasoning', { reasoning: 1 }, "reasoning must be 'auto', false or { maxTokens, effort }, got 1"],
  ['of reasoning', { reasoning: { budget: 1 } }, 'reasoning has no option "budget"; did you mean "effort"?'],
])('a wrong option: %s', async (_, options, message) => {
  expect(await reason(model.chat(JAPAN, options))).toMatchObject({ code: 'E_INVALID_ARGUMENT', message });
});

goldenTest('SmolLM2 calls a tool when it must, and says what it heard', async () => {
  const smol = loadModelSync(smollm2);
  const { tools } = capitalTool();
  const { steps, content, messages } = await smol.chat(JAPAN, { tools, ...CALL });
  expect(steps[0].toolCalls[0].arguments).toEqual({ country: 'Japan' });
  expect(content).toBe('The capital of Japan is Tokyo.');
  // The conversation goes on with all of it.
  const next = [...JAPAN, ...messages, { role: 'user', content: 'And of Peru?' }];
  expect((await smol.chat(next, { tools, ...CALL })).steps[0].toolCalls[0].arguments).toEqual({ country: 'Peru' });
  smol.close();
});

test('a model that is closed ends a chat that is at a tool', async () => {
  for (const start of [(own) => own.chat.bind(own), (own) => own.createSession().chat.bind(own.createSession())]) {
    const own = loadModelSync(tinyAtlas);
    let told;
    const called = new Promise((resolve) => (told = resolve));
    const { tools } = capitalTool((_, { signal }) => {
      told(signal);
      return new Promise(() => {}); // it never comes to an end by itself
    });
    const chat = start(own)(JAPAN, { tools, ...CALL });
    const signal = await called;
    own.close();
    expect(await reason(chat)).toMatchObject({
      code: 'E_CANCELLED',
      message: 'the model was closed before the work was done',
    });
    expect(signal.aborted).toBe(true);
  }
});

test.each([
  ['nothing that can be told', () => Object.create(null), 'the tool failed'],
  ['what throws when it is read', () => new Proxy({}, { get: () => JSON.parse('') }), 'the tool failed'],
  [
    'an error whose message is no text',
    () => Object.assign(new Error(), { message: { a: 1 } }),
    'Error: [object Object]',
  ],
  ['nothing', () => null, 'null'],
  ['a symbol', () => Symbol('x'), 'Symbol(x)'],
])('a tool that throws %s', async (_, thrown, told) => {
  const { tools } = capitalTool(() => {
    throw thrown();
  });
  const { steps, messages } = await model.chat(JAPAN, { tools, ...CALL, maxSteps: 2 });
  expect(steps[0].toolResults).toEqual([{ id: expect.any(String), name: 'capital', error: told }]);
  expect(messages[1]).toMatchObject({ role: 'tool', content: JSON.stringify({ error: told }) });
});

test('what a tool returns is written once', async () => {
  let times = 0;
  const { tools } = capitalTool(() => ({ toJSON: () => ({ times: ++times }) }));
  const { messages } = await model.chat(JAPAN, { tools, ...CALL, maxSteps: 2 });
  expect(messages[1].content).toBe('{"times":1}');
});

test('many answers and many calls at once: no warning of listeners', async () => {
  const warnings = [];
  const note = (warning) => warnings.push(warning.message);
  process.on('warning', note);
  const { tools } = capitalTool();
  const { choices } = await model.chat(JAPAN, { tools, ...CALL, maxSteps: 2, n: 12 });
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', note);
  expect(choices).toHaveLength(12);
  expect(warnings).toEqual([]);
});

test('arguments are objects, whatever else a schema of a tool says', async () => {
  const ask = (given, options) => model.chat(JAPAN, { tools: { f: { parameters: given } }, ...CALL, ...options });
  for (const [given, types] of [
    [{ type: 'string' }, 'string'],
    [{ enum: [1, 'a'] }, 'number or string'],
    [{ $ref: '#/$defs/a', $defs: { a: { type: 'array' } } }, 'array'],
    [false, 'nothing'],
  ])
    expect(await reason(ask(given))).toMatchObject({
      code: 'E_INVALID_ARGUMENT',
      message: `tools.f.parameters must be a JSON Schema of an object, got one of ${types}`,
    });
  for (const given of [
    true,
    {},
    { type: ['object', 'null'], maxProperties: 1 },
    { anyOf: [{ type: 'null' }, parameters] },
  ])
    for (let seed = 0; seed < 4; seed++) {
      const { toolCalls } = await ask(given, { temperature: 2, topK: 0, topP: 1, minP: 0, seed, maxTokens: 80 });
      for (const call of toolCalls) expect(call).toMatchObject({ name: 'f', arguments: expect.any(Object) });
    }
});

test("null is nothing in tools of OpenAI's form; what an instance of a class has of its own is its own", async () => {
  const nothing = { name: 'capital', description: null, parameters: null, strict: null };
  const { toolCalls } = await model.chat(JAPAN, { tools: [{ type: 'function', function: nothing }], ...CALL });
  expect(toolCalls).toEqual([{ id: expect.any(String), name: 'capital', arguments: {} }]);
  class Capital {
    city = 'Tokyo';
    parameters = parameters;
    execute() {
      return this.city;
    }
  }
  const { messages } = await model.chat(JAPAN, { tools: { capital: new Capital() }, ...CALL, maxSteps: 2 });
  expect(messages[1].content).toBe('Tokyo');
});

test.each([
  [{ format: { type: 'strin' } }, 'E_INVALID_ARGUMENT', /^schema #\/type: type must be /],
  [{ format: { regex: '(' } }, 'E_INVALID_ARGUMENT', /^pattern: expected '\)'/],
  [{ reasoning: { maxTokens: 5 }, format: { type: 'strin' } }, 'E_INVALID_ARGUMENT', /^schema #\/type: type must be /],
  [
    { tools: { a: {}, f: { parameters: { properties: { 'x: y/z': { type: 'strin' } } } } } },
    'E_INVALID_ARGUMENT',
    /^tools\.f\.parameters: schema #\/properties\/x: y~1z\/type: type must be /,
  ],
  [
    {
      tools: [
        ...openAiTools,
        {
          type: 'function',
          function: {
            name: 'g',
            parameters: { minItems: 1, uniqueItems: true, properties: { a: { uniqueItems: true } }, required: ['a'] },
          },
        },
      ],
      toolChoice: 'required',
    },
    'E_UNSUPPORTED',
    /^tools\[1\]\.function\.parameters: schema #\/properties\/a\/uniqueItems: /,
  ],
])('%j: what is wrong is told of the place in the call', async (options, code, message) => {
  expect(await reason(model.chat(JAPAN, options))).toMatchObject({ code, message: expect.stringMatching(message) });
});
