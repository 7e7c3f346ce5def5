'use strict';

// Sessions: what guests behind a network compute, layer by layer, in binary messages. The same bits as Option 3, the same limits as
// everything else of the host, and nothing left afterwards.

const { embedTokens, forwardLayer, computeLogits, getTensor, storeModel, removeModel, loadModelSync } = require('..');
const { root, tinyAtlas } = require('./fixtures/places');
const { runScript } = require('./fixtures/child');
const { sameBits } = require('./fixtures/guests');
const { TOKEN, startHost, Wire, until, frameOf, partsOf } = require('./fixtures/host');

const { layers, hiddenSize, vocabSize, contextLength } = loadModelSync(tinyAtlas, { vocabOnly: true }).info;
const f32 = (buffer) => new Float32Array(buffer);

let host, id;
beforeAll(() => (id = storeModel(tinyAtlas)));
afterAll(() => removeModel(id));
afterEach(async () => {
  await host?.close();
  host = undefined;
});

/** A client's session; `ask` resolves with { data, floats } or { error }. */
class Session {
  static async open(wire, params = {}) {
    const session = new Session();
    session.wire = wire;
    session.last = 0;
    const { data, error } = await session.ask('open_session', { session: undefined, ...params });
    if (error) throw Object.assign(new Error(error.message), error);
    session.info = data;
    return session;
  }

  async ask(name, params = {}, floats) {
    const message = { id: ++this.last, function: name, params: { session: this.info?.session, ...params } };
    this.wire.send(floats ? frameOf(message, floats) : message);
    const answer = await this.wire.next();
    return Buffer.isBuffer(answer) ? partsOf(answer) : answer;
  }

  /** The logits after some tokens. */
  async run(ids, position = 0) {
    let { floats } = await this.ask('embed', { tokens: ids });
    for (let layer = 0; layer < layers; layer++)
      ({ floats } = await this.ask('forward_layer', { layer, position }, floats));
    return (await this.ask('compute_logits', {}, floats.subarray(-hiddenSize))).floats;
  }
}

function locally(ids, position = 0, model = id) {
  let hidden = embedTokens(model, ids);
  for (let layer = 0; layer < layers; layer++) hidden = forwardLayer(model, layer, hidden, position);
  return f32(computeLogits(model, f32(hidden).subarray(-hiddenSize)));
}

test('layer by layer, bit for bit; each session is a sequence of its own', async () => {
  host = await startHost();
  const wire = await Wire.to(host);
  const [a, b] = [await Session.open(wire), await Session.open(wire, { model: 'atlas' })];
  expect(a.info).toMatchObject({
    ...{ model: 'atlas', layers, hidden_size: hiddenSize, vocab_size: vocabSize, context_length: contextLength },
    ...{ tensor_count: 38, total_size: 2219520, limits: { message_bytes: 1 << 20, answer_bytes: 64 << 20 } },
  });
  expect(host.stats()).toMatchObject({ sessions: 2 });
  const first = locally([1, 2, 3]);
  const second = locally([4], 3);
  expect(sameBits(await a.run([1, 2, 3]), first)).toBe(true);
  await b.run([9, 9]);
  expect(sameBits(await a.run([4], 3), second)).toBe(true);
  const shape = (await a.ask('embed', { tokens: [1, 2] })).data;
  expect(shape).toEqual({ model: 'atlas', type: 'f32', shape: [2, hiddenSize] });
  const norm = await a.ask('get_tensor', { name: 'output_norm.weight' });
  expect(sameBits(norm.floats, f32(getTensor(id, 'output_norm.weight')))).toBe(true);
  expect((await a.ask('reset_session')).data).toEqual({});
  expect((await a.ask('forward_layer', { layer: 0, position: 4 }, norm.floats)).error).toMatchObject({
    code: 'E_CACHE_GAP',
  });
  expect(sameBits(await a.run([1, 2, 3]), first)).toBe(true);
  expect((await b.ask('close_session')).data).toEqual({});
  expect((await b.ask('embed', { tokens: [1] })).error).toEqual({
    code: 'E_MODEL_NOT_FOUND',
    message: 'there is no such session',
  });
  expect(host.stats().sessions).toBe(1);
  await wire.close();
  await until(() => host.stats().sessions === 0);
});

