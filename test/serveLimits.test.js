'use strict';

// What the host answers to clients that are wrong, hostile, slow or gone; and that afterwards nothing of them is left.

const http = require('node:http');
const net = require('node:net');
const { root, tinyAtlas } = require('./fixtures/places');
const { runScript } = require('./fixtures/child');
const { TOKEN, startHost, heldModel, Wire, until } = require('./fixtures/host');

const LONG = { prompt: 'Once upon a time', ignore_eos: true, max_tokens: 450 };

/** Each test's host; afterwards nothing is at work, nobody connected, and `close` has an end. */
let host;
/** Of tests in which generations must not end by themselves. */
let held;
const startHeldHost = (options) => startHost({ models: { atlas: (held = heldModel()).model }, ...options });
afterEach(async () => {
  await until(() => host.stats().requests === 0 && host.stats().connections === 0);
  await host.close();
  expect(host.stats()).toEqual({ connections: 0, requests: 0, sessions: 0, loaded: 0 });
  await expect(fetch(host.url)).rejects.toThrow();
  held?.close();
  held = undefined;
});

/** The answer to an HTTP request that asks for a WebSocket. */
function upgrade(headers = {}) {
  return new Promise((resolve, reject) => {
    const request = http.get(host.url, {
      agent: false,
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'x3JJHMbDL1EzLkh9GBhXDw==',
        ...headers,
      },
    });
    request.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode });
    });
    request.on('response', (response) => {
      let text = '';
      response.on('data', (bytes) => (text += bytes));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
    });
    request.on('error', reject);
  });
}

describe('the token', () => {
  beforeEach(async () => (host = await startHost()));

  test.each([['wrong'], [TOKEN.slice(0, -1)], [`${TOKEN}x`], [''], [5], [null], [['x']]])(
    '%j is wrong',
    async (token) => {
      const wire = new Wire(host);
      await wire.opened;
      wire.send({ type: 'auth', api_key: token });
      const error = { code: 'E_UNAUTHORIZED', message: 'the token is wrong' };
      expect(await wire.next()).toEqual({ type: 'auth_failed', error });
      expect(await wire.closed).toEqual([1008, 'unauthorized']);
    },
  );

  test('a request before it: no answer but an error', async () => {
    const wire = new Wire(host);
    await wire.opened;
    wire.send({ id: 1, function: 'generate', params: LONG });
    wire.send({ type: 'auth', api_key: TOKEN });
    expect(await wire.next()).toEqual({
      id: 1,
      status: 'error',
      error: { code: 'E_UNAUTHORIZED', message: 'the token is missing' },
    });
    expect(await wire.closed).toEqual([1008, 'unauthorized']);
    expect(host.stats().loaded).toBe(0);
  });

  test('none within the time for it', async () => {
    await host.close();
    host = await startHost({ limits: { authMilliseconds: 300 } });
    const wire = new Wire(host);
    expect(await wire.next()).toMatchObject({ type: 'auth_failed', error: { message: 'no token came' } });
    expect(await wire.closed).toEqual([1008, 'unauthorized']);
  });

  test('after the right one the time is no matter', async () => {
    await host.close();
    host = await startHost({ limits: { authMilliseconds: 1500 } });
    const wire = await Wire.to(host);
    await new Promise((resolve) => setTimeout(resolve, 1600));
    wire.send({ id: 1, function: 'models' });
    expect(await wire.next()).toMatchObject({ status: 'complete' });
    await wire.close();
  });
});

