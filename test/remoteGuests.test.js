'use strict';

// Option 2's imports over a network: the same core, codes and bits as beside the engine. What runs in a page's worker runs here in
// a thread, by both of its ways to wait; test/browser.test.js has the page.

const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { loadModelSync } = require('..');
const { GuestCode } = require('../dist/wasm');
const { tinyAtlas, smollm2, goldenTest } = require('./fixtures/places');
const { FRANCE, optionThree, sha } = require('./fixtures/guests');
const { TOKEN, startHost, until } = require('./fixtures/host');

let host;
afterEach(async () => {
  await until(() => host.stats().requests === 0 && host.stats().connections === 0 && host.stats().sessions === 0);
  await host.close();
});

/** Starts a job of fixtures/remoteGuest.mjs: { ready, result, thread }. */
function start(job, road, order = {}, options = {}) {
  const workerData = { job, road, order, url: host.url, token: TOKEN, file: tinyAtlas, ...options };
  const thread = new Worker(path.join(__dirname, 'fixtures/remoteGuest.mjs'), { workerData });
  const messages = {};
  const ready = new Promise((resolve) => (messages.ready = resolve));
  const result = new Promise((resolve, reject) => {
    thread.on('message', ({ ready: isReady, result, failed, code }) => {
      if (isReady) messages.ready();
      else if (failed) reject(Object.assign(new Error(failed), { code }));
      else resolve(result);
    });
    thread.on('error', reject);
    thread.on('exit', () => reject(new Error('the thread has ended')));
  });
  result.catch(() => {});
  return { thread, ready, result };
}

async function run(job, road, order, options) {
  const { thread, result } = start(job, road, order, options);
  try {
    return await result;
  } finally {
    await thread.terminate();
  }
}

