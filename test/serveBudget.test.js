'use strict';

// What the host grants to all clients together and to each of them; that nothing costs anything before the token; what errors say.

const http = require('node:http');
const net = require('node:net');
const path = require('node:path');
const { WebSocket } = require('ws');
const { root, tinyAtlas } = require('./fixtures/places');
const { TOKEN, startHost, heldModel, Wire, until } = require('./fixtures/host');

let host;
let held;
const startHeldHost = (options) => startHost({ models: { atlas: (held = heldModel()).model }, ...options });
afterEach(async () => {
  await host?.close();
  held?.close();
  host = held = undefined;
});

const ENDLESS = { prompt: 'Once upon a time', ignore_eos: true, max_tokens: 450 };

/** One request over HTTP, from an address of this machine. */
function post(body, { from = '127.0.0.1', headers = {}, path: at = '/v1/call', onResponse } = {}) {
  return new Promise((resolve, reject) => {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    const request = http.request(`${host.url}${at}`, {
      agent: false,
      method: 'POST',
      localAddress: from,
      headers: { authorization: `Bearer ${TOKEN}`, 'content-length': bytes.length, ...headers },
    });
    request.on('error', reject);
    request.on('response', (response) => {
      onResponse?.(response, request);
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode, headers: response.headers, text: Buffer.concat(parts).toString() }),
      );
    });
    request.end(bytes);
  });
}
/** A generation that says nothing until it is stopped. */
function silent(_, { signal }) {
  const end = new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  return Object.assign(end, {
    async *[Symbol.asyncIterator]() {
      yield await end;
    },
  });
}
const errorOf = ({ text }) => JSON.parse(text).error;

