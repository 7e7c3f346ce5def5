'use strict';

// The example page in a real browser. Chromium comes from the system (REALM_CHROMIUM, else /usr/bin/chromium): nothing is
// downloaded here.

const fs = require('node:fs');
const path = require('node:path');
const { root, tinyAtlas, smollm2 } = require('./fixtures/places');
const { FRANCE, optionThree, sha } = require('./fixtures/guests');
const { until } = require('./fixtures/host');
const { serve } = require('../dist/serve');
const { onRequest, start } = require('../examples/browser/server');

const CHROMIUM = process.env.REALM_CHROMIUM ?? '/usr/bin/chromium';
const ARGUMENTS = ['no-sandbox', 'disable-gpu', 'disable-quic', 'no-first-run', 'disable-background-networking'];
const QUIET = ['disable-component-update', 'disable-sync', 'disable-dev-shm-usage'];

function browserTest(name, body, milliseconds = 300_000) {
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
});
afterAll(async () => {
  await browser?.close();
  await host?.close();
});

/** The page, opened anew. What goes wrong in it is collected in `problems`. */
async function open(token, options = {}, url = host.url) {
  await page?.context().close();
  const context = await browser.newContext({ viewport: { width: 900, height: 700 }, ...options });
  page = await context.newPage();
  problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  await page.goto(`${url}/#token=${token}`);
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
    const source = `import { connect } from '${location.origin}/realm/client/index.mjs';
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

/** Runs a guest in a worker of the page: { tokens, ids, road, text, bytes, logits: their SHA-256, ... }. */
const runGuestInPage = (order, vocabulary) =>
  page.evaluate(
    async ([order, size]) => {
      const worker = new Worker('guest.js', { type: 'module' });
      let text = '';
      const done = await new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => (data.done ? resolve(data.done) : (text += data.text));
        worker.onerror = ({ message }) => reject(new Error(message ?? 'the worker could not be loaded'));
        worker.postMessage(order);
      });
      worker.terminate();
      if (done.error) return done;
      const digest = await crypto.subtle.digest('SHA-256', done.logits.slice(0, size));
      const logits = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
      return { ...done, text, logits, isolated: globalThis.crossOriginIsolated };
    },
    [order, vocabulary * 4],
  );

async function everyGuest(model, file, most) {
  const expected = optionThree(file, FRANCE, most);
  await open(host.token);
  for (const guest of ['guests/c.wasm', 'guests/assemblyscript.wasm']) {
    for (const road of ['socket', 'request']) {
      const order = { guest, road, token: host.token, model, prompt: FRANCE, most };
      const result = await runGuestInPage(order, expected.logits.length);
      expect([guest, result]).toMatchObject([
        guest,
        { road, isolated: true, text: expected.text, ids: expected.ids, logits: sha(expected.logits) },
      ]);
      expect(result.bytes).toBeLessThan(2e6); // no weights
      await until(() => host.stats().sessions === 0 && host.stats().requests === 0);
    }
  }
  expect(problems).toEqual([]);
  return expected.text;
}

browserTest('Option 2 guests in the page’s worker, layer by layer, bit for bit: Tiny Atlas', async () => {
  expect(await everyGuest('Tiny Atlas', tinyAtlas, 20)).toBe(' Paris.');
});

const withSmollm2 =
  smollm2 && fs.existsSync(smollm2) ? browserTest : (name) => test['skip'](`${name} (REALM_MODELS)`, () => {});
withSmollm2('Option 2 guests in the page’s worker, layer by layer, bit for bit: SmolLM2', async () => {
  expect(await everyGuest(path.basename(smollm2, '.gguf'), smollm2, 8)).toContain('Paris');
});

browserTest('a page that is not isolated: guests go by requests; what goes wrong is said', async () => {
  const plain = await serve({
    ...{ models: { 'Tiny Atlas': tinyAtlas }, port: 0, onRequest },
  });
  await open(plain.token, {}, plain.url);
  const order = { guest: 'guests/c.wasm', token: plain.token, model: 'Tiny Atlas', prompt: FRANCE, most: 20 };
  expect(await runGuestInPage(order, 1536)).toMatchObject({
    isolated: false,
    road: 'request',
    text: ' Paris.',
    tokens: 3,
  });
  const wrong = await runGuestInPage({ ...order, token: 'wrong' }, 1536);
  expect(wrong.error).toBe('realm_host_load_model_by_name: the token is missing or wrong');
  const none = await runGuestInPage({ ...order, model: '../secret' }, 1536);
  expect(none.error).toMatch(/no model of this name is served; there are Tiny Atlas$/);
  const socket = await runGuestInPage({ ...order, road: 'socket' }, 1536);
  expect(socket.error).toBe('the road by socket needs shared memory: a page isolated by COOP and COEP');
  await plain.close();
  await open(host.token);
  const refused = await runGuestInPage({ ...order, token: 'wrong' }, 1536);
  expect(refused.error).toBe('the token is wrong');
});

browserTest('the page itself runs guests, and stops them', async () => {
  await open(host.token);
  await page.waitForSelector('#send:enabled');
  for (const how of ['guests/c.wasm', 'guests/assemblyscript.wasm']) {
    await page.selectOption('#how', how);
    expect(await page.getAttribute('#prompt', 'placeholder')).toBe(FRANCE);
    await page.fill('#prompt', FRANCE);
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.getElementById('speed').value.includes('a second'));
    expect(await page.textContent('.answer:last-child')).toMatch(/^The capital of France is Paris\.\d+ KB of memory/);
  }
  await screenshot('guest-light');
  const names = await page.$$eval('#model option', (options) => options.map((option) => option.value));
  if (names.length > 1) {
    await page.selectOption('#model', names.at(-1));
    await page.fill('#prompt', 'Once upon a time');
    await page.click('#send');
    await page.waitForFunction(() => document.querySelector('.answer:last-child')?.textContent.length > 40);
    expect(host.stats()).toMatchObject({ sessions: 1, connections: 2 });
    await page.click('#stop');
    await idle();
    expect(await page.textContent('.answer:last-child')).toMatch(/Stopped\.$/);
    await until(() => host.stats().sessions === 0 && host.stats().requests === 0);
  }
  expect(problems).toEqual([]);
});
