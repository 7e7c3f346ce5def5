'use strict';

// The example page in a real browser. Chromium comes from the system (REALM_CHROMIUM, else /usr/bin/chromium): nothing is
// downloaded here.

const fs = require('node:fs');
const path = require('node:path');
const { root, smollm2 } = require('./fixtures/places');
const { until } = require('./fixtures/host');
const { start } = require('../examples/browser/server');

const CHROMIUM = process.env.REALM_CHROMIUM ?? '/usr/bin/chromium';
const ARGUMENTS = ['no-sandbox', 'disable-gpu', 'disable-quic', 'no-first-run', 'disable-background-networking'];
const QUIET = ['disable-component-update', 'disable-sync', 'disable-dev-shm-usage'];

function browserTest(name, body, milliseconds = 60_000) {
  if (fs.existsSync(CHROMIUM)) test(name, body, milliseconds);
  else test['skip'](`${name} (there is no ${CHROMIUM}: install chromium, or set REALM_CHROMIUM)`, body);
}

let browser, host, page, problems;
beforeAll(async () => {
  if (!fs.existsSync(CHROMIUM)) return;
  const { chromium } = require('playwright-core');
  const args = [...ARGUMENTS, ...QUIET].map((name) => `--${name}`);
  browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args });
  host = await start(smollm2 && fs.existsSync(smollm2) ? [smollm2] : [], 0);
  fs.mkdirSync(path.join(root, 'build/screenshots'), { recursive: true });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await host?.close();
});

/** The page, opened anew. What goes wrong in it is collected in `problems`. */
async function open(token, options = {}) {
  const context = await browser.newContext({ viewport: { width: 900, height: 700 }, ...options });
  page = await context.newPage();
  problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  await page.goto(`${host.url}/#token=${token}`);
}
afterEach(async () => {
  await page?.context().close();
  if (host) await until(() => host.stats().requests === 0 && host.stats().connections === 0);
});

const screenshot = (name) => page.screenshot({ path: path.join(root, 'build/screenshots', `${name}.png`) });
const idle = () => page.waitForSelector('#stop:disabled', { state: 'attached' });

browserTest('asks for Paris, by keyboard alone, and sees it streamed', async () => {
  await open(host.token);
  await page.waitForSelector('#send:enabled');
  expect(await page.textContent('#state')).toBe('Connected');
  // Every state of the answer's text, as the page shows it.
  await page.evaluate(() => {
    globalThis.seen = [];
    new MutationObserver(() => globalThis.seen.push(document.querySelector('.answer')?.textContent ?? '')).observe(
      document.getElementById('conversation'),
      { subtree: true, childList: true, characterData: true },
    );
  });
  await page.keyboard.type('What is the capital of France?');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.getElementById('speed').value.includes('a second'));
  expect(await page.textContent('.answer')).toBe('The capital of France is Paris.');
  expect(await page.textContent('#speed')).toMatch(/^\d+ tokens, \d+ a second$/);
  const states = (await page.evaluate(() => globalThis.seen)).filter((text) => text !== '');
  for (const text of states) expect('The capital of France is Paris.').toContain(text);
  await screenshot('paris-light');
  expect(problems).toEqual([]);
});

browserTest('the model is chosen, the stop button stops it, and it goes on afterwards', async () => {
  await open(host.token, { colorScheme: 'dark' });
  await page.waitForSelector('#send:enabled');
  const names = await page.$$eval('#model option', (options) => options.map((option) => option.value));
  expect(names[0]).toBe('Tiny Atlas');
  await page.selectOption('#model', names.at(-1));
  // Tiny Atlas has answered before anyone can press a button: what is stopped is the larger model's answer.
  await page.fill('#prompt', names.length > 1 ? 'Write a long story about the sea.' : 'What is the capital of Peru?');
  await page.click('#send');
  if (names.length > 1) {
    await page.waitForFunction(() => document.querySelector('.answer')?.textContent.length > 40);
    expect(host.stats().requests).toBe(1);
    await page.click('#stop');
    await until(() => host.stats().requests === 0, 2000);
    await idle();
    expect(await page.textContent('.answer')).toMatch(/Stopped\.$/);
  }
  await idle();
  await page.selectOption('#model', 'Tiny Atlas');
  await page.fill('#prompt', 'What is the capital of Japan?');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.getElementById('speed').value.includes('a second'));
  expect(await page.textContent('.answer:last-child')).toBe('The capital of Japan is Tokyo.');
  await screenshot('stopped-dark');
  expect(problems).toEqual([]);
});

browserTest('a wrong token is said, in words', async () => {
  await open('wrong', { viewport: { width: 390, height: 700 } });
  await page.waitForSelector('#error:visible');
  expect(await page.textContent('#error')).toBe('the token is wrong');
  expect(await page.isDisabled('#send')).toBe(true);
  await screenshot('wrong-token');
});

