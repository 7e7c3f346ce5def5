'use strict';

// Cases of seeds from `node child.js SEED SECONDS` on. Each is announced before it is tried, so that whoever watches knows what a crash belongs to.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const realm = require('../..');
const { attempt } = require('../hostile/attempt');
const { file } = require('../hostile/base');
const { random } = require('./random');
const { synthesise } = require('./geometry');
const { mutate } = require('./mutate');
const { grammar, template, text } = require('./texts');
const { atLimits } = require('./limits');
const { state } = require('./states');
const { http, websocket, closeHost } = require('./wire');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-fuzz-'));
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
const places = { path: path.join(folder, 'model.gguf'), base: path.join(folder, 'base.gguf') };
fs.writeFileSync(places.base, file());
const { architectures } = realm.getEngineInfo();

async function codeOf(work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof realm.RealmError) || error.code === 'E_INTERNAL') throw error;
    return error.code;
  }
}

const same = (a, b, length = a.length) => {
  for (let i = 0; i < length; i++) if (!Object.is(a[i], b[i])) throw new Error(`number ${i}: ${a[i]} and ${b[i]}`);
};

/** Networks without a head: texts alone and together, each token's vector and one for a text. */
async function compareVectors(packed, mapped) {
  const { vocabSize, contextLength } = packed.info;
  const texts = [11, 1, 40, 3, 8].map((length, text) =>
    Uint32Array.from({ length: Math.min(length, contextLength) }, (_, i) => (i * 7 + text) % vocabSize),
  );
  let outcome;
  for (const pooling of ['none', undefined]) {
    const vectors = (model, given) =>
      codeOf(() => model.embed(given, { ...(pooling && { pooling }), normalize: false }));
    const together = await vectors(packed, texts);
    const other = await vectors(mapped, texts);
    if (typeof together === 'string') {
      if (together !== other) throw new Error(`packed: ${together}, mapped: ${String(other).slice(0, 20)}`);
      outcome ??= together;
      continue;
    }
    outcome = 'vectors compared';
    for (const [i, vector] of together.entries()) {
      same(vector, other[i]);
      same(vector, (await packed.embed([texts[i]], { ...(pooling && { pooling }), normalize: false }))[0]);
    }
  }
  return outcome;
}

/** Packed and mapped, one thread and two, one batch or several: the same bits. */
async function compare(bytes) {
  const packed = realm.loadModelSync(bytes, { threads: 2 });
  const mapped = realm.loadModelSync(bytes, { threads: 1, weights: 'mapped' });
  try {
    const { vocabSize, contextLength, generates } = packed.info;
    if (!generates) return await compareVectors(packed, mapped);
    const ids = Uint32Array.from({ length: Math.min(11, contextLength) }, (_, i) => (i * 7 + 1) % vocabSize);
    const whole = await codeOf(() => packed.logits(ids));
    const other = await codeOf(() => mapped.logits(ids));
    if (typeof whole === 'string') {
      if (whole !== other) throw new Error(`packed: ${whole}, mapped: ${String(other).slice(0, 20)}`);
      return whole;
    }
    same(whole, other);
    for (const length of [1, 3, 9].filter((n) => n < ids.length)) {
      const part = await codeOf(() => packed.logits(ids.subarray(0, length)));
      // What sees a text as a whole has other logits for a part of it.
      if (
        typeof part !== 'string' &&
        (await codeOf(async () => (await packed.generate(ids, { maxTokens: 1 })).finishReason)) !== 'E_UNSUPPORTED'
      )
        same(part, whole, length * vocabSize);
    }
    const texts = [];
    for (const model of [packed, mapped])
      texts.push(
        JSON.stringify(
          await codeOf(async () => [...(await model.generate(ids.subarray(0, 3), { maxTokens: 6, seed: 5 })).tokens]),
        ),
      );
    if (texts[0] !== texts[1]) throw new Error(`texts: ${texts.join(' and ')}`);
    return 'compared';
  } finally {
    packed.close();
    mapped.close();
  }
}

const KINDS = {
  async mutation(r) {
    return (await attempt({ kind: r.chance(20) ? 'chat' : 'model', bytes: mutate(r) }, places)).code;
  },
  async geometry(r) {
    const bytes = synthesise(r, r.of(architectures));
    if (!bytes) return 'refused';
    fs.writeFileSync(places.path, bytes);
    return codeOf(() => compare(bytes));
  },
  async limits(r) {
    const bytes = atLimits(r, r.of(architectures));
    return bytes ? (await attempt({ kind: 'model', bytes }, places)).code : 'refused';
  },
  state: (r) => codeOf(() => state(r, folder)),
  http,
  websocket,
  /** A process of its own: what it calls closes what others use. */
  api(r) {
    const { stdout, stderr, status, signal } = spawnSync(
      process.execPath,
      ['--expose-gc', path.join(__dirname, '../hostile/api.js'), r.below(2 ** 31), 60],
      { encoding: 'utf8', timeout: 25_000 },
    );
    if (status !== 0) throw new Error(`api.js ended with ${signal ?? status}: ${stderr.slice(-800)}`);
    const { findings } = JSON.parse(stdout);
    if (findings.length) throw new Error(findings.join('\n'));
    return '60 calls';
  },
  async template(r) {
    const bytes = file({ set: { 'tokenizer.chat_template': ['string', template(r)] } });
    const model = await realm.loadModel(bytes, { vocabOnly: true });
    const result = await codeOf(() => typeof model.applyChatTemplate([{ role: 'user', content: text(r) }]));
    model.close();
    return result;
  },
  async grammar(r) {
    const model = await realm.loadModel(places.base);
    const result = await codeOf(
      async () => (await model.generate([1, 2], { maxTokens: 3, format: grammar(r), timeout: 5000 })).finishReason,
    );
    model.close();
    return result;
  },
  async tokenizer(r) {
    const model = await realm.loadModel(places.base, { vocabOnly: true });
    const given = text(r);
    const back = model.detokenize(model.tokenize(given, { addSpecial: false, parseSpecial: r.chance(50) }));
    model.close();
    if (back !== given.toWellFormed?.() && back !== given)
      throw new Error(`${JSON.stringify(given)} became ${JSON.stringify(back)}`);
    return 'same';
  },
};

async function main([first, seconds, only]) {
  const until = performance.now() + seconds * 1000;
  const print = (line) => fs.writeSync(1, `${JSON.stringify(line)}\n`);
  const names = only
    ? [only]
    : [
        ...['mutation', 'mutation', 'geometry', 'geometry', 'limits', 'limits', 'limits', 'template', 'grammar'],
        ...['tokenizer', 'state', 'http', 'websocket'],
      ];
  for (let seed = Number(first); performance.now() < until; seed++) {
    const r = random(seed);
    // A hundredth: they take as long as hundreds of the others.
    const kind = !only && r.chance(1) ? 'api' : r.of(names);
    print({ seed, kind });
    const began = performance.now();
    try {
      const outcome = await KINDS[kind](r);
      print({ seed, kind, outcome, time: performance.now() - began });
    } catch (error) {
      print({ seed, kind, defect: `${String(error.stack ?? error)} ${String(error.cause ?? '')}` });
    }
  }
  await closeHost();
}

main(process.argv.slice(2));