describe.each(['socket', 'request'])('by %s', (road) => {
  async function paris(file, most) {
    host = await startHost({ models: { model: file } });
    const expected = optionThree(file, FRANCE, most);
    for (const guest of ['c/paris.wasm', 'assemblyscript/raw.wasm']) {
      const order = { guest, model: 'model', prompt: FRANCE, most, vocabSize: expected.logits.length };
      const { result, milliseconds, ...rest } = await run('guest', road, order);
      expect([guest, rest]).toEqual([
        guest,
        { ids: expected.ids, text: expected.text, logits: sha(expected.logits), lastError: '' },
      ]);
      expect(result).toBeGreaterThan(0);
      expect(milliseconds).toBeGreaterThan(0);
      if (!guest.startsWith('c/')) continue;
      const atOnce = await run('guest', road, { ...order, atOnce: true });
      expect(atOnce).toMatchObject({ ids: expected.ids, logits: sha(expected.logits) });
    }
    return expected.text;
  }
  test('Paris, the same ids and logits bit for bit: Tiny Atlas', async () => {
    expect(await paris(tinyAtlas, 20)).toBe(' Paris.');
  });
  goldenTest('Paris, the same ids and logits bit for bit: SmolLM2', async () => {
    expect(await paris(smollm2, 8)).toContain('Paris');
  });

  test('seeded calls with anything answer as beside the engine, and leave the same memory', async () => {
    host = await startHost();
    const { different, fine, refused, names } = await run('random', road, {
      seed: 11,
      rounds: road === 'socket' ? 2500 : 1200,
    });
    expect(different).toBeUndefined();
    expect(fine).toBeGreaterThan(50);
    expect(refused).toBeGreaterThan(200);
    for (const name of ['forward_layer', 'forward_layers', 'compute_logits', 'embed_tokens'])
      expect(names).toContain(`realm_${name}`);
  });

  test('codes', async () => {
    host = await startHost({ limits: { answerBytes: 100_000 } });
    const { codes, after } = await run('codes', road);
    expect(codes).toEqual({
      ...{ id: 1, again: 1, other: GuestCode.MODEL_NOT_FOUND, utf8: GuestCode.BAD_UTF8, store: GuestCode.UNSUPPORTED },
      ...{ outside: GuestCode.OUT_OF_BOUNDS, misaligned: GuestCode.INVALID_ARGUMENT, layer: GuestCode.NOT_FOUND },
      ...{ gap: GuestCode.INVALID_ARGUMENT, token: GuestCode.INVALID_ARGUMENT, tensor: GuestCode.NOT_FOUND },
      ...{ tooLarge: GuestCode.UNSUPPORTED, lora: GuestCode.UNSUPPORTED, model: GuestCode.MODEL_NOT_FOUND },
      chat: GuestCode.UNSUPPORTED,
    });
    expect(after).toBe(GuestCode.MODEL_NOT_FOUND);
  });

  test('generating: streamed, stopped, a host that fails, memory that grows, a call from within, stop tokens', async () => {
    host = await startHost();
    const dot = loadModelSync(tinyAtlas, { vocabOnly: true }).tokenize('Paris.').at(-1);
    const { answers, inner, first, errors } = await run('streaming', road, { dot });
    const { CANCELLED, RUNTIME, TOO_SMALL, BUSY } = GuestCode;
    const whole = ' Paris.\0';
    expect(answers).toEqual([whole, CANCELLED, RUNTIME, whole, whole, ' Paris\0', TOO_SMALL, TOO_SMALL]);
    expect(inner).toEqual([BUSY]);
    expect(first).toBe(' Paris.');
    expect(errors.map(([name, code]) => [name, code])).toContainEqual(['realm_host_generate', RUNTIME]);
  });

  test('memory shared between threads gives the same', async () => {
    host = await startHost();
    const [own, shared] = await run('shared', road);
    expect(own.codes).toEqual([2048, 2048, 1536 * 4, 0]);
    expect(shared).toEqual(own);
  });

  test('more rows than one message holds are as many messages; more than the context: its code', async () => {
    host = await startHost({ limits: { messageBytes: 20_000, answerBytes: 20_000 } });
    const [there, here] = await run('rows', road);
    expect(there).toEqual(here);
    expect(there[0]).toEqual([60 * 1024, 60 * 1024, GuestCode.INVALID_ARGUMENT, 1024]);
  });

  test('the host goes in the middle: a code, no exception', async () => {
    host = await startHost();
    const { thread, ready, result } = start('gone', road);
    await ready;
    await new Promise((resolve) => setTimeout(resolve, 50));
    await host.close();
    const { code, lastError, after } = await result;
    expect(code).toBe(GuestCode.RUNTIME);
    expect(lastError).toMatch(/^realm_forward_layer: /);
    expect(after).toBe(GuestCode.RUNTIME);
    await thread.terminate();
  });

  test('more guests than there may be: busy, and room again', async () => {
    host = await startHost({ limits: { sessions: 1 } });
    const { codes, why } = await run('busy', road);
    expect(codes).toEqual([1, 1, GuestCode.BUSY, 1]);
    expect(why).toBe('realm_host_load_model_by_name: 1 sessions are open');
  });
});

test('a worker that is ended in the middle of a call: its session ends with its connection', async () => {
  host = await startHost();
  const { thread, ready } = start('endless', 'socket');
  await ready;
  await until(() => host.stats().requests === 1);
  expect(host.stats().sessions).toBe(1);
  await thread.terminate();
  await until(() => host.stats().sessions === 0);
});

test('the same by requests: when nobody has asked for long', async () => {
  host = await startHost({ limits: { sessionMilliseconds: 300 } });
  const { thread, ready } = start('endless', 'request');
  await ready;
  await thread.terminate();
  expect(host.stats().sessions).toBe(1);
  await until(() => host.stats().sessions === 0);
});

test('two guests at once give what each gives alone', async () => {
  host = await startHost();
  const order = { guest: 'c/paris.wasm', model: 'atlas', most: 12, vocabSize: 1536 };
  const prompts = [FRANCE, 'What is the capital of Peru?'];
  const results = await Promise.all(
    prompts.map((prompt, i) => run('guest', ['socket', 'request'][i], { ...order, prompt })),
  );
  results.forEach(({ ids, text }, i) => {
    const expected = optionThree(tinyAtlas, prompts[i], 12);
    expect({ ids, text }).toEqual({ ids: expected.ids, text: expected.text });
  });
});

test.each([
  [{ token: 'wrong' }, 'E_UNAUTHORIZED'],
  [{ url: 'http://127.0.0.1:1' }, 'E_CONNECTION'],
])('connecting with %j: %s', async (options, code) => {
  host = await startHost();
  await expect(run('codes', 'socket', {}, options)).rejects.toMatchObject({ code });
});