test('two clients at once, beside a generation: everybody’s results are what they are alone', async () => {
  host = await startHost();
  const [one, two, third] = [await Wire.to(host), await Wire.to(host), await Wire.to(host)];
  const sessions = [await Session.open(one), await Session.open(two)];
  third.send({
    id: 1,
    function: 'generate',
    params: { prompt: 'The capital of France is', ignore_eos: true, max_tokens: 60 },
  });
  const prompts = [
    [1, 2, 3, 4],
    [5, 6, 7],
  ];
  for (let round = 0; round < 5; round++) {
    const results = await Promise.all(sessions.map((session, i) => session.run(prompts[i])));
    results.forEach((logits, i) => expect(sameBits(logits, locally(prompts[i]))).toBe(true));
  }
  const beside = (await third.answer()).at(-1).data.text;
  third.send({
    id: 2,
    function: 'generate',
    params: { prompt: 'The capital of France is', ignore_eos: true, max_tokens: 60 },
  });
  expect((await third.answer()).at(-1).data.text).toBe(beside);
  await Promise.all([one, two, third].map((wire) => wire.close()));
});

test('another client’s session is not there; nor is a made-up one', async () => {
  host = await startHost();
  const [one, two] = [await Wire.to(host), await Wire.to(host)];
  const mine = await Session.open(one);
  const other = await Session.open(two);
  for (const session of [mine.info.session, 'made up', 5, null, undefined, {}, '__proto__'])
    expect((await other.ask('embed', { tokens: [1], session })).error).toMatchObject({ code: 'E_MODEL_NOT_FOUND' });
  const response = await fetch(`${host.url}/v1/call`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify({ function: 'embed', params: { session: mine.info.session, tokens: [1] } }),
  });
  expect(response.status).toBe(404);
  expect(sameBits(await mine.run([1]), locally([1]))).toBe(true);
  await one.close();
  await two.close();
});

describe('what a client may send', () => {
  let wire, session;
  beforeEach(async () => {
    host = await startHost({ limits: { answerBytes: 64 * hiddenSize * 4 } });
    wire = await Wire.to(host);
    session = await Session.open(wire);
  });
  afterEach(() => wire.close());
  const row = new Float32Array(hiddenSize).fill(0.5);

  test.each([
    ['no tokens', 'embed', {}, undefined, 'E_INVALID_ARGUMENT'],
    ['a token outside the vocabulary', 'embed', { tokens: [vocabSize] }, undefined, 'E_INVALID_TOKEN'],
    ['a negative token', 'embed', { tokens: [-1] }, undefined, 'E_INVALID_ARGUMENT'],
    ['more rows than an answer holds', 'embed', { tokens: Array(65).fill(1) }, undefined, 'E_TOO_LARGE'],
    ['a tensor larger than an answer', 'get_tensor', { name: 'token_embd.weight' }, undefined, 'E_TOO_LARGE'],
    ['no such tensor', 'get_tensor', { name: 'nothing' }, undefined, 'E_TENSOR_NOT_FOUND'],
    ['no tensor’s name', 'get_tensor', {}, undefined, 'E_INVALID_ARGUMENT'],
    ['no numbers', 'forward_layer', { layer: 0, position: 0 }, undefined, 'E_INVALID_ARGUMENT'],
    ['no whole rows', 'forward_layer', { layer: 0, position: 0 }, row.subarray(1), 'E_INVALID_ARGUMENT'],
    ['no layer', 'forward_layer', { position: 0 }, row, 'E_INVALID_ARGUMENT'],
    ['no such layer', 'forward_layer', { layer: layers, position: 0 }, row, 'E_INVALID_ARGUMENT'],
    ['a negative layer', 'forward_layer', { layer: -1, position: 0 }, row, 'E_INVALID_ARGUMENT'],
    ['a huge layer', 'forward_layer', { layer: 2 ** 32, position: 0 }, row, 'E_INVALID_ARGUMENT'],
    ['a gap', 'forward_layer', { layer: 0, position: 1 }, row, 'E_CACHE_GAP'],
    ['a negative position', 'forward_layer', { layer: 0, position: -5 }, row, 'E_INVALID_ARGUMENT'],
    ['a position in words', 'forward_layer', { layer: 0, position: 'x' }, row, 'E_INVALID_ARGUMENT'],
    ['a row and a half for the logits', 'compute_logits', {}, new Float32Array(1.5 * hiddenSize), 'E_INVALID_ARGUMENT'],
    ['no row for the logits', 'compute_logits', {}, new Float32Array(0), 'E_INVALID_ARGUMENT'],
    ['a model that is not served', 'open_session', { model: '../secret' }, undefined, 'E_MODEL_NOT_FOUND'],
  ])('%s', async (_, name, params, floats, code) => {
    expect((await session.ask(name, params, floats)).error).toMatchObject({ code });
    expect(sameBits(await session.run([1]), locally([1]))).toBe(true);
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['three bytes', Buffer.alloc(3)],
    ['a length beyond the end', Buffer.from([255, 255, 255, 255, 0, 0, 0, 0])],
    ['numbers cut off', frameOf({ id: 1, function: 'health' }, row).subarray(0, -1)],
    ['no JSON', Buffer.from([4, 0, 0, 0, 1, 2, 3, 4])],
  ])('a binary message of %s: E_PROTOCOL, and the connection stays', async (_, bytes) => {
    wire.send(bytes);
    expect(await wire.next()).toMatchObject({ id: null, status: 'error', error: { code: 'E_PROTOCOL' } });
    expect(sameBits(await session.run([1]), locally([1]))).toBe(true);
  });

  test('numbers that are none stay in their session', async () => {
    const strange = new Float32Array(hiddenSize).fill(NaN);
    const { floats, error } = await session.ask('forward_layer', { layer: 0, position: 0 }, strange);
    expect(error ?? floats.length).toBeTruthy();
    expect(sameBits(await session.run([1, 2]), locally([1, 2]))).toBe(true);
  });
});

