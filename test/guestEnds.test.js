'use strict';

// Guests of each language, token by token over emoji and CJK text, ending where the model ends: equal to model.generate.

const path = require('node:path');
const { loadModelSync } = require('..');
const { runProgram } = require('./fixtures/child');
const { tinyAtlas } = require('./fixtures/places');
const { rawGuest } = require('./fixtures/guests');

/** What the model says to the last answers characters of several tokens; to the others it ends by itself. */
const PROMPTS = [
  ['The capital of France is', 40],
  ['<|im_start|>user\nWhat is the capital of Peru?<|im_end|>\n<|im_start|>assistant\n', 60],
  ['日本 😀é 日本 😀é 日本 😀é 日本', 24],
  ['😀😀😀😀😀😀😀😀', 16],
];
const model = loadModelSync(tinyAtlas);
afterAll(() => model.close());

const wanted = async (prompt, most) => {
  const { text, tokens, finishReason } = await model.generate(prompt, { maxTokens: most });
  return { text, count: finishReason === 'stop' ? tokens.length - 1 : tokens.length, finishReason };
};

test('some of the prompts end by an end token, some are cut', async () => {
  const reasons = await Promise.all(PROMPTS.map(async (prompt) => (await wanted(...prompt)).finishReason));
  expect(reasons).toContain('stop');
});

test.each(['c/paris.wasm', 'assemblyscript/raw.wasm', 'rust/raw/paris.wasm'])('%s', async (name) => {
  for (const [prompt, most] of PROMPTS) {
    let text = '';
    const guest = rawGuest(name, { models: { m: tinyAtlas }, onToken: (piece) => void (text += piece) });
    const count = guest.call('run', 'm', prompt, most);
    const { finishReason, ...expected } = await wanted(prompt, most);
    expect([prompt, finishReason, guest.imports.lastError, { text, count }]).toEqual([
      prompt,
      finishReason,
      '',
      expected,
    ]);
    guest.imports.close();
  }
});

test('assemblyscript/typed.wasm', async () => {
  for (const [prompt, most] of PROMPTS) {
    const program = path.join(__dirname, 'fixtures/typedGuest.mjs');
    const { stdout, stderr, code } = await runProgram(process.execPath, [program, tinyAtlas, prompt, String(most)]);
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    const { text, count } = JSON.parse(stdout);
    const { finishReason, ...expected } = await wanted(prompt, most);
    expect([prompt, finishReason, { text, count }]).toEqual([prompt, finishReason, expected]);
  }
});
