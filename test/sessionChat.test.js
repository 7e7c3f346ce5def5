'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { loadModelSync, getEngineInfo } = require('..');
const { collected } = require('./fixtures/collected');
const { rejection } = require('./fixtures/failure');
const { golden, goldenTest, readJson, smollm2, tinyAtlas } = require('./fixtures/places');
const { capitalTool } = require('./fixtures/tools');

const QUESTIONS = ['What is the capital of Japan?', 'What is the capital of Peru?', 'What is the capital of Kenya?'];
const OPTIONS = { temperature: 0.8, seed: 5, maxTokens: 12 };
const user = (content) => ({ role: 'user', content });

let model;
let session;
beforeAll(() => (model = loadModelSync(tinyAtlas)));
beforeEach(() => (session = model.createSession()));
afterEach(() => session.close());
afterAll(() => model.close());

/** The same as a whole conversation, and what is to be the same. */
const whole = async (messages, options) =>
  of(await model.chat(messages, { ...OPTIONS, cachePrompt: false, ...options }));
const of = ({ content, reasoning, toolCalls, finishReason, value, usage: { promptTokens, generatedTokens } }) => ({
  ...{ content, reasoning, toolCalls, finishReason, value, promptTokens, generatedTokens },
});
/** The ids before the answer of a session that has just answered. */
const promptOf = ({ tokens }, { usage }) => [...tokens.subarray(0, usage.promptTokens)];

test('turn after turn: the answer and the ids of the whole conversation, computed once', async () => {
  const messages = [{ role: 'system', content: 'Be short.' }];
  for (const question of QUESTIONS) {
    const said = messages.length === 1 ? [...messages, user(question)] : question;
    messages.push(user(question));
    const before = session.length;
    const chat = session.chat(said, OPTIONS);
    const deltas = await collected(chat);
    const result = await chat;
    expect(of(result)).toEqual(await whole(messages));
    expect(deltas.map(({ text = '' }) => text).join('')).toBe(result.content);
    expect(promptOf(session, result)).toEqual([...model.tokenizeChat(messages)]);
    expect(result.usage.cachedTokens).toBeGreaterThanOrEqual(before - 1);
    messages.push(...result.messages);
    expect(session.messages).toEqual(messages);
  }
});

describe('templates of models, with a session that goes on, is forked and rewound', () => {
  const { templates = {} } = golden ? readJson(path.join(golden, 'chat/templates.json')) : {};
  // Of each way of treating what was said: kept, reasoning left out, white space trimmed, a date, begin tokens, other roles.
  const names = Object.keys(templates).filter((name) =>
    /^(Bielik|GLM-4.7|Kimi-K2|LFM2.5|MiMo|MiniMax|Qwen-Qwen2.5|deepseek-ai-DeepSeek-R1|google-gemma|ibm-granite|meta-llama|microsoft-Phi|tencent-Hy3)/.test(
      name,
    ),
  );
  goldenTest('are there', () => expect(names.length).toBe(14));

  for (const name of names)
    goldenTest(name, async () => {
      const options = { ...OPTIONS, template: templates[name] };
      const messages = [];
      const turn = async (on, said) => {
        messages.push(user(said));
        const result = await on.chat(said, options);
        expect(of(result)).toEqual(await whole(messages, options));
        messages.push(...result.messages);
        expect(on.messages).toEqual(messages);
      };
      await turn(session, QUESTIONS[0]);
      const here = [...messages];
      const { length } = session;
      const fork = session.fork();
      await turn(session, QUESTIONS[1]);
      messages.splice(0, messages.length, ...here);
      await turn(fork, QUESTIONS[2]);
      messages.splice(0, messages.length, ...here);
      fork.close();
      // A template that leaves reasoning out may have made it shorter than it was.
      session.rewind(Math.min(length, session.length));
      if (session.messages.length === here.length) await turn(session, QUESTIONS[2]);
    });
});