describe('origins', () => {
  beforeEach(async () => (host = await startHost({ origins: ['https://example.org'] })));

  test.each([
    ['https://evil.example', 403],
    ['https://example.org.evil.example', 403],
    ['http://example.org', 403],
    ['null', 403],
    ['https://example.org', 101],
  ])('a page of %s: %i', async (origin, status) => {
    const answer = await upgrade({ origin });
    expect(answer.status).toBe(status);
    if (status === 403) expect(JSON.parse(answer.text).error.code).toBe('E_ORIGIN');
  });

  test('a foreign name that leads here (DNS rebinding)', async () => {
    for (const name of ['evil.example', `evil.example:${host.port}`, '127.0.0.1.evil.example']) {
      const rebound = await upgrade({ host: name, origin: `http://${name}` });
      expect([rebound.status, JSON.parse(rebound.text).error]).toEqual([
        403,
        { code: 'E_ORIGIN', message: 'the Host header names another host' },
      ]);
    }
    expect((await upgrade({ host: `localhost:${host.port}` })).status).toBe(101);
  });
});

describe('too much', () => {
  test('a frame of 100 MB: 1009, before its bytes have come', async () => {
    host = await startHost();
    const wire = await Wire.to(host);
    const before = process.memoryUsage().arrayBuffers;
    wire.socket.send(Buffer.alloc(100e6, 'x').toString('latin1'));
    expect((await wire.closed)[0]).toBe(1009);
    await until(() => host.stats().connections === 0);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(250e6); // the client's own copies at most
  });

  test('one byte above the limit, in fragments or whole; one at it', async () => {
    host = await startHost({ limits: { messageBytes: 1000 } });
    const message = (bytes) => {
      const empty = JSON.stringify({ id: 1, function: 'tokenize', params: { text: '' } });
      return empty.replace('""', `"${'x'.repeat(bytes - empty.length)}"`);
    };
    const fits = await Wire.to(host);
    fits.send(message(1000));
    expect((await fits.next()).status).toBe('complete');
    fits.send(message(1001));
    expect((await fits.closed)[0]).toBe(1009);
    const parts = await Wire.to(host);
    parts.socket.send('x'.repeat(600), { fin: false });
    parts.socket.send('x'.repeat(600), { fin: true });
    expect((await parts.closed)[0]).toBe(1009);
  });

  test('a body of 100 MB: 413, announced or not', async () => {
    host = await startHost();
    const post = (announced) =>
      new Promise((resolve, reject) => {
        const request = http.request(`${host.url}/v1/call`, {
          agent: false,
          method: 'POST',
          headers: { authorization: `Bearer ${TOKEN}`, ...(announced ? { 'content-length': 100e6 } : {}) },
        });
        request.on('error', reject);
        request.on('response', (response) => {
          let text = '';
          response.on('data', (bytes) => (text += bytes));
          response.on('end', () => {
            request.destroy();
            resolve([response.statusCode, JSON.parse(text).error.code]);
          });
        });
        request.write(Buffer.alloc(announced ? 10 : 3e6));
      });
    expect(await post(true)).toEqual([413, 'E_TOO_LARGE']);
    expect(await post(false)).toEqual([413, 'E_TOO_LARGE']);
  });

  test('200 connections above the limit: 503 for each, and room again when one has gone', async () => {
    host = await startHost({ limits: { connections: 3 } });
    const wires = await Promise.all([1, 2, 3].map(() => Wire.to(host)));
    const answers = await Promise.all(Array.from({ length: 200 }, () => upgrade()));
    for (const { status, headers, text } of answers) {
      expect([status, headers['retry-after'], JSON.parse(text).error]).toEqual([
        503,
        '1',
        { code: 'E_BUSY', message: '3 connections are open', retry_after: 1 },
      ]);
    }
    expect(host.stats().connections).toBe(3);
    wires[0].send({ id: 1, function: 'models' });
    expect((await wires[0].next()).status).toBe('complete');
    await wires.pop().close();
    await until(() => host.stats().connections === 2);
    wires.push(await Wire.to(host));
    for (const wire of wires) await wire.close();
  });

  test('requests above the limits of a connection and of the host', async () => {
    host = await startHeldHost({ limits: { requests: 3, requestsPerConnection: 2 } });
    const [one, two] = [await Wire.to(host), await Wire.to(host)];
    const error = async (wire) => {
      let message;
      do message = await wire.next();
      while (message.status === 'streaming');
      return message.error;
    };
    for (const id of [1, 2, 3]) one.send({ id, function: 'generate', params: LONG });
    expect(await error(one)).toEqual({
      code: 'E_BUSY',
      message: '2 requests of this connection are at work',
      retry_after: 1,
    });
    for (const id of [1, 2]) two.send({ id, function: 'generate', params: LONG });
    expect(await error(two)).toEqual({ code: 'E_BUSY', message: '3 requests are at work', retry_after: 1 });
    const overHttp = await fetch(`${host.url}/v1/call`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}` },
      body: '{"function":"models"}',
    });
    expect([overHttp.status, overHttp.headers.get('retry-after')]).toEqual([429, '1']);
    await overHttp.text();
    await Promise.all([one.close(), two.close()]);
  });
});

describe('half and broken', () => {
  /** A WebSocket by hand: what the upgrade's answer is followed by. */
  async function raw() {
    const socket = net.connect(host.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(
      `GET / HTTP/1.1\r\nHost: 127.0.0.1:${host.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n\r\n',
    );
    const seen = [];
    socket.on('data', (bytes) => seen.push(bytes));
    await until(() => Buffer.concat(seen).includes('\r\n\r\n'));
    seen.length = 0;
    const closed = new Promise((resolve) => socket.once('close', () => resolve(Buffer.concat(seen))));
    return { socket, closed, seen };
  }
  const HALF = Buffer.from([0x81, 0x80 | 100, 1, 2, 3, 4, 5, 6]); // 2 of 100 masked bytes

  test('half a frame and the connection gone: nothing is left', async () => {
    host = await startHost();
    const { socket } = await raw();
    socket.write(HALF);
    await until(() => host.stats().connections === 1);
    socket.destroy();
    await until(() => host.stats().connections === 0);
  });

  test('half a frame and then nothing: cut off after the second unanswered ping', async () => {
    host = await startHost({ token: false, limits: { heartbeatMilliseconds: 150 } });
    const { socket, closed } = await raw();
    socket.write(HALF);
    expect((await closed).equals(Buffer.from([0x89, 0]))).toBe(true); // one ping
  });

  test('who answers pings stays', async () => {
    host = await startHost({ limits: { heartbeatMilliseconds: 200 } });
    const wire = await Wire.to(host);
    await new Promise((resolve) => setTimeout(resolve, 900));
    wire.send({ id: 1, function: 'models' });
    expect((await wire.next()).status).toBe('complete');
    await wire.close();
  });

  test.each([
    ['an unmasked frame', Buffer.from([0x81, 1, 0x78]), 1002],
    ['a reserved opcode', Buffer.from([0x83, 0x80, 0, 0, 0, 0]), 1002],
    ['text that is no UTF-8', Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0xff]), 1007],
  ])('%s', async (_, bytes, code) => {
    host = await startHost({ token: false });
    const { socket, closed, seen } = await raw();
    socket.write(bytes);
    await until(() => Buffer.concat(seen).length >= 4);
    expect(Buffer.concat(seen).readUInt16BE(2)).toBe(code);
    socket.end();
    await closed;
  });

  test('an upgrade that is none', async () => {
    host = await startHost();
    expect((await upgrade({ 'sec-websocket-version': '3' })).status).toBe(400);
    expect((await upgrade({ upgrade: 'something' })).status).toBe(400);
  });
});

