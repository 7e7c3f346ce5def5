'use strict';

// Runs under shim.c: each piece of work again and again, the n-th call of a kind failing, n = first, first + step ... until one run had no failure.
// One line of JSON a run on stdout: {"work", "n"} before it, {"codes", "fired"} after it.
//
//   node work.js CONTROL KIND LASTS WORK FIRST STEP MODEL

const fs = require('node:fs');
const realm = require('../../..');
const [control, kind, lasts, name, first, step, modelPath] = process.argv.slice(2);

const isRun = require.main === module; // else it is asked for its list
const file = isRun ? fs.openSync(control, 'r+') : -1;
const set = (kindNow, n) =>
  fs.writeSync(file, Buffer.from(Uint32Array.of(kindNow, n, Number(lasts), 0, 0).buffer), 0, 20, 0);
const fired = () => {
  const seen = Buffer.alloc(20);
  fs.readSync(file, seen, 0, 20, 0);
  return seen.readUInt32LE(16);
};

const bytes = isRun ? fs.readFileSync(modelPath) : undefined;
/** A file that nothing else has open: what is loaded is not shared. */
const other = `${control}.gguf`;
if (isRun) fs.copyFileSync(modelPath, other);
const PROMPT = 'The capital of France is';
const TEXT = ' Paris.';

/** What does not load a model works on this one. */
let open;
const WORKS = {
  async load() {
    const model = await realm.loadModel(other);
    model.close();
  },
  loadSync() {
    realm.loadModelSync(other).close();
  },
  async loadBytes() {
    const model = await realm.loadModel(bytes);
    model.close();
  },
  async loadMapped() {
    const model = await realm.loadModel(other, { weights: 'mapped' });
    model.close();
  },
  async generate() {
    const { text } = await open.generate(PROMPT, { maxTokens: 8, cachePrompt: false });
    if (text !== TEXT) throw new Error(`another text: ${text}`);
  },
  async generateMany() {
    const all = await Promise.all(
      [0, 1, 2].map((seed) =>
        open.generate(PROMPT, { maxTokens: 8, temperature: 0.7, seed, logprobs: true, topLogprobs: 3 }),
      ),
    );
    return all.length;
  },
  async format() {
    await open.generate(PROMPT, { maxTokens: 40, format: { type: 'object', properties: { a: { type: 'integer' } } } });
  },
  async logits() {
    await open.logits([1, 2, 3, 4, 5]);
  },
  async embed() {
    await open.embed(['one', 'two words']);
  },
  tokens() {
    const ids = open.tokenize('Some words, and more words. '.repeat(50));
    open.detokenize(ids);
    open.tokenBytes(5);
  },
  stored() {
    const id = realm.storeModel(bytes);
    try {
      realm.getModelInfo(id);
      realm.getTensor(id, 'output_norm.weight');
      const hidden = new Float32Array(realm.embedTokens(id, Uint32Array.of(1, 2)));
      realm.forwardLayer(id, 0, hidden, 0);
      realm.computeLogits(id, hidden.subarray(0, hidden.length / 2));
    } finally {
      realm.removeModel(id);
    }
  },
};
module.exports = { WORKS: Object.keys(WORKS) };

/** Errors have a code of ours; only what JavaScript itself throws for its own lack of memory has none. */
const codeOf = (error) => error?.code ?? `${error?.name}: ${error?.message}`;

async function main() {
  const say = (line) => fs.writeSync(1, `${JSON.stringify(line)}\n`);
  const fresh = process.env.REALM_FRESH === '1';
  if (!fresh) {
    open = await realm.loadModel(modelPath);
    await open.generate(PROMPT, { maxTokens: 4 });
    await WORKS[name](); // what is made once is made
  }
  for (let n = Number(first); ; n += Number(step)) {
    say({ work: name, n });
    set(Number(kind), n);
    let code = 'ok';
    try {
      if (fresh) realm.getEngineInfo();
      else await WORKS[name]();
    } catch (error) {
      code = codeOf(error);
    }
    const count = fired();
    set(0, 0);
    say({ n, code, fired: count });
    if (fresh) break;
    // What failed has left nothing behind: the next call works.
    const { text } = await open.generate(PROMPT, { maxTokens: 8 });
    if (text !== TEXT) throw new Error(`after n = ${n} of ${name}: another text: ${text}`);
    if (count === 0) break;
  }
  open?.close();
  fs.rmSync(other);
  say({ end: true });
}
if (isRun) void main();