test('an earlier turn again: rewound to its end, or into the middle of the next', async () => {
  await session.chat(QUESTIONS[0], OPTIONS);
  const { length, messages } = session;
  const next = await session.chat(QUESTIONS[1], OPTIONS);
  for (const cut of [length, length + 5]) {
    session.rewind(cut);
    expect(session.messages).toEqual(messages);
    expect(of(await session.chat(QUESTIONS[1], OPTIONS))).toEqual(of(next));
  }
  session.rewind(3);
  expect(session.messages).toEqual([]);
  expect(of(await session.chat(QUESTIONS[0], OPTIONS))).toEqual(await whole([user(QUESTIONS[0])]));
});

test('what the template writes in another way now is computed again from there on', async () => {
  const reasoning = { start: '<think>\n', end: '\n</think>\n\n' };
  const thinker = loadModelSync(tinyAtlas, { chatFormat: { reasoning } });
  const template = `{% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endfor %}<|im_start|>assistant
<think>
`;
  const talk = thinker.createSession();
  const options = { ...OPTIONS, template, reasoning: { maxTokens: 4 }, maxTokens: 30 };
  const first = await talk.chat(QUESTIONS[0], options);
  expect(first.reasoning).not.toBe('');
  const { length } = talk;
  const second = await talk.chat(QUESTIONS[1], options);
  const messages = [user(QUESTIONS[0]), ...first.messages, user(QUESTIONS[1])];
  expect(of(second)).toEqual(of(await thinker.chat(messages, { ...options, cachePrompt: false })));
  expect(second.usage.cachedTokens).toBeLessThan(length - 4);
  expect(second.usage.cachedTokens).toBeGreaterThan(10);
  thinker.close();
});

test('tools are executed, a format is held to', async () => {
  const { calls, tools } = capitalTool();
  const options = { ...OPTIONS, tools, toolChoice: 'required', parallelToolCalls: false, maxSteps: 2, maxTokens: 80 };
  const result = await session.chat(QUESTIONS[0], options);
  expect(calls).toHaveLength(1);
  expect(result.steps.length).toBe(2);
  expect(session.messages).toEqual([user(QUESTIONS[0]), ...result.messages]);
  const format = { type: 'object', properties: { city: { enum: ['Lima'] } }, required: ['city'] };
  const { value } = await session.chat(QUESTIONS[1], { ...OPTIONS, format });
  expect(value).toEqual({ city: 'Lima' });
});

test('after the result of a tool nothing needs to be said; else something must be', async () => {
  const { tools } = capitalTool();
  const { parameters } = tools.capital;
  const options = { ...OPTIONS, maxTokens: 80, toolChoice: 'required', parallelToolCalls: false };
  const { toolCalls } = await session.chat(QUESTIONS[0], { ...options, tools: { capital: { parameters } } });
  expect(await rejection(session.chat([]))).toMatchObject({
    code: 'E_INVALID_ARGUMENT',
    message: 'messages must have at least one message: the last turn of the session has been answered',
  });
  const { finishReason } = await session.chat(
    [{ role: 'tool', tool_call_id: toolCalls[0].id, content: 'Tokyo' }],
    OPTIONS,
  );
  expect(['stop', 'length']).toContain(finishReason);
});

test('goes on with an answer that was cut', async () => {
  const { content } = await model.chat([user(QUESTIONS[0])]);
  await session.chat(QUESTIONS[0], { maxTokens: 3 });
  const rest = await session.chat([], { continueFinalMessage: true });
  expect(session.messages).toEqual([user(QUESTIONS[0]), { role: 'assistant', content }]);
  expect(content.endsWith(rest.content)).toBe(true);
});

test('behind a text that generate has made a conversation begins; generate ends it', async () => {
  await session.generate('Some words.', OPTIONS);
  const before = [...session.tokens];
  const result = await session.chat(QUESTIONS[0], OPTIONS);
  const withoutBegin = (question) => [...model.tokenizeChat([user(question)]).subarray(1)];
  expect(model.tokenizeChat([user('x')])[0]).toBe(model.info.tokenizer.bosId);
  expect(promptOf(session, result)).toEqual([...before, ...withoutBegin(QUESTIONS[0])]);
  expect(session.messages).toHaveLength(2);
  await session.generate(' More.', OPTIONS);
  expect(session.messages).toEqual([]);
  const { length } = session;
  const next = await session.chat(QUESTIONS[1], OPTIONS);
  expect(promptOf(session, next).slice(length)).toEqual(withoutBegin(QUESTIONS[1]));
});