describe('shares', () => {
  test('an address has three quarters of the places, over HTTP and WebSockets together; another finds room', async () => {
    host = await startHeldHost({ limits: { requests: 4, requestsPerConnection: 2 } });
    const wire = await Wire.to(host);
    for (const id of [1, 2]) wire.send({ id, function: 'generate', params: ENDLESS });
    const third = post({ function: 'generate', params: { ...ENDLESS, stream: true } }).catch(() => {});
    await until(() => host.stats().requests === 3);
    const refused = await post({ function: 'models' });
    expect([refused.status, refused.headers['retry-after'], errorOf(refused)]).toEqual([
      429,
      '1',
      {
        code: 'E_BUSY',
        message: '3 requests of this client are at work',
        retry_after: 1,
        type: 'rate_limit_error',
        param: null,
      },
    ]);
    expect((await post({ function: 'models' }, { from: '127.0.0.2' })).status).toBe(200);
    held.release();
    await wire.close();
    await third;
  });

  test('one socket that sends many requests ahead has no more than a connection may, and is cut off in the end', async () => {
    host = await startHeldHost({ limits: { requestsPerConnection: 2 } });
    const body = JSON.stringify({ function: 'generate', params: { ...ENDLESS, stream: true } });
    const one = `POST /v1/call HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const socket = net.connect(host.port, '127.0.0.1');
    socket.on('error', () => {}).resume();
    socket.write(one.repeat(8));
    await until(() => host.stats().requests === 2);
    expect((await post({ function: 'models' })).status).toBe(200);
    expect(host.stats().requests).toBe(2);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(one.repeat(8));
    await closed;
    await until(() => host.stats().requests === 0);
  });

  test('bytes: what one client has to be told does not fill the memory for the others', async () => {
    const row = 1536 * 4;
    host = await startHost({
      limits: { bytes: 40 * row, waitingBytes: 1, stallMilliseconds: 60_000, answerBytes: 40 * row },
    });
    const logits = (tokens) => ({ function: 'logits', params: { tokens: Array(tokens).fill(1) } });
    const never = await post(logits(31), { from: '127.0.0.2' });
    expect([never.status, errorOf(never).code]).toEqual([413, 'E_TOO_LARGE']);
    let slow;
    const waiting = post(logits(29), {
      onResponse: (response, request) => (slow = { response: response.pause(), request }),
    });
    waiting.catch(() => {});
    await until(() => slow);
    // What was written has been taken by the kernel; the request that is still there is one with more than fits.
    slow.request.destroy();
    const again = await post(logits(29));
    expect(again.status).toBe(200);
  });

  test('sessions of one client leave some to others', async () => {
    host = await startHost({ limits: { sessions: 4 } });
    const open = (from) => post({ function: 'open_session' }, { from });
    for (let i = 0; i < 3; i++) expect((await open('127.0.0.1')).status).toBe(200);
    expect(errorOf(await open('127.0.0.1')).message).toBe('3 sessions of this client are open');
    expect((await open('127.0.0.2')).status).toBe(200);
    expect(errorOf(await open('127.0.0.3')).message).toBe('4 sessions are open');
  });

  test('a request has its time', async () => {
    host = await startHeldHost({ limits: { requestMilliseconds: 200 } });
    held.model.generate = silent;
    const late = await post({ function: 'generate', params: ENDLESS });
    expect([late.status, errorOf(late)]).toEqual([
      504,
      {
        code: 'E_TIMEOUT',
        message: 'the request took longer than 200 ms',
        type: 'server_error',
        param: null,
      },
    ]);
    expect(late.headers['x-should-retry']).toBe('false');
  });
});

describe('before the token', () => {
  const connect = (options) => {
    const socket = new WebSocket(host.url.replace('http', 'ws'), options);
    socket.on('error', () => {});
    const closed = new Promise((resolve) => socket.once('close', (code) => resolve(code)));
    return new Promise((resolve) => {
      socket.once('open', () => resolve({ socket, closed }));
      socket.once('unexpected-response', (_, response) => resolve({ status: response.statusCode }));
    });
  };

  test('a long frame is neither kept nor parsed', async () => {
    host = await startHost();
    const { socket, closed } = await connect();
    socket.send('['.repeat(500_000));
    expect(await closed).toBe(1006);
    const binary = await connect();
    binary.socket.send(Buffer.alloc(100));
    expect(await binary.closed).toBe(1008);
  });

  test('the token and a long request in one breath are taken', async () => {
    host = await startHost();
    const wire = new Wire(host);
    await wire.opened;
    wire.send({ type: 'auth', api_key: TOKEN });
    wire.send({ id: 1, function: 'tokenize', params: { text: 'x'.repeat(200_000) } });
    expect(await wire.next()).toEqual({ type: 'auth_success' });
    expect(await wire.next()).toMatchObject({ id: 1, status: 'complete' });
    await wire.close();
  });

  test('whoever can set headers may show it there', async () => {
    host = await startHost({ limits: { authMilliseconds: 100 } });
    for (const headers of [{ authorization: `Bearer ${TOKEN}` }, { 'x-api-key': TOKEN }]) {
      const { socket } = await connect({ headers });
      socket.send('{"id": 1, "function": "models"}');
      expect(JSON.parse(await new Promise((resolve) => socket.once('message', resolve)))).toMatchObject({ id: 1 });
      socket.terminate();
    }
    expect((await post({ function: 'models' }, { headers: { authorization: '', 'x-api-key': TOKEN } })).status).toBe(
      200,
    );
  });

  test('those who are silent make room for those who are not', async () => {
    host = await startHost({ limits: { connections: 4 } });
    const silent = [await connect(), await connect(), await connect()];
    const wire = await Wire.to(host);
    expect(await silent[0].closed).toBe(1006);
    wire.send({ id: 1, function: 'models' });
    expect(await wire.next()).toMatchObject({ id: 1, status: 'complete' });
    const others = [await connect(), await connect(), await connect()];
    expect(await silent[1].closed).toBe(1006);
    await wire.close();
    for (const { socket } of [...silent, ...others]) socket.terminate();
  });

  test('sockets that send nothing lock nobody out', async () => {
    host = await startHost({ limits: { connections: 1 } });
    const sockets = Array.from({ length: 300 }, () => {
      const socket = net.connect(host.port, '127.0.0.1');
      socket.on('error', () => {});
      return socket;
    });
    await until(() => sockets.filter((socket) => socket.readyState !== 'opening').length === 300);
    expect((await post({ function: 'models' })).status).toBe(200);
    for (const socket of sockets) socket.destroy();
  });
});

describe('messages', () => {
  test.each([
    [
      'no UTF-8',
      Buffer.concat([Buffer.from('{"function": "'), Buffer.from([0xff]), Buffer.from('"}')]),
      400,
      'E_PROTOCOL',
    ],
    ['a megabyte of brackets', Buffer.from('['.repeat(500_000) + ']'.repeat(500_000)), 400, 'E_PROTOCOL'],
    ['many objects', Buffer.from(`[${'{},'.repeat(20_000)}{}]`), 413, 'E_TOO_LARGE'],
    ['many names', Buffer.from(`{${Array.from({ length: 30_000 }, (_, i) => `"${i}":1`)}}`), 413, 'E_TOO_LARGE'],
  ])('%s', async (_, body, status, code) => {
    host = await startHost();
    const answer = await post(body);
    expect([answer.status, errorOf(answer).code]).toEqual([status, code]);
  });

  test('signs in texts are no signs, and numbers are no objects', async () => {
    host = await startHost();
    const text = '{"[:\\'.repeat(10_000);
    const { tokens } = JSON.parse((await post({ function: 'tokenize', params: { text } })).text).data;
    const answer = await post({ function: 'detokenize', params: { tokens: tokens.slice(1) } });
    expect(JSON.parse(answer.text).data.text).toBe(text);
  });

  test('long texts become the same tokens as short ones do, and back', async () => {
    host = await startHost();
    const text = 'The capital of France is Paris. '.repeat(4000);
    const wire = await Wire.to(host);
    wire.send({ id: 1, function: 'tokenize', params: { text } });
    const { data } = await wire.next();
    const model = require('..').loadModelSync(tinyAtlas);
    expect(data).toEqual({ model: 'atlas', tokens: Array.from(model.tokenize(text)) });
    wire.send({ id: 2, function: 'detokenize', params: { tokens: data.tokens, skip_special: true } });
    expect((await wire.next()).data).toEqual({
      model: 'atlas',
      text: model.detokenize(data.tokens, { skipSpecial: true }),
    });
    model.close();
    await wire.close();
  });

  test('two Host headers', async () => {
    host = await startHost();
    const socket = net.connect(host.port, '127.0.0.1');
    socket.write(
      `GET /health HTTP/1.1\r\nHost: 127.0.0.1:${host.port}\r\nHost: evil.example\r\nConnection: close\r\n\r\n`,
    );
    let text = '';
    for await (const part of socket) text += part;
    expect(text).toMatch(/^HTTP\/1.1 400 /);
  });
});

describe('errors', () => {
  test('they are OpenAI’s, and every answer has an x-request-id', async () => {
    host = await startHost();
    const mine = await post(
      { messages: 5 },
      { path: '/v1/chat/completions', headers: { 'x-request-id': 'of-the-client:1' } },
    );
    expect([mine.status, mine.headers['x-request-id'], errorOf(mine)]).toMatchObject([
      400,
      'of-the-client:1',
      { code: 'E_INVALID_ARGUMENT', type: 'invalid_request_error', param: 'messages' },
    ]);
    expect(mine.headers['x-should-retry']).toBe('false');
    const wrong = await post({}, { headers: { authorization: 'Bearer no', 'x-request-id': 'a b' } });
    expect([wrong.status, errorOf(wrong).type]).toEqual([401, 'authentication_error']);
    expect(wrong.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    const nothing = await post({}, { path: '/nothing' });
    expect([nothing.status, errorOf(nothing).type]).toEqual([404, 'not_found_error']);
    expect(nothing.headers['x-request-id']).toBeTruthy();
  });

  test('no path of this machine in any of them', async () => {
    const { wireError } = require(path.join(root, 'dist/serve/errors'));
    const { RealmError } = require('..');
    const words = (code, message) => wireError(new RealmError(code, message)).message;
    expect(words('E_TRUNCATED', '/home/me/a model.gguf: data: ends at 5')).toBe(
      'the model cannot be used: there is something wrong with its file',
    );
    expect(words('E_UNSUPPORTED', '/home/me/a model.gguf: tensor x: no such format')).toBe('tensor x: no such format');
    expect(words('E_INTERNAL', "could not open '/srv/models/x.gguf' again")).toBe(
      "could not open '(a file of the host)' again",
    );
    expect(words('E_INVALID_ARGUMENT', 'n must be 1/2 or 3/4 of a / b')).toBe('n must be 1/2 or 3/4 of a / b');
    host = await startHost({
      models: { gone: path.join(root, 'no-such.gguf'), wrong: path.join(root, 'package.json') },
    });
    for (const model of ['gone', 'wrong']) {
      const answer = await post({ function: 'generate', params: { model, prompt: 'x' } });
      expect(errorOf(answer).message).toBe(`the model ${model} could not be loaded`);
    }
  });

  test('a tensor that is too large is not decoded first', async () => {
    host = await startHost({ limits: { answerBytes: 8192 } });
    const { session } = JSON.parse((await post({ function: 'open_session' })).text).data;
    const ask = (name) => post({ function: 'get_tensor', params: { session, name } });
    expect(errorOf(await ask('token_embd.weight')).code).toBe('E_TOO_LARGE');
    expect(errorOf(await ask('no.such')).code).toBe('E_TENSOR_NOT_FOUND');
    expect((await ask('output_norm.weight')).headers['content-type']).toBe('application/octet-stream');
  });
});

test('a stream’s headers come before its first token', async () => {
  host = await startHeldHost();
  held.model.generate = silent;
  const gone = post(
    { function: 'generate', params: { prompt: 'x', stream: true } },
    {
      onResponse: async (response, request) => {
        expect(response.headers).toMatchObject({ 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
        expect(String(await new Promise((resolve) => response.once('data', resolve)))).toBe(': ping\n\n');
        request.destroy();
      },
    },
  );
  await expect(gone).rejects.toThrow();
  await until(() => host.stats().requests === 0);
});