describe('clients that do not listen', () => {
  test('one that never reads is cut off, and holds up nobody', async () => {
    host = await startHost({ limits: { waitingBytes: 10_000, stallMilliseconds: 400, requestsPerConnection: 100 } });
    const wire = await Wire.to(host);
    const other = await Wire.to(host);
    wire.socket.pause();
    const gone = new Promise((resolve) => wire.socket.once('close', resolve));
    // The kernel's buffers of both sides take a few megabytes before anything waits in the host.
    const text = 'word '.repeat(20_000);
    let id = 0;
    const timer = setInterval(() => wire.send({ id: id++, function: 'tokenize', params: { text } }), 10);
    await until(() => host.stats().connections === 1);
    clearInterval(timer);
    other.send({ id: 1, function: 'generate', params: { prompt: 'The capital of France is' } });
    expect((await other.answer()).at(-1).data.text).toBe(' Paris.');
    wire.socket.resume();
    await gone;
    await other.close();
  });

  test('a slow one is waited for', async () => {
    host = await startHost({ limits: { waitingBytes: 2000, stallMilliseconds: 5000 } });
    const wire = await Wire.to(host);
    wire.send({ id: 1, function: 'logits', params: { tokens: Array(400).fill(1) } });
    wire.socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 300));
    wire.socket.resume();
    expect((await wire.next()).length).toBeGreaterThan(400 * 1536 * 4);
    await wire.close();
  });

  test('requests sent ahead over HTTP: cancelled when their connection goes, and nothing of them is left', async () => {
    host = await startHost();
    const script = `
      const net = require('node:net');
      const { serve } = require(${JSON.stringify(`${root}/dist/serve`)});
      const body = ${JSON.stringify(JSON.stringify({ function: 'generate', params: { ...LONG, stream: true } }))};
      const head = 'POST /v1/call HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nAuthorization: Bearer ${TOKEN}\\r\\nContent-Length: ' + body.length + '\\r\\n\\r\\n';
      const requests = (host, count) => new Promise((resolve) => {
        const timer = setInterval(() => host.stats().requests === count && resolve(clearInterval(timer)), 5);
      });
      setTimeout(() => process.exit(1), 50_000).unref(); // what never ends fails
      (async () => {
        const limits = { waitingBytes: 1, stallMilliseconds: 60_000 };
        const host = await serve({ models: { atlas: ${JSON.stringify(tinyAtlas)} }, port: 0, token: '${TOKEN}', limits });
        const socket = net.connect(host.port, '127.0.0.1');
        socket.on('error', () => {});
        socket.write((head + body).repeat(12)); // more than Node takes for a leak of listeners
        // All generate side by side, so the later ones have begun too when the first has come this far.
        let seen = '';
        await new Promise((resolve) => socket.on('data', (data) => (seen += data).split('data:').length > 20 && resolve()));
        socket.destroy();
        await requests(host, 0);
        await host.close();
        await new Promise((resolve) => setTimeout(resolve, 50));
        console.log(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length);
        process.exit();
      })();`;
    expect(await runScript(script)).toMatchObject({ code: 0, stderr: '', stdout: '0\n' });
  });

  test('one that goes in the middle of an answer: the work is cancelled, and nobody else’s', async () => {
    host = await startHeldHost();
    const [wire, other] = [await Wire.to(host), await Wire.to(host)];
    other.send({ id: 1, function: 'generate', params: LONG });
    for (const id of [1, 2, 3]) wire.send({ id, function: 'generate', params: LONG });
    for (const client of [other, wire, wire, wire]) expect((await client.next()).status).toBe('streaming');
    expect(host.stats().requests).toBe(4);
    wire.socket.terminate();
    await until(() => host.stats().requests < 4);
    await until(() => host.stats().requests <= 1);
    expect(host.stats()).toMatchObject({ connections: 1, requests: 1 });
    expect(other.messages.filter(({ status }) => status !== 'streaming')).toEqual([]);
    held.release();
    expect((await other.answer()).at(-1).data.usage.completion_tokens).toBe(450);
    await other.close();
  });
});