browserTest('the client in a Web Worker; without a WebSocket it streams over fetch', async () => {
  await open(host.token);
  const result = await page.evaluate(async (token) => {
    const source = `import { connect } from '${location.origin}/client/index.mjs';
      onmessage = async ({ data: token }) => {
        const results = [];
        for (const transport of ['websocket', 'fetch']) {
          const client = await connect('${location.origin}', { token, transport });
          let text = '';
          for await (const chunk of client.generate({ model: 'Tiny Atlas', prompt: 'The capital of France is' })) text += chunk.text;
          const logits = await client.logits([1, 2], { model: 'Tiny Atlas' });
          results.push([client.transport, text, logits.length]);
          client.close();
        }
        postMessage(results);
      };`;
    const worker = new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })), { type: 'module' });
    const answer = new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => reject(new Error(event.message ?? 'the worker could not be loaded'));
    });
    worker.postMessage(token);
    return answer;
  }, host.token);
  expect(result).toEqual([
    ['websocket', ' Paris.', 3072],
    ['fetch', ' Paris.', 3072],
  ]);
});

/** A guest of a few bytes: `run(nameBytes, promptBytes)` generates from the prompt at 64, with the options at 256, into 1024. */
function tinyGuest() {
  const string = (text) => [text.length, ...Buffer.from(text)];
  const section = (id, ...bytes) => [id, bytes.length, ...bytes];
  const i32 = 0x7f;
  const type = (count) => [0x60, count, ...Array(count).fill(i32), 1, i32];
  const constant = (value) => (value < 64 ? [0x41, value] : [0x41, (value & 0x7f) | 0x80, value >> 7]);
  const load = [...constant(0), 0x20, 0, 0x10, 0];
  const generate = [...constant(64), 0x20, 1, ...constant(256), ...constant(1024), ...constant(4096), 0x10, 1, 0x0b];
  const body = [0, ...load, ...generate];
  return [
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, 2, ...type(2), ...type(6)),
    ...section(
      ...[2, 2, ...string('env'), ...string('realm_host_load_model_by_name'), 0, 0],
      ...[...string('env'), ...string('realm_host_generate'), 0, 1],
    ),
    ...section(3, 1, 0),
    ...section(5, 1, 0, 1),
    ...section(7, 2, ...string('memory'), 2, 0, ...string('run'), 0, 2),
    ...section(10, 1, body.length, ...body),
  ];
}

browserTest('an Option 2 guest in the page’s worker, against the host', async () => {
  await open(host.token);
  const result = await page.evaluate(
    async ([token, guest]) => {
      const source = `import { createRemoteImports } from '${location.origin}/client/index.mjs';
        onmessage = async ({ data: [token, guest] }) => {
          const texts = [];
          const imports = createRemoteImports({ url: '${location.origin}', token, onToken: (text) => void texts.push(text) });
          const { instance } = await WebAssembly.instantiate(Uint8Array.from(guest), imports);
          imports.attach(instance);
          const { memory, run } = instance.exports;
          const put = (text, at) => new TextEncoder().encodeInto(text, new Uint8Array(memory.buffer, at)).written;
          const ask = (name) => run(put(name, 0), put('The capital of France is', 64));
          const options = new DataView(memory.buffer, 256);
          options.setUint32(0, 20, true); // greedy: temperature 0
          options.setFloat32(8, 1, true);
          options.setFloat32(16, 1, true);
          const bytes = ask('Tiny Atlas');
          const answer = new TextDecoder().decode(new Uint8Array(memory.buffer, 1024, bytes));
          const { env } = imports;
          const codes = [ask('../secret'), env.realm_embed_tokens(1, 0, 1, 0), env.realm_encode_tokens(1, 65530, 100, 0, 8)];
          codes.push(env.realm_encode_tokens(1, 64, 24, 8192, 8), env.realm_decode_tokens(9, 0, 1, 0, 8));
          const why = imports.lastError;
          const tokens = env.realm_encode_tokens(1, 64, 24, 8192, 400);
          const back = env.realm_decode_tokens(1, 8192, tokens, 16384, 400);
          const text = new TextDecoder().decode(new Uint8Array(memory.buffer, 16384, back));
          const json = env.realm_get_model_metadata(1, 20480, 4096);
          const metadata = JSON.parse(new TextDecoder().decode(new Uint8Array(memory.buffer, 20480, json)));
          postMessage({ bytes, answer, texts, codes, why, text, metadata });
        };`;
      const worker = new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })), {
        type: 'module',
      });
      const done = new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = (event) => reject(new Error(event.message ?? 'the worker could not be loaded'));
      });
      worker.postMessage([token, guest]);
      return done;
    },
    [host.token, tinyGuest()],
  );
  expect(result).toMatchObject({
    ...{ bytes: 8, answer: ' Paris.\0', texts: [' Paris.'], codes: [-4, -10, -3, -6, -4], why: 'there is no model 9' },
    ...{
      text: 'The capital of France is',
      metadata: { config: { hidden_size: 256, vocab_size: 1536 }, has_tokenizer: true },
    },
  });
});
