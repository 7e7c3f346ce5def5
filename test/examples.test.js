'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { root, tinyAtlas, smollm2, goldenTest } = require('./fixtures/places');
const { runProgram } = require('./fixtures/child');

async function example(name, args = [], env = {}) {
  const { code, stdout, stderr } = await runProgram(process.execPath, [path.join(root, 'examples', name), ...args], {
    env,
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

test('paris.js: the embedded model, a path, MODEL_PATH', async () => {
  expect(await example('paris.js')).toBe('The capital of France is Paris.\n');
  expect(await example('paris.js', [tinyAtlas])).toContain('Paris');
  expect(await example('paris.js', [], { MODEL_PATH: tinyAtlas })).toContain('Paris');
});

goldenTest('paris.js with SmolLM2', async () => {
  expect(await example('paris.js', [smollm2])).toBe('The capital of France is Paris.\n');
});

test('stream.js', async () => {
  expect(await example('stream.js')).toMatch(/^The capital of Japan is Tokyo\.\n\[\d+ tokens, \d+ a second, stop\]\n$/);
  expect(await example('stream.js', [tinyAtlas, 'What is the capital of Peru?'])).toContain('Lima');
});

test('chat.js', async () => {
  const lines = (await example('chat.js')).split('\n');
  expect(lines[0]).toBe('The capital of Japan is Tokyo.');
  expect(lines[1]).toContain('Lima');
});

test('tools.js: a call whose arguments fit the schema, its result, an answer', async () => {
  const lines = (await example('tools.js')).trimEnd().split('\n');
  const given = JSON.parse(/^weather\((.*)\)$/.exec(lines[0])[1]);
  expect(given).toEqual({ city: expect.any(String), unit: expect.stringMatching(/^(celsius|fahrenheit)$/) });
  const temperature = given.unit === 'celsius' ? 21 : 70;
  expect(JSON.parse(lines[1].slice(3))).toEqual({ city: given.city, temperature, sky: 'clear' });
  expect(lines.at(-1)).toBe('[2 steps]');
});

goldenTest('tools.js with SmolLM2', async () => {
  const lines = (await example('tools.js', [smollm2])).split('\n');
  expect(lines[0]).toMatch(/^weather\(\{"city":"Oslo",/);
  expect(lines[2]).toContain('Oslo');
});

test('js-paris-simple/test-pure-node.js', async () => {
  const lines = (await example('js-paris-simple/test-pure-node.js', [tinyAtlas])).trim().split('\n');
  expect(lines[0]).toMatch(/^Model stored with ID: \d+$/);
  expect(lines.slice(1, 6)).toEqual([
    'Tensors: 38',
    'Size: 2.12 MB',
    'Embedded 3 tokens -> 768 hidden states',
    'Layer 0: 256 -> 256 hidden states',
    '1536 logits',
  ]);
  expect(lines[6]).toMatch(/^First 5 values: (-?\d+\.\d{4}(, |$)){5}/);
  expect(lines[7]).toBe('Pure Node.js API Test Complete!');
});

test('js-paris-simple/test.js', async () => {
  const lines = (await example('js-paris-simple/test.js')).trim().split('\n');
  expect(lines[0]).toMatch(/^Model stored in HOST with ID: \d+$/);
  expect(lines).toContain('Retrieved tensor: 1572864 bytes (dequantized f32)');
  expect(lines).toContain('Elements: 393216');
  expect(lines.at(-1)).toBe('HOST Storage Test Complete!');
});

test('js-paris-simple/test-native-direct.js', async () => {
  const lines = (await example('js-paris-simple/test-native-direct.js')).trim().split('\n');
  expect(lines[0]).toMatch(/^Embedded \d+ tokens -> \d+ f32 values$/);
  expect(lines[2]).toMatch(/^Layer 0 forward complete: \d+ f32 values$/);
  expect(lines.at(-1)).toMatch(/^Top token ID: \d+ \(logit: -?\d+\.\d{4}\)/);
});

test('js-paris-simple/test-host-compute.js', async () => {
  const lines = (await example('js-paris-simple/test-host-compute.js')).trim().split('\n');
  expect(lines[0]).toMatch(/^\[HOST\] realm_host_load_model_by_name\(\d+, 5\) = 1$/);
  expect(lines.slice(-4)).toEqual([
    expect.stringMatching(/^Host calls: \d+, tokens: 3$/),
    'Guest memory: 128 KB',
    'Response: "The capital of France is Paris."',
    'SUCCESS: Model correctly identified Paris as the capital of France!',
  ]);
});

test('js-paris-simple/test-final.js', async () => {
  const lines = (await example('js-paris-simple/test-final.js', [tinyAtlas])).trim().split('\n');
  expect(lines).toEqual([
    expect.stringMatching(/^\[HOST\] realm_store_model\(len=\d+, hint=0\)$/),
    expect.stringMatching(/^\[HOST\] Model stored with ID: \d+$/),
    '[HOST] Tensors: 38, 2.12 MB',
    'Response: "The capital of France is Paris."',
    expect.stringMatching(/^Time: \d+ms, guest memory: \d\.\d\d % of the model$/),
    'SUCCESS: Model correctly identified Paris as the capital of France!',
  ]);
});

test('each is under 40 lines', () => {
  for (const folder of ['examples', 'examples/js-paris-simple']) {
    for (const name of fs.readdirSync(path.join(root, folder)).filter((file) => file.endsWith('.js'))) {
      expect([name, fs.readFileSync(path.join(root, folder, name), 'utf8').split('\n').length <= 41]).toEqual([
        name,
        true,
      ]);
    }
  }
});
