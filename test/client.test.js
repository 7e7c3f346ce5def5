'use strict';

// The client is an ES module without Node's imports: it runs here in a process of its own, over both ways.

const fs = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { loadModelSync } = require('..');
const { root, tinyAtlas } = require('./fixtures/places');
const { runProgram } = require('./fixtures/child');
const { TOKEN, startHost, until } = require('./fixtures/host');

let host;
beforeAll(async () => (host = await startHost({ limits: { connections: 2, tokens: 400 } })));
afterAll(() => host.close());
afterEach(() => until(() => host.stats().requests === 0 && host.stats().connections === 0));

/** Runs `body` with { connect, RealmError, url, token, way, PROMPT }; `way` are the options that choose the transport. Resolves with what it returns. */
async function client(way, body) {
  const options = way === 'websocket' ? "{ transport: 'websocket', WebSocket }" : "{ transport: 'fetch' }";
  const script = `
    import { connect, RealmError } from ${JSON.stringify(pathToFileURL(path.join(root, 'dist/web/client/index.mjs')))};
    import { WebSocket } from ${JSON.stringify(pathToFileURL(path.join(root, 'node_modules/ws/wrapper.mjs')))};
    const [url, token, way] = [${JSON.stringify(host.url)}, ${JSON.stringify(TOKEN)}, ${options}];
    const PROMPT = 'The capital of France is';
    const codeOf = async (work) => { try { await work; } catch (error) { return error.name === 'AbortError' ? error.name : error.code; } };
    const result = await (async () => { ${body} })();
    console.log(JSON.stringify(result));`;
  const { code, stdout, stderr } = await runProgram(process.execPath, ['--input-type=module', '-e', script]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

test('options that are not there are named, with the nearest', async () => {
  const words = await client(
    'fetch',
    `const realm = await connect(url, { token, ...way });
    const calls = [
      (o) => connect(url, o), (o) => realm.metadata(o), (o) => realm.tokenize('x', o), (o) => realm.detokenize([5], o),
      (o) => realm.logits([5], o), async (o) => realm.generate({ prompt: PROMPT, ...o }),
    ];
    const wordsOf = (call) => call({ modle: 1 }).then(() => '', (error) => error instanceof RealmError ? error.message : 'another');
    return Promise.all(calls.map(wordsOf));`,
  );
  expect(words.map((word) => /^(\w+) has no option "modle"; did you mean "(token|model)"\?$/.exec(word)?.[1])).toEqual([
    ...['connect', 'metadata', 'tokenize', 'detokenize', 'logits', 'generate'],
  ]);
});

test('no imports but its own files, and what it shares with the host’s side', () => {
  const folder = path.join(root, 'dist/web');
  const seen = [];
  const look = (file) => {
    if (seen.includes(file)) return;
    seen.push(file);
    const source = fs.readFileSync(file, 'utf8');
    for (const [, from] of source.matchAll(/(?:from|import\(|new URL\()\s*'([^']+)'/g)) {
      expect(from).toMatch(/^\.\.?\/[\w/]+\.m?js$/); // as browsers want it: relative, with its ending
      look(path.join(path.dirname(file), from));
    }
    expect(source).not.toMatch(/\b(require|process|Buffer)\b[.(]/);
  };
  look(path.join(folder, 'client/index.mjs'));
  const names = seen.map((file) => path.relative(folder, file));
  for (const name of ['client/socketWorker.mjs', 'portable/guest/memory.js', 'portable/imports/compute.js'])
    expect(names).toContain(name);
});

describe.each(['websocket', 'fetch'])('by %s', (way) => {
  test('everything a client can ask', async () => {
    const model = loadModelSync(tinyAtlas);
    const tokens = Array.from(model.tokenize('The capital of France is'));
    const logits = await model.logits([1, 2]);
    const { info } = model;
    model.close();
    const result = await client(
      way,
      `const client = await connect(url, { token, ...way });
       const pieces = [];
       const answer = client.generate({ prompt: PROMPT });
       for await (const { text } of answer) pieces.push(text);
       const whole = await answer;
       const chat = await client.generate({ messages: [{ role: 'user', content: 'What is the capital of Japan?' }], maxTokens: 3 });
       const result = {
         way: client.transport, models: await client.models(), health: (await client.health()).status,
         metadata: await client.metadata(), tokens: [...await client.tokenize(PROMPT)],
         text: await client.detokenize(${JSON.stringify(tokens)}, { skipSpecial: true }), logits: [...await client.logits([1, 2])],
         pieces: pieces.join(''), many: pieces.length > 0, whole, chat: [chat.text, chat.finishReason, chat.completionTokens],
       };
       client.close();
       return result;`,
    );
    expect(result).toEqual({
      way,
      models: ['atlas'],
      health: 'ok',
      metadata: { model: 'atlas', ...info },
      tokens,
      text: 'The capital of France is',
      logits: Array.from(logits),
      pieces: ' Paris.',
      many: true,
      whole: {
        ...{ text: ' Paris.', finishReason: 'stop', model: 'atlas', promptTokens: tokens.length },
        ...{ completionTokens: expect.any(Number), seconds: expect.any(Number) },
      },
      chat: ['The capital of', 'length', 3],
    });
  });

  test('cancel, a signal, a loop left early: the host stops', async () => {
    const result = await client(
      way,
      `const client = await connect(url, { token, ...way });
       const endless = (signal) => client.generate({ prompt: PROMPT, ignoreEos: true, maxTokens: 400, ...(signal && { signal }) });
       const running = async () => { while ((await client.health()).requests > 1); return true; };
       const cancelled = endless();
       const codes = [await codeOf((async () => { for await (const _ of cancelled) cancelled.cancel(); })()), await codeOf(cancelled)];
       await running();
       const controller = new AbortController();
       const aborted = endless(controller.signal);
       codes.push(await codeOf((async () => { for await (const _ of aborted) controller.abort(); })()));
       await running();
       const left = endless();
       for await (const _ of left) break;
       codes.push(await codeOf(left));
       await running();
       codes.push(await codeOf(endless(AbortSignal.abort())));
       client.close();
       codes.push(await codeOf(client.models()), await codeOf(endless()));
       return codes;`,
    );
    expect(result).toEqual([
      ...['E_CANCELLED', 'E_CANCELLED', 'AbortError', 'E_CANCELLED', 'AbortError'],
      ...['E_CONNECTION', 'E_CONNECTION'],
    ]);
  });

  test('errors keep their code and words', async () => {
    const result = await client(
      way,
      `const error = async (work) => { try { await work; } catch (e) { return [e instanceof RealmError, e.code, e.message]; } };
       const client = await connect(url, { token, ...way });
       const results = [
         await error(client.generate({ prompt: PROMPT, model: 'other' })), await error(client.generate({ prompt: PROMPT, topP: 3 })),
         await error(connect(url, { token: 'wrong', ...way })), await error(connect('http://127.0.0.1:1', { token, ...way })),
       ];
       client.close();
       return results;`,
    );
    expect(result).toEqual([
      [true, 'E_MODEL_NOT_FOUND', 'no model of this name is served; there are atlas'],
      [true, 'E_INVALID_ARGUMENT', 'topP must be a number from 0 to 1, got 3'],
      [true, 'E_UNAUTHORIZED', expect.stringContaining('wrong')],
      [true, 'E_CONNECTION', expect.any(String)],
    ]);
  });
});

test('auto: a WebSocket; fetch where there is none, and where it is refused; a lost connection is made anew', async () => {
  const result = await client(
    'websocket',
    `const auto = { token, WebSocket };
     const one = await connect(url, auto), two = await connect(url, auto);
     const three = await connect(url, auto); // the host takes two connections
     const without = await connect(url, { token, WebSocket: null });
     const ways = [one, two, three, without].map((client) => client.transport);
     const texts = await Promise.all([one, three].map(async (client) => (await client.generate({ prompt: PROMPT })).text));
     two.close(); one.close();
     await new Promise((resolve) => setTimeout(resolve, 1500)); // the host hears of it
     const sockets = [];
     const again = await connect(url, { token, WebSocket: class extends WebSocket { constructor(...a) { super(...a); sockets.push(this); } } });
     sockets[0].terminate();
     await new Promise((resolve) => sockets[0].on('close', resolve));
     texts.push((await again.generate({ prompt: PROMPT })).text);
     for (const client of [three, without, again]) client.close();
     return { ways, texts, sockets: sockets.length };`,
  );
  expect(result).toEqual({
    ways: ['websocket', 'websocket', 'fetch', 'fetch'],
    texts: [' Paris.', ' Paris.', ' Paris.'],
    sockets: 2,
  });
});