test('saved and restored with its conversation', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-session-test-'));
  const file = path.join(folder, 'saved');
  await session.chat(QUESTIONS[0], OPTIONS);
  await session.save(file);
  const messages = JSON.parse(JSON.stringify(session.messages));
  const restored = await model.createSession().restore(file, { messages });
  expect(restored.messages).toEqual(messages);
  const { length } = restored;
  const result = await restored.chat(QUESTIONS[1], OPTIONS);
  expect(of(result)).toEqual(of(await session.chat(QUESTIONS[1], OPTIONS)));
  expect(result.usage.cachedTokens).toBeGreaterThanOrEqual(length - 1);
  expect(await rejection(restored.restore(file, { messages: 5 }))).toMatchObject({ code: 'E_INVALID_ARGUMENT' });
  fs.rmSync(folder, { recursive: true });
});

describe('what goes wrong leaves it as it was', () => {
  let state;
  const now = () => ({ tokens: [...session.tokens], messages: session.messages });
  beforeEach(async () => {
    await session.chat(QUESTIONS[0], OPTIONS);
    state = now();
  });
  afterEach(async () => {
    expect(now()).toEqual(state);
    const messages = [...state.messages, user(QUESTIONS[1])];
    expect(of(await session.chat(QUESTIONS[1], OPTIONS))).toEqual(await whole(messages));
  });

  test('an abort, also where the template has rewritten what was there', async () => {
    for (const template of [undefined, '{{ messages[-1].content }}']) {
      const controller = new AbortController();
      const options = {
        ...OPTIONS,
        ignoreEos: true,
        maxTokens: 400,
        signal: controller.signal,
        ...(template && { template }),
      };
      const chat = session.chat(QUESTIONS[1], options);
      await chat[Symbol.asyncIterator]().next();
      expect(now()).toEqual(state);
      controller.abort();
      expect((await rejection(chat)).name).toBe('AbortError');
      expect(now()).toEqual(state);
    }
  });

  test('a tool that throws, in the second step', async () => {
    const { tools } = capitalTool(() => {
      throw new Error('no such thing');
    });
    const options = { ...OPTIONS, tools, toolChoice: 'required', onToolError: 'throw', maxTokens: 80 };
    expect((await rejection(session.chat(QUESTIONS[1], options))).message).toBe('no such thing');
  });

  test('wrong arguments, and what is asked while it answers', async () => {
    expect((await rejection(session.chat(5))).message).toBe('messages must be an array, got 5');
    expect((await rejection(session.chat('x', { n: 2 }))).message).toMatch('n must be 1 in a session');
    expect((await rejection(session.chat('x', { maxToken: 2 }))).message).toMatch('did you mean "maxTokens"');
    const controller = new AbortController();
    const options = { ...OPTIONS, ignoreEos: true, maxTokens: 400, signal: controller.signal };
    const chat = session.chat(QUESTIONS[1], options);
    const busy = { code: 'E_BUSY', message: 'the session is at work: await what it does before it is asked for more' };
    expect(await rejection(session.chat('x'))).toMatchObject(busy);
    expect(await rejection(session.generate('x'))).toMatchObject(busy);
    expect(await rejection(session.save(path.join(os.tmpdir(), 'busy')))).toMatchObject(busy);
    expect(() => session.rewind(0)).toThrow(busy.message);
    const fork = session.fork();
    expect([[...fork.tokens], fork.messages]).toEqual([state.tokens, state.messages]);
    fork.close();
    controller.abort();
    await rejection(chat);
  });

  test('a chat while it generates', async () => {
    const controller = new AbortController();
    const running = session.generate('x', { ...OPTIONS, ignoreEos: true, maxTokens: 400, signal: controller.signal });
    expect((await rejection(session.chat('y'))).code).toBe('E_BUSY');
    const fork = session.fork();
    expect([[...fork.tokens], fork.messages, session.messages]).toEqual([state.tokens, state.messages, state.messages]);
    fork.close();
    controller.abort();
    // The engine is done before anybody here has heard of it.
    const until = Date.now() + 100;
    while (Date.now() < until);
    expect((await rejection(session.generate('z'))).code).toBe('E_BUSY');
    await rejection(running);
  });
});

