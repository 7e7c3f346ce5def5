'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { loadModelSync, storeModel, getTensor, removeModel, getEngineInfo } = require('..');
const { golden, smollm2, tinyAtlas, goldenTest, readJson } = require('./fixtures/places');
const { runProgram } = require('./fixtures/child');
const { enginesThatRun } = require('../scripts/build');

// Against the reference data, where it is; each engine library that this processor runs is measured in a process of its own.

jest.setTimeout(300_000);

const LIBRARIES = { avx512: 'avx512', v3: 'avx2', plain: getEngineInfo().isa };
const libraries = enginesThatRun();
const measured = {};
beforeAll(async () => {
  for (const isa of libraries) {
    const script = path.join(__dirname, 'fixtures/measure.js');
    const places = JSON.stringify({ golden, smollm2, tinyAtlas });
    const { code, stdout, stderr } = await runProgram(process.execPath, [script, places], { env: { REALM_ISA: isa } });
    expect({ isa, code, stderr }).toEqual({ isa, code: 0, stderr: '' });
    measured[isa] = JSON.parse(stdout);
  }
});

describe('the same bits everywhere', () => {
  test('one row or many, one thread or two, packed or mapped, by hand or whole, each library', () => {
    for (const name of Object.keys(measured[libraries[0]].sameBits)) {
      const all = libraries.flatMap((isa) =>
        Object.entries(measured[isa].sameBits[name]).map(([way, hash]) => [`${isa}: ${way}`, hash]),
      );
      const first = all[0][1];
      expect([name, all.filter(([, hash]) => hash !== first)]).toEqual([name, []]);
      expect(all).toHaveLength(libraries.length * 6);
    }
  });
});

describe.each(libraries)('library %s', (isa) => {
  test('is the one that was asked for', () => expect(measured[isa].isa).toBe(LIBRARIES[isa]));

  describe.each(['tiny-atlas', 'smollm2'])('%s', (name) => {
    goldenTest('token ids', () => expect(measured[isa].texts[name].ids).toEqual([]));

    goldenTest('greedy continuations, but where the reference is itself undecided (margin under 0.2)', () => {
      expect(measured[isa].texts[name].greedy.filter(([, , margin]) => margin >= 0.2)).toEqual([]);
    });

    goldenTest('logits: at most 1.25 times llama.cpp’s distance from exact', () => {
      const { nmse, llamacpp } = measured[isa].texts[name];
      expect(nmse).toBeLessThanOrEqual(1.25 * llamacpp);
    });

    goldenTest('hidden states after each layer', () => {
      // What quantized activations and a half-precision cache cost; a wrong layer is two orders of magnitude away.
      for (const distance of measured[isa].texts[name].layers) expect(distance).toBeLessThan(1e-2);
    });
  });

  goldenTest('1,818 tokens: perplexity no further from exact than llama.cpp’s, argmax at least as often right', () => {
    const expected = readJson(path.join(golden, 'text/smollm2-135m-instruct-q4_1.long.json'));
    const { sameIds, perplexity, agreement } = measured[isa].long;
    expect(sameIds).toBe(true);
    expect(Math.abs(perplexity - expected.perplexity)).toBeLessThanOrEqual(
      Math.abs(expected.llamacpp_perplexity - expected.perplexity),
    );
    expect(agreement).toBeGreaterThanOrEqual(expected.llamacpp_argmax_agreement);
  });

  goldenTest('weight formats', () => {
    const { quants } = measured[isa];
    expect(Object.keys(quants).length).toBeGreaterThanOrEqual(10);
    for (const [name, [nmse, theirs]] of Object.entries(quants))
      expect([name, nmse <= 1.25 * theirs]).toEqual([name, true]);
  });

  goldenTest('architectures', () => {
    const { archs } = measured[isa];
    expect(Object.keys(archs)).toEqual(expect.arrayContaining(['llama-dense', 'qwen2-dense', 'qwen3-dense']));
    for (const [name, nmse] of Object.entries(archs)) expect([name, nmse < 1e-6]).toEqual([name, true]);
  });
});

describe('tokenizers', () => {
  const folder = golden && path.join(golden, 'tokenizers');
  const names = folder ? fs.readdirSync(folder).filter((file) => file.endsWith('.json')) : ['all'];
  for (const name of names.map((file) => path.basename(file, '.json'))) {
    goldenTest(`${name}: every text, all four modes, and back`, () => {
      const file = [`${folder}/${name}.gguf`, smollm2, tinyAtlas].find(
        (file) => path.basename(file) === `${name}.gguf` && fs.existsSync(file),
      );
      const model = loadModelSync(file, { vocabOnly: true });
      const cases = readJson(path.join(golden, 'tokenizers', `${name}.json`));
      const modes = {
        ids: [false, false],
        ids_parse_special: [false, true],
        ids_add_special: [true, false],
        ids_both: [true, true],
      };
      const wrong = [];
      for (const expected of cases) {
        for (const [mode, [addSpecial, parseSpecial]] of Object.entries(modes)) {
          const ids = model.tokenize(expected.text, { addSpecial, parseSpecial });
          if (ids.join() !== expected[mode].join()) wrong.push([mode, expected.text]);
        }
        const back = expected.detokenized ?? Buffer.from(expected.detokenized_hex, 'hex').toString();
        if (model.detokenize(expected.ids_parse_special, { cleanSpaces: true }) !== back)
          wrong.push(['detokenized', expected.text]);
      }
      expect(cases.length).toBeGreaterThan(10);
      expect(wrong).toEqual([]);
      model.close();
    });
  }
});

goldenTest('every format decodes the reference vectors', () => {
  const id = storeModel(path.join(golden, 'quants/vectors.gguf'));
  for (const { name } of getEngineInfo().formats) {
    const tensor = name.toLowerCase().replace(/_k$/, '_K');
    const actual = new Float32Array(getTensor(id, tensor));
    const expected = new Float32Array(getTensor(id, `${tensor}.expected`));
    let furthest = 0;
    for (let i = 0; i < expected.length; i++) {
      furthest = Math.max(furthest, Math.abs(actual[i] - expected[i]) / (Math.abs(expected[i]) || 1));
    }
    // Bit-exact, or one unit in the last place.
    expect([name, actual.length === expected.length && furthest <= 2 ** -23]).toEqual([name, true]);
  }
  removeModel(id);
});