describe('closing', () => {
  test('at once: running answers get an error, connections 1001', async () => {
    host = await startHeldHost();
    const wire = await Wire.to(host);
    wire.send({ id: 1, function: 'generate', params: LONG });
    await wire.next();
    const closing = host.close();
    expect((await wire.answer()).at(-1)).toEqual({
      id: 1,
      status: 'error',
      error: { code: 'E_SHUTDOWN', message: 'the host was closed before the work was done' },
    });
    expect(await wire.closed).toEqual([1001, 'the host is closing']);
    await closing;
  });

  test('with a grace: what runs may end, nothing new begins', async () => {
    host = await startHeldHost();
    const wire = await Wire.to(host);
    wire.send({ id: 1, function: 'generate', params: { ...LONG, max_tokens: 100 } });
    await wire.next();
    const closing = host.close({ grace: 20_000 });
    wire.send({ id: 2, function: 'models' });
    const error = { code: 'E_SHUTDOWN', message: 'the host is closing' };
    expect(await wire.next()).toEqual({ id: 2, status: 'error', error });
    held.release();
    expect((await wire.answer()).at(-1)).toMatchObject({ id: 1, data: { usage: { completion_tokens: 100 } } });
    expect(await wire.closed).toEqual([1001, 'the host is closing']);
    await closing;
  });

  test('someone who does not answer the goodbye does not hold it up', async () => {
    host = await startHost();
    const wire = await Wire.to(host);
    wire.socket.pause();
    const began = Date.now();
    await host.close();
    expect(Date.now() - began).toBeLessThan(30_000);
    wire.socket.terminate();
    await wire.closed;
  });
});