test('more sessions than there may be: E_BUSY, and room again when one is closed', async () => {
  host = await startHost({ limits: { sessions: 3 } });
  const [wire, other] = [await Wire.to(host), await Wire.to(host)];
  const sessions = [await Session.open(wire), await Session.open(wire), await Session.open(other)];
  await expect(Session.open(other)).rejects.toMatchObject({ code: 'E_BUSY', retry_after: 1 });
  expect(host.stats().sessions).toBe(3);
  await sessions[0].ask('close_session');
  const again = await Session.open(other);
  expect(sameBits(await again.run([1]), locally([1]))).toBe(true);
  await wire.close();
  await until(() => host.stats().sessions === 2);
  await other.close();
});

test('a session opened by HTTP ends when nobody asks for it', async () => {
  host = await startHost({ limits: { sessionMilliseconds: 2000 } });
  const call = async (name, params, floats) => {
    const message = { function: name, params };
    const type = floats ? 'application/octet-stream' : 'application/json';
    const response = await fetch(`${host.url}/v1/call`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': type },
      body: floats ? frameOf(message, floats) : JSON.stringify(message),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    if (response.headers.get('content-type') === 'application/octet-stream') return partsOf(bytes);
    return { status: response.status, ...JSON.parse(bytes) };
  };
  const { session } = (await call('open_session', {})).data;
  const { floats } = await call('embed', { session, tokens: [1] });
  for (let i = 0; i < 4; i++) {
    await new Promise((resolve) => setTimeout(resolve, 700));
    const layer = await call('forward_layer', { session, layer: 0, position: 0 }, floats);
    expect(layer.floats).toHaveLength(hiddenSize);
  }
  await until(() => host.stats().sessions === 0);
  expect(await call('embed', { session, tokens: [1] })).toMatchObject({
    status: 404,
    error: { code: 'E_MODEL_NOT_FOUND' },
  });
});

test('a frame of 100 MB of numbers: 1009, and the session is gone with its client', async () => {
  host = await startHost();
  const wire = await Wire.to(host);
  const session = await Session.open(wire);
  wire.send(
    frameOf({ id: 1, function: 'forward_layer', params: { session: session.info.session } }, new Float32Array(25e6)),
  );
  expect((await wire.closed)[0]).toBe(1009);
  await until(() => host.stats().sessions === 0 && host.stats().connections === 0);
});

test('cancelled before it began, gone in the middle, never reading: the sessions end', async () => {
  host = await startHost({
    limits: { waitingBytes: 10_000, stallMilliseconds: 400, requestsPerConnection: 200, requests: 400 },
  });
  const [wire, gone, deaf] = [await Wire.to(host), await Wire.to(host), await Wire.to(host)];
  const [session, leaving, silent] = [await Session.open(wire), await Session.open(gone), await Session.open(deaf)];
  const rows = new Float32Array(64 * hiddenSize).fill(0.1);
  const forward = ({ info }, id) =>
    frameOf({ id, function: 'forward_layer', params: { session: info.session, layer: 0, position: 0 } }, rows);
  for (let id = 1; id <= 20; id++) wire.send(forward(session, `work ${id}`));
  wire.send({ type: 'cancel', id: 'work 20' });
  const answers = [];
  for (let left = 20; left > 0; left--) {
    const answer = await wire.next();
    answers.push(Buffer.isBuffer(answer) ? partsOf(answer) : answer);
  }
  expect(answers.find((answer) => answer.id === 'work 20').status).toBe('cancelled');
  expect(answers.filter(({ status }) => status === 'complete')).toHaveLength(19);

  for (let id = 1; id <= 50; id++) gone.send(forward(leaving, id));
  gone.socket.terminate();
  await until(() => host.stats().sessions === 2);
  deaf.socket.pause();
  const ended = new Promise((resolve) => deaf.socket.once('close', resolve));
  let id = 0;
  const timer = setInterval(() => deaf.socket.readyState === 1 && deaf.send(forward(silent, ++id)), 5);
  await until(() => host.stats().sessions === 1);
  clearInterval(timer);
  deaf.socket.resume();
  await ended;
  await until(() => host.stats().requests === 0);
  expect(sameBits(await session.run([1, 2, 3]), locally([1, 2, 3]))).toBe(true);
  await wire.close();
});

test('closing the host in the middle: an error, and nothing left', async () => {
  host = await startHost();
  const wire = await Wire.to(host);
  const session = await Session.open(wire);
  const rows = new Float32Array(64 * hiddenSize).fill(0.1);
  const answers = Array.from({ length: 8 }, (_, i) =>
    session.ask('forward_layer', { layer: i % layers, position: 0 }, rows),
  );
  await host.close();
  expect(host.stats()).toEqual({ connections: 0, requests: 0, sessions: 0, loaded: 0 });
  void answers; // those that were answered in time are done, the others have an error or no connection
  expect((await wire.closed)[0]).toBe(1001);
});

test('after hundreds of sessions, closed, dropped and cut off: no handle, no thread, no growth', async () => {
  const script = `
    const { serve } = require(${JSON.stringify(`${root}/dist/serve`)});
    const { Wire, until, frameOf } = require(${JSON.stringify(`${root}/test/fixtures/host`)});
    const fs = require('node:fs');
    const resources = () => process.getActiveResourcesInfo().sort().join();
    const threads = () => fs.existsSync('/proc/self/task') ? fs.readdirSync('/proc/self/task').length : 0;
    const heap = () => { for (let i = 0; i < 3; i++) gc(); return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers; };
    const rows = new Float32Array(${8 * hiddenSize}).fill(0.1);
    async function client(host, how) {
      const wire = await Wire.to(host);
      wire.send({ id: 1, function: 'open_session', params: {} });
      const { session } = (await wire.next()).data;
      for (let layer = 0; layer < 3; layer++) {
        wire.send(frameOf({ id: 2 + layer, function: 'forward_layer', params: { session, layer, position: 0 } }, rows));
        if (how !== 1) await wire.next();
      }
      if (how === 0) { wire.send({ id: 9, function: 'close_session', params: { session } }); await wire.next(); }
      if (how === 2) wire.socket.terminate();
      else wire.socket.close();
      await wire.closed;
    }
    async function round(host, count) {
      for (let i = 0; i < count; i += 6) await Promise.all(Array.from({ length: 6 }, (_, j) => client(host, j % 3)));
      await until(() => host.stats().connections === 0 && host.stats().sessions === 0 && host.stats().requests === 0);
    }
    (async () => {
      void process.stdout, process.stderr;
      const before = resources();
      const host = await serve({ models: { atlas: ${JSON.stringify(tinyAtlas)} }, port: 0, token: 'a-token-of-the-tests' });
      await round(host, 60);
      const [first, many] = [heap(), threads()];
      await round(host, 240);
      const growth = heap() - first, more = threads() - many;
      await host.close();
      await new Promise((resolve) => setTimeout(resolve, 100));
      console.log(JSON.stringify({ before, after: resources(), growth, more }));
    })();`;
  const { code, stdout, stderr } = await runScript(script, {
    wrap: ([program, ...rest]) => [program, '--expose-gc', ...rest],
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { before, after, growth, more } = JSON.parse(stdout);
  expect(after).toBe(before);
  expect(more).toBeLessThanOrEqual(0);
  expect(growth).toBeLessThan(1e6);
});