test('left early: what was said stays', async () => {
  let text = '';
  const chat = session.chat(QUESTIONS[0], { ...OPTIONS, ignoreEos: true, maxTokens: 200 });
  for await (const delta of chat) if ((text += delta.text).length > 10) break;
  const { content, finishReason } = await chat;
  expect(finishReason).toBe('cancelled');
  expect(content.startsWith(text)).toBe(true);
  expect(session.messages).toEqual([user(QUESTIONS[0]), { role: 'assistant', content }]);
});

test('closed while a tool runs, it ends', async () => {
  const talk = model.createSession();
  const { tools } = capitalTool(() => {
    setImmediate(() => talk.close());
    return new Promise(() => {});
  });
  const chat = talk.chat(QUESTIONS[0], { ...OPTIONS, tools, toolChoice: 'required', maxTokens: 80 });
  expect((await rejection(chat)).code).toBe('E_CANCELLED');
  expect((await rejection(talk.chat('x'))).code).toBe('E_MODEL_CLOSED');
});

test('closed in the midst, it ends; nothing of it stays', async () => {
  const { sessions } = getEngineInfo().live;
  for (const close of [(talk) => talk.close(), (talk, of) => of.close()]) {
    const own = loadModelSync(tinyAtlas);
    const talk = own.createSession();
    const chat = talk.chat(QUESTIONS[0], { ...OPTIONS, ignoreEos: true, maxTokens: 400 });
    await chat[Symbol.asyncIterator]().next();
    close(talk, own);
    expect((await rejection(chat)).code).toBe('E_CANCELLED');
    expect((await rejection(talk.chat('x'))).code).toBe('E_MODEL_CLOSED');
    talk.close();
    own.close();
  }
  expect(getEngineInfo().live.sessions).toBe(sessions);
});

goldenTest('SmolLM2: four turns, of which each computes what is new', async () => {
  const smol = loadModelSync(smollm2);
  const talk = smol.createSession();
  const messages = [];
  for (let turn = 0; turn < 4; turn++) {
    const question = `Tell me fact number ${turn + 1} about whales.`;
    messages.push(user(question));
    const before = talk.length;
    const result = await talk.chat(question, { ...OPTIONS, maxTokens: 24 });
    expect(of(result)).toEqual(of(await smol.chat(messages, { ...OPTIONS, maxTokens: 24, cachePrompt: false })));
    expect(result.usage.cachedTokens).toBeGreaterThanOrEqual(before - 1);
    messages.push(...result.messages);
  }
  smol.close();
});

test('nobody changes a session by what he has given it or got of it', async () => {
  const session = model.createSession();
  const given = [{ role: 'user', content: 'What is the capital of Japan?', other: { list: [1] } }];
  const { messages: said } = await session.chat(given, { maxTokens: 4 });
  const before = JSON.stringify(session.messages);
  given[0].content = 'changed';
  given[0].other.list.push(2);
  said[0].content = 'changed';
  session.messages[0].other.list.push(3);
  session.messages.length = 0;
  expect(JSON.stringify(session.messages)).toBe(before);
  const tools = { look: { execute: (_, { messages }) => void (messages[0].content = 'changed') } };
  await session.chat('Look.', { tools, toolChoice: 'required', maxTokens: 60, maxSteps: 1 });
  expect(JSON.stringify(session.messages.slice(0, 2))).toBe(JSON.stringify(JSON.parse(before).slice(0, 2)));
  session.close();
});

test('what a model tells of itself is nobody’s to change', () => {
  const { info, chatFormat } = model;
  for (const told of [
    info,
    info.tokenizer,
    info.tokenizer.endIds,
    info.chatTemplates,
    chatFormat,
    chatFormat.ends,
    chatFormat.takes,
  ])
    expect(Object.isFrozen(told)).toBe(true);
});