test('after hundreds of good and bad clients: no handle, no growth, and the process ends by itself', async () => {
  host = await startHost();
  const script = `
    const { serve } = require(${JSON.stringify(`${root}/dist/serve`)});
    const { WebSocket } = require(${JSON.stringify(`${root}/node_modules/ws`)});
    const resources = () => process.getActiveResourcesInfo().sort().join();
    const heap = () => { for (let i = 0; i < 3; i++) gc(); return process.memoryUsage().heapUsed; };
    const once = (socket, event) => new Promise((resolve) => socket.once(event, resolve));
    async function client(host, how) {
      const socket = new WebSocket(host.url.replace('http', 'ws'));
      socket.on('error', () => {});
      await once(socket, 'open');
      socket.send(JSON.stringify({ type: 'auth', api_key: how === 1 ? 'wrong' : host.token }));
      if (how === 1) return once(socket, 'close');
      await once(socket, 'message');
      const last = new Promise((resolve) => socket.on('message', (data) => JSON.parse(data).status !== 'streaming' && resolve()));
      socket.send(JSON.stringify({ id: 1, function: 'generate', params: { prompt: 'The capital of France is', ignore_eos: how !== 0, max_tokens: 60 } }));
      if (how === 2) socket.send(Buffer.alloc(2e6));
      if (how === 3) { await once(socket, 'message'); socket.terminate(); }
      if (how === 4) socket.send('{"type":"cancel","id":1}');
      if (how === 0 || how === 4) await last;
      if (how !== 2 && how !== 3) socket.close();
      await once(socket, 'close');
    }
    async function round(host, count) {
      for (let i = 0; i < count; i += 10) await Promise.all(Array.from({ length: 10 }, (_, j) => client(host, j % 5)));
      while (host.stats().connections || host.stats().requests) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    (async () => {
      void process.stdout, process.stderr; // their pipes are made when they are first looked at
      const before = resources();
      const host = await serve({ models: { atlas: ${JSON.stringify(tinyAtlas)} }, port: 0 });
      await round(host, 50);
      const first = heap();
      await round(host, 300);
      const growth = heap() - first;
      await host.close();
      await new Promise((resolve) => setTimeout(resolve, 50));
      const after = resources();
      console.log(JSON.stringify({ same: before === after, before, after, growth }));
    })();`;
  const { code, stdout, stderr } = await runScript(script, {
    wrap: ([program, ...rest]) => [program, '--expose-gc', ...rest],
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { same, before, after, growth } = JSON.parse(stdout);
  expect([same, after]).toEqual([true, before]);
  expect(growth).toBeLessThan(1e6);
});
