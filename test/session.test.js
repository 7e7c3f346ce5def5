'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { loadModel, getEngineInfo } = require('..');
const { runScript } = require('./fixtures/child');
const { rejection } = require('./fixtures/failure');
const { tinyAtlas } = require('./fixtures/places');

// What sessions hold of every architecture is compared in test/managed (SessionTests).

const OPTIONS = { maxTokens: 12, temperature: 0.9, seed: 5, ignoreEos: true, logprobs: true };
let model;
let folder;
beforeAll(async () => {
  model = await loadModel(tinyAtlas);
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-session-test-'));
});
afterAll(() => {
  model.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

const what = ({ text, tokens, logprobs, finishReason }) => ({ text, tokens: [...tokens], logprobs, finishReason });
const whole = async (ids, options) => what(await model.generate(ids, { ...OPTIONS, cachePrompt: false, ...options }));

test('a session goes on where it stands', async () => {
  const session = model.createSession();
  expect([session.length, [...session.tokens]]).toEqual([0, []]);
  const first = await session.generate('The capital of France is', OPTIONS);
  const ids = [...model.tokenize('The capital of France is', { asPrompt: true }), ...first.tokens];
  expect([...session.tokens]).toEqual(ids);
  expect(first.usage).toEqual({ promptTokens: 6, cachedTokens: 0, generatedTokens: 12 });

  const more = model.tokenize(' The capital', { addSpecial: false });
  const second = await session.generate(' The capital', OPTIONS);
  expect(what(second)).toEqual(await whole([...ids, ...more]));
  expect(second.usage.promptTokens).toBe(ids.length + more.length);
  expect(second.usage.cachedTokens).toBe(ids.length - 1);
  const now = [...session.tokens];
  expect(what(await session.generate([], OPTIONS))).toEqual(await whole(now));
  session.close();
});

test('fork and rewind', async () => {
  const session = model.createSession();
  await session.generate('The capital of France is', OPTIONS);
  const at = session.length;
  const fork = session.fork();
  const next = await session.generate('x', OPTIONS);
  expect(fork.length).toBe(at);
  expect(what(await fork.generate('x', OPTIONS))).toEqual(what(next));
  session.rewind(at);
  expect(what(await session.generate('x', OPTIONS))).toEqual(what(next));
  session.rewind(0);
  expect(session.length).toBe(0);
  expect(() => session.rewind(1)).toThrow("the session has 0 tokens, so it can't go back to 1");
  expect(() => session.rewind(-1)).toThrow("length must be an integer from 0 to the session's length, got -1");
});

test('64 sessions forked from one prefix take less than two pages each', async () => {
  const own = await loadModel(tinyAtlas, { threads: 2, promptCacheBytes: 0 });
  const page = own.memory().token * 64;
  const session = own.createSession();
  await session.generate(
    Array.from({ length: 400 }, (_, i) => 300 + (i % 200)),
    { ...OPTIONS, maxTokens: 1 },
  );
  const { bytes } = getEngineInfo().live;
  const forks = Array.from({ length: 64 }, () => session.fork());
  await Promise.all(forks.map((fork, seed) => fork.generate('x', { ...OPTIONS, seed })));
  expect(getEngineInfo().live.bytes - bytes).toBeLessThan(64 * 2 * page);
  own.close();
});

test('save and restore, also where the path is a URL; what is no session is E_SESSION_FILE', async () => {
  const session = model.createSession();
  await session.generate('The capital of France is', OPTIONS);
  const file = path.join(folder, 'saved');
  await session.save(file);
  await session.save(new URL(`file://${file}`)); // again, over the first
  expect(fs.readdirSync(folder)).toEqual(['saved']);
  const restored = await model.createSession().restore(file);
  expect([...restored.tokens]).toEqual([...session.tokens]);
  expect(what(await restored.generate('x', OPTIONS))).toEqual(what(await session.generate('x', OPTIONS)));

  const before = [...restored.tokens];
  const error = await rejection(restored.restore(tinyAtlas));
  expect([error.code, error.message]).toEqual([
    'E_SESSION_FILE',
    expect.stringContaining('this is no file of a session'),
  ]);
  expect((await rejection(restored.restore(path.join(folder, 'none')))).code).toBe('E_IO');
  expect((await rejection(restored.restore(folder))).code).toBe('E_NOT_REGULAR');
  expect((await rejection(session.save(path.join(folder, 'no', 'where')))).code).toBe('E_IO');
  expect([...restored.tokens]).toEqual(before);
  const other = await loadModel(tinyAtlas, { cacheType: 'f32' });
  expect((await rejection(other.createSession().restore(file))).message).toMatch('another cacheType');
  other.close();
});

test('behind a loop that is left it is free', async () => {
  const session = model.createSession();
  let text = '';
  for await (const chunk of session.generate('Once', { ...OPTIONS, maxTokens: 300 })) if ((text += chunk.text)) break;
  await session.generate(' more', OPTIONS);
  session.close();
});

test('one thing at a time', async () => {
  const session = model.createSession();
  const running = session.generate('The capital', { ...OPTIONS, maxTokens: 400 });
  const second = await rejection(session.generate('x'));
  expect([second.code, second.message]).toEqual([
    'E_BUSY',
    'the session is at work: await what it does before it is asked for more',
  ]);
  expect(() => session.rewind(0)).toThrow('the session is at work');
  expect((await rejection(session.save(path.join(folder, 'busy')))).code).toBe('E_BUSY');
  expect(session.fork().length).toBe(0);
  await running;
  await session.generate('x', OPTIONS);
});

test('an abort leaves it as it was; a loop that is left, what it has said', async () => {
  const session = model.createSession();
  await session.generate('The capital of France is', OPTIONS);
  const before = [...session.tokens];
  for (let round = 0; round < 10; round++) {
    const controller = new AbortController();
    const stopped = session.generate('Some words more', { ...OPTIONS, maxTokens: 400, signal: controller.signal });
    setTimeout(() => controller.abort(), round);
    expect((await rejection(stopped)).name).toBe('AbortError');
    expect([...session.tokens]).toEqual(before);
  }
  const taken = [];
  for await (const chunk of session.generate('x', { ...OPTIONS, maxTokens: 400 })) {
    taken.push(...chunk.tokens);
    if (taken.length > 5) break;
  }
  while (session.length === before.length) await new Promise(setImmediate);
  const said = [...before, ...model.tokenize('x', { addSpecial: false }), ...taken];
  expect([...session.tokens].slice(0, said.length)).toEqual(said);
  expect(what(await session.generate('', OPTIONS))).toEqual(await whole([...session.tokens].slice(0, -12)));
});

test.each([
  ['is aborted', (stop) => stop.abort()],
  [
    'fails',
    () => {
      throw new Error('of the processor');
    },
  ],
])('one whose context is shifted is as it was when its generation %s', async (_, end) => {
  const small = await loadModel(tinyAtlas, { contextSize: 40 });
  const session = small.createSession({ contextShift: { keep: 2, recent: 10 } });
  await session.generate('The capital of France is', OPTIONS);
  const before = [...session.tokens];
  const stop = new AbortController();
  let steps = 0;
  const logitsProcessor = () => {
    if (++steps === 90) end(stop);
  };
  const stopped = session.generate(' and', { ...OPTIONS, maxTokens: 200, logitsProcessor, signal: stop.signal });
  await rejection(stopped);
  expect(steps).toBe(90);
  expect([...session.tokens]).toEqual(before);
  const fresh = await small.generate(before, OPTIONS);
  expect(what(await session.generate('', OPTIONS))).toEqual(what(fresh));
  small.close();
});

test('a full context ends a generation, or is shifted', async () => {
  const long = { ...OPTIONS, maxTokens: model.info.contextLength + 100, logprobs: false };
  const plain = await model.createSession().generate('The capital', long);
  expect(plain.finishReason).toBe('length');
  expect(plain.tokens.length).toBeLessThan(long.maxTokens);
  const session = model.createSession({ contextShift: { keep: 2, recent: 50 } });
  const shifted = await session.generate('The capital', long);
  expect(shifted.tokens.length).toBe(long.maxTokens);
  expect([...shifted.tokens].slice(0, plain.tokens.length)).toEqual([...plain.tokens]);
  expect(session.length).toBeLessThanOrEqual(model.info.contextLength);
  await model.createSession({ contextShift: true }).generate('x', OPTIONS);
});

test('wrong arguments', async () => {
  expect(() => model.createSession({ contextShift: 1 })).toThrow(
    'contextShift must be true, false or { keep, recent }, got 1',
  );
  expect(() => model.createSession({ contextShift: { keep: 5000, recent: 1 } })).toThrow('must together be less than');
  expect(() => model.createSession({ contextShfit: true })).toThrow('did you mean "contextShift"');
  expect(() => model.createSession({ lora: [1] })).toThrow('1 scales of adapters, the model has 0 adapters');
  const session = model.createSession();
  expect((await rejection(session.generate([]))).message).toBe('the prompt has no tokens: at least one is needed');
  expect((await rejection(session.generate('x', { n: 2 }))).message).toMatch('n must be 1 in a session');
  expect((await rejection(session.save(5))).message).toBe('path must be a path or a file: URL, got 5');
  session.close();
  session.close();
  expect((await rejection(session.generate('x'))).message).toBe('the session was closed');
  expect(() => session.tokens).toThrow('the session was closed');
  const own = await loadModel(tinyAtlas, { threads: 1 });
  const left = own.createSession();
  own.close();
  expect((await rejection(left.generate('x'))).code).toBe('E_MODEL_CLOSED');
});

test('nothing is left: models, sessions, jobs, pages, bytes', async () => {
  const { code, stdout, stderr } = await runScript(`
    require('node:v8').setFlagsFromString('--expose-gc');
    const gc = require('node:vm').runInNewContext('gc');
    (async () => {
      const { live } = realm.getEngineInfo();
      const model = await realm.loadModel(${JSON.stringify(tinyAtlas)});
      const round = async (i) => {
        const session = model.createSession();
        const stop = new AbortController();
        const running = session.generate('The capital of France is', { ignoreEos: true, maxTokens: 200, signal: stop.signal });
        setTimeout(() => (i % 2 ? stop.abort() : session.close()), i / 2);
        await running.catch(() => {});
        if (i % 2) session.fork().generate('x', { maxTokens: 3 }).catch(() => {});
      };
      for (let i = 0; i < 30; i++) await round(i);
      const during = realm.getEngineInfo().live;
      for (let i = 0; i < 50 && realm.getEngineInfo().live.sessions > 0; i++) { gc(); await new Promise((done) => setTimeout(done, 20)); }
      const forgotten = realm.getEngineInfo().live;
      model.close();
      for (let i = 0; i < 50 && realm.getEngineInfo().live.bytes > 0; i++) await new Promise((done) => setTimeout(done, 20));
      console.log(JSON.stringify([live, during, forgotten, realm.getEngineInfo().live]));
    })();`);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [before, during, forgotten, after] = JSON.parse(stdout);
  const none = { models: 0, sessions: 0, jobs: 0, pages: 0, bytes: 0 };
  expect(before).toEqual(none);
  expect(during.sessions).toBeGreaterThan(0);
  expect(during.pages).toBeGreaterThan(0);
  expect(forgotten.sessions).toBe(0);
  expect(after).toEqual(none);
  expect(getEngineInfo().live.models).toBeGreaterThan(0);
});

test('only a file is replaced by a file: a pipe, a device and a folder stay what they are', async () => {
  const session = model.createSession();
  await session.generate('x', { maxTokens: 1 });
  const pipe = path.join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  for (const place of [pipe, folder])
    expect(await rejection(session.save(place))).toMatchObject({
      code: 'E_NOT_REGULAR',
      message: expect.stringContaining('expected a file'),
    });
  expect(fs.statSync(pipe).isFIFO()).toBe(true);
  fs.rmSync(pipe);
  session.close();
});

test('a generation that the closing of its session ends says so', async () => {
  const session = model.createSession();
  const generation = session.generate('x', { ...OPTIONS, maxTokens: 400 });
  session.close();
  expect(await rejection(generation)).toMatchObject({
    code: 'E_CANCELLED',
    message: 'the session was closed before the work was done',
  });
});
