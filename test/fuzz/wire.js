'use strict';

// A host and clients that write bytes of their own: requests over HTTP, frames over WebSocket, with something changed. Whatever came, the host answers the
// next ordinary request, and nothing is left at work.

const net = require('node:net');
const { once } = require('node:events');
const { TOKEN, startHost } = require('../fixtures/host');

const PATIENCE = 3000;
let host;

const json = (r) =>
  r.of([
    { model: 'atlas', prompt: 'The capital', max_tokens: 2 },
    { model: 'atlas', messages: [{ role: 'user', content: 'hi' }], max_tokens: 2, stream: r.chance(50) },
    { input: ['a', 'b'], model: 'atlas' },
    { content: 'text' },
    { id: 1, function: 'generate', params: { prompt: 'Once', max_tokens: 2 } },
    { id: 'x', function: 'logits', params: { tokens: [1, 2] } },
    { type: 'cancel', id: 1 },
    { type: 'auth', api_key: TOKEN },
    { id: 2, function: 'open_session', params: { model: 'atlas' } },
    { id: 3, function: 'tokenize', params: { text: 'x' } },
  ]);

const ODD = [
  null,
  -1,
  0,
  1e308,
  2 ** 53,
  '',
  'a',
  '\ud800',
  [],
  {},
  true,
  [[[[]]]],
  { __proto__: null, constructor: 1 },
  'x'.repeat(70000),
];

/** A body with a value or two replaced, or its text broken. */
function body(r) {
  const value = json(r);
  for (let i = 0; i < r.below(3); i++)
    value[r.of([...Object.keys(value), 'stop', 'temperature', 'n', 'seed', 'tools', 'response_format'])] = r.of(ODD);
  const bytes = Buffer.from(JSON.stringify(value));
  if (r.chance(20)) bytes[r.below(bytes.length)] = r.below(256);
  return r.chance(5)
    ? Buffer.from('['.repeat(50000))
    : bytes.subarray(0, r.chance(10) ? r.below(bytes.length) : bytes.length);
}

const PATHS = [
  '/v1/chat/completions',
  '/v1/completions',
  '/v1/embeddings',
  '/v1/models',
  '/health',
  '/metrics',
  '/tokenize',
  '/detokenize',
  '/apply-template',
  '/props',
  '/v1/rerank',
  '/v1/call',
  '/',
  '/../x',
  '/%00',
  '/v1/models/atlas',
  `/${'a'.repeat(9000)}`,
  '*',
  'http://x/y',
];

function request(r) {
  const content = body(r);
  const length = r.of([
    content.length,
    content.length,
    content.length,
    content.length,
    0,
    content.length + 9,
    -1,
    '1e3',
    '99999999999999',
  ]);
  const headers = [
    `Host: ${r.of(['127.0.0.1', 'localhost', 'evil.example', ''])}`,
    ...(r.chance(85) ? [`Authorization: Bearer ${r.chance(95) ? TOKEN : 'x'}`] : []),
    `Content-Type: ${r.of(['application/json', 'application/json; charset=utf-16', 'text/plain', ''])}`,
    ...(r.chance(90) ? [`Content-Length: ${length}`] : ['Transfer-Encoding: chunked']),
    ...(r.chance(10) ? ['Origin: http://evil.example'] : []),
    ...(r.chance(10) ? ['Expect: 100-continue'] : []),
    ...(r.chance(10) ? ['Accept-Encoding: gzip'] : []),
    ...(r.chance(5) ? Array.from({ length: 3000 }, (_, i) => `X${i}: 1`) : []),
  ];
  const line = `${r.of(['POST', 'POST', 'POST', 'GET', 'PUT', 'OPTIONS', 'HEAD', 'BREW'])} ${r.of(PATHS)} HTTP/1.${r.of([1, 1, 1, 0, 9])}`;
  return Buffer.concat([Buffer.from(`${[line, ...headers].join('\r\n')}\r\n\r\n`), content]);
}

/** A frame as RFC 6455 has it, or nearly. */
function frame(r, content = body(r)) {
  const opcode = r.chance(70) ? r.of([1, 2]) : r.below(16);
  const head = [(r.chance(85) ? 0x80 : 0) | (r.chance(5) ? 0x70 : 0) | opcode];
  const masked = r.chance(92) ? 0x80 : 0;
  const length = r.chance(90) ? content.length : r.of([0, 125, 126, 65535, 2 ** 31]);
  if (length < 126) head.push(masked | length);
  else if (length < 65536) head.push(masked | 126, length >> 8, length & 255);
  else
    head.push(
      masked | 127,
      0,
      0,
      0,
      r.chance(5) ? 255 : 0,
      (length >>> 24) & 255,
      (length >> 16) & 255,
      (length >> 8) & 255,
      length & 255,
    );
  const mask = masked ? [1, 2, 3, 4] : [];
  return Buffer.concat([
    Buffer.from([...head, ...mask]),
    masked ? Buffer.from(content.map((byte, i) => byte ^ mask[i & 3])) : content,
  ]);
}

const upgrade = () =>
  Buffer.from(
    'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n\r\n',
  );

async function talk(writes, linger) {
  const socket = net.connect(Number(new URL(host.url).port), '127.0.0.1');
  let answered = 0;
  socket.on('data', (bytes) => (answered += bytes.length));
  socket.on('error', () => {});
  const closed = once(socket, 'close').catch(() => {});
  await Promise.race([once(socket, 'connect'), closed]);
  for (const bytes of writes) if (!socket.destroyed) socket.write(bytes);
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, linger))]);
  socket.destroy();
  return answered;
}

async function wire(r, writes) {
  host ??= await startHost({ limits: { authMilliseconds: 500 } });
  const answered = await talk(writes, 20 + r.below(80));
  for (const until = Date.now() + PATIENCE; host.stats().requests > 0;) {
    if (Date.now() > until) throw new Error(`${host.stats().requests} requests are left`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const answer = await fetch(`${host.url}/v1/models`, { headers: { authorization: `Bearer ${TOKEN}` } });
  if (answer.status !== 200) throw new Error(`an ordinary request is answered ${answer.status}`);
  await answer.arrayBuffer();
  return answered > 0 ? 'answered' : 'closed';
}

const http = (r) =>
  wire(
    r,
    Array.from({ length: 1 + r.below(4) }, () => request(r)),
  );

const websocket = (r) => {
  const auth = Buffer.from(JSON.stringify({ type: 'auth', api_key: TOKEN }));
  const good = { chance: () => false, of: () => 1, below: () => 0 };
  const first = r.chance(80) ? [frame({ ...good, chance: (percent) => percent > 60 }, auth)] : [];
  return wire(r, [upgrade(), ...first, ...Array.from({ length: 1 + r.below(6) }, () => frame(r))]);
};

const closeHost = () => host?.close();

module.exports = { http, websocket, closeHost };
