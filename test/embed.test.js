'use strict';

const path = require('node:path');
const { loadModel } = require('..');
const { inTurns } = require('../dist/model/inTurns');
const { tinyEncoder, HIDDEN, CONTEXT } = require('./fixtures/encoder');
const { rejection } = require('./fixtures/failure');
const { golden, goldenTest, models, readJson, tinyAtlas } = require('./fixtures/places');

let model;
beforeAll(async () => (model = await loadModel(tinyEncoder())));
afterAll(() => model.close());

const length = (vector) => Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));

/** The plain mean of tokens' vectors, (tokens, HIDDEN). */
function mean(tokens) {
  const sum = new Float32Array(HIDDEN);
  for (let i = 0; i < tokens.length; i++) sum[i % HIDDEN] += tokens[i];
  return sum.map((x) => x / (tokens.length / HIDDEN));
}

test('what the model is for', () => {
  expect(model.info).toMatchObject({
    generates: false,
    pooling: 'mean',
    vectorSize: HIDDEN,
    embeddingSize: HIDDEN,
    rankSize: 0,
  });
});

test('a vector for each text, one long, made as the file says', async () => {
  const [first, second] = await model.embed(['a text', 'another']);
  expect(first).toBeInstanceOf(Float32Array);
  expect(first.length).toBe(HIDDEN);
  expect(length(second)).toBeCloseTo(1, 5);
  const [tokens] = await model.embed(['a text'], { pooling: 'none' });
  expect(tokens.length).toBe(model.tokenize('a text').length * HIDDEN);
  const plain = mean(tokens);
  expect([...first]).toEqual([...plain].map((x) => expect.closeTo(x / length(plain), 5)));
  expect((await model.embed(['a text'], { normalize: false }))[0]).toEqual(plain);
});

test('pooling and dimensions of the call', async () => {
  const [tokens] = await model.embed(['abc'], { pooling: 'none' });
  expect((await model.embed(['abc'], { pooling: 'cls', normalize: false }))[0]).toEqual(tokens.slice(0, HIDDEN));
  expect((await model.embed(['abc'], { pooling: 'last', normalize: false }))[0]).toEqual(tokens.slice(-HIDDEN));
  expect((await model.embed(['abc'], { pooling: 'cls', normalize: false, dimensions: 5 }))[0]).toEqual(
    tokens.slice(0, 5),
  );
  expect(length((await model.embed(['abc'], { dimensions: 5 }))[0])).toBeCloseTo(1, 5);
});

test('ids of all kinds, and a prefix', async () => {
  const ids = model.tokenize('query: x');
  const [expected] = await model.embed(['query: x']);
  expect(await model.embed(['x', ids, [...ids], Buffer.from(ids.buffer)], { prefix: 'query: ' })).toEqual(
    Array(4).fill(expected),
  );
});

test('no text, many texts, and other work at the same time: the same bits as alone', async () => {
  expect(await model.embed([])).toEqual([]);
  const texts = Array.from({ length: 300 }, (_, i) => 'x'.repeat(i % 40) + i);
  const together = await model.embed(texts);
  for (const i of [0, 7, 150, 299]) expect((await model.embed([texts[i]]))[0]).toEqual(together[i]);
  const several = await Promise.all(texts.slice(0, 9).map((text) => model.embed([text])));
  expect(several.map(([vector]) => vector)).toEqual(together.slice(0, 9));
});

test('a text that is too long is an error, or is cut before its end token', async () => {
  const long = 'y'.repeat(CONTEXT);
  expect(await rejection(model.embed(['short', long]))).toMatchObject({
    code: 'E_CONTEXT_FULL',
    message: `text 1 has ${CONTEXT + 2} tokens, the context holds ${CONTEXT} (truncate: true cuts it)`,
  });
  expect(await model.embed([long], { truncate: true })).toEqual(await model.embed(['y'.repeat(CONTEXT - 2)]));
});

test('an encoder does not generate', async () => {
  expect(await rejection(model.generate('a').then((result) => result))).toMatchObject({
    code: 'E_UNSUPPORTED',
    message: "bert is an encoder: it gives a vector for a text (embed), no logits, and so it can't generate",
  });
  expect((await rejection(model.logits([1]))).code).toBe('E_UNSUPPORTED');
});

test('decoders give the last token’s vector unless asked otherwise', async () => {
  const decoder = await loadModel(tinyAtlas);
  const [tokens] = await decoder.embed(['The capital of France'], { pooling: 'none' });
  const size = decoder.info.vectorSize;
  const last = tokens.slice(-size);
  const [vector] = await decoder.embed(['The capital of France'], { normalize: false });
  expect(vector).toEqual(last);
  expect(decoder.info.generates).toBe(true);
  decoder.close();
});

test('wrong arguments, a cancelled call, a closed model', async () => {
  const gone = new Uint32Array(4);
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  expect(await rejection(model.embed([gone]))).toMatchObject({ code: 'E_INVALID_ARGUMENT' });
  const wrong = async (texts, options) => (await rejection(model.embed(texts, options))).message;
  expect(await wrong('text')).toBe('texts must be an array of strings or token ids, got "text"');
  expect(await wrong([1, 2])).toBe('texts must be an array of strings or token ids, got one text’s ids');
  expect(await wrong(['a', 7])).toBe('texts[1] must be a string or token ids, got 7');
  expect(await wrong(['a'], { dimensions: 25 })).toBe('dimensions must be an integer from 0 to 24, got 25');
  expect(await wrong(['a'], { pooling: 'max' })).toBe(
    "pooling must be 'none' or 'mean' or 'cls' or 'last', got \"max\"",
  );
  expect(await wrong([[]])).toBe('texts[0] must be a string or token ids, got an array');
  expect(await wrong([new Uint32Array(0)])).toBe('text 0 has no tokens');
  expect(await wrong([[999]])).toBe('token 999 at index 0 of text 0 is not in the vocabulary of 258');
  expect(await rejection(model.embed(['a'], { signal: AbortSignal.abort(new Error('enough')) }))).toMatchObject({
    message: 'enough',
  });
  const other = await loadModel(tinyEncoder());
  other.close();
  expect((await rejection(other.embed(['a']))).code).toBe('E_MODEL_CLOSED');
});

test('texts are those of the call, whatever is done to them meanwhile', async () => {
  const texts = Array.from({ length: 40 }, () => 'word '.repeat(100));
  const ids = Uint32Array.of(1, 2, 3);
  const [same] = await model.embed([ids]);
  const work = model.embed(
    [...texts, ids].map((text) => text),
    { truncate: true },
  );
  const changed = [...texts, ids];
  const other = model.embed(changed, { truncate: true });
  changed.length = 3;
  ids.fill(7);
  expect(await other).toEqual(await work);
  expect((await work).at(-1)).toEqual(same);
});

test('options that are not there', async () => {
  expect((await rejection(model.embed(['a'], { pooing: 'mean' }))).message).toBe(
    'embed has no option "pooing"; did you mean "pooling"?',
  );
  expect((await rejection(model.rank('a', ['b'], { trunacte: true }))).message).toMatch('did you mean "truncate"?');
});

describe('rank', () => {
  let ranker;
  beforeAll(async () => (ranker = await loadModel(tinyEncoder({ classifier: true, pooling: 4 }))));
  afterAll(() => ranker.close());

  test('a score for each document, whatever else is asked', async () => {
    const scores = await ranker.rank('where?', ['here', 'there', 'here']);
    expect(scores).toHaveLength(3);
    expect(scores.every(Number.isFinite)).toBe(true);
    expect(scores[0]).toBe(scores[2]);
    expect(scores[0]).not.toBe(scores[1]);
    expect(await ranker.rank('where?', ['there'])).toEqual([scores[1]]);
    expect(await ranker.rank('where?', [])).toEqual([]);
  });

  test('a separator where the file asks for one, or the file’s own template', async () => {
    const [plain] = await ranker.rank('q', ['d']);
    const metadata = {
      'tokenizer.ggml.add_sep_token': ['bool', true],
      'tokenizer.ggml.seperator_token_id': ['u32', 257],
    };
    const separated = await loadModel(tinyEncoder({ classifier: true, metadata }));
    expect(await separated.rank('q', ['d'])).not.toEqual([plain]);
    const template = { 'tokenizer.chat_template.rerank': ['string', '[CLS]{query}[SEP]{document}[SEP]'] };
    const templated = await loadModel(tinyEncoder({ classifier: true, metadata: template }));
    expect(await templated.rank('q', ['d'])).toEqual([plain]);
    separated.close();
    templated.close();
  });

  test('only the template’s own text makes special tokens; what is cut is the document', async () => {
    const template = (text) => ({ 'tokenizer.chat_template.rerank': ['string', text] });
    const templated = await loadModel(
      tinyEncoder({ classifier: true, metadata: template('[CLS]{query}[SEP]{document}[SEP]') }),
    );
    expect(await templated.rank('a[SEP]b', ['c'])).toEqual(await ranker.rank('a[SEP]b', ['c']));
    templated.close();
    const ending = await loadModel(tinyEncoder({ classifier: true, metadata: template('{query}|{document}|end') }));
    const long = 'd'.repeat(3 * CONTEXT);
    const bare = await loadModel(tinyEncoder({ classifier: true, metadata: template('{query}|{document}') }));
    expect(await ending.rank('q', [long], { truncate: true })).not.toEqual(
      await bare.rank('q', [long], { truncate: true }),
    );
    expect(await rejection(ending.rank(long, ['a'], { truncate: true }))).toMatchObject({ code: 'E_CONTEXT_FULL' });
    ending.close();
    bare.close();
  });

  test('a model without a classifier can’t', async () => {
    expect(await rejection(model.rank('q', ['d']))).toMatchObject({
      code: 'E_UNSUPPORTED',
      message: "this model has no classifier (no tensor cls or cls.output), so it can't rank: it gives embeddings",
    });
    expect((await rejection(ranker.rank('q', 'd'))).message).toBe('documents must be an array of strings, got "d"');
    expect((await rejection(ranker.rank('q', [1]))).message).toBe('documents[0] must be a string, got 1');
  });
});

goldenTest('all-MiniLM: at least as near as llama.cpp to the vectors of the weights before quantization', async () => {
  const miniLm = await loadModel(path.join(models, 'all-minilm-l6-v2-q8_0.gguf'));
  const texts = readJson(path.join(golden, 'embeddings/all-minilm-l6-v2-q8_0.json'));
  const vectors = await miniLm.embed(texts.map(({ text }) => text));
  texts.forEach(({ text, tokens, embedding, llamacpp_cosine }, i) => {
    expect([...miniLm.tokenize(text)]).toEqual(tokens);
    const product = embedding.reduce((sum, x, j) => sum + x * vectors[i][j], 0);
    expect(product / Math.sqrt(embedding.reduce((sum, x) => sum + x * x, 0))).toBeGreaterThanOrEqual(llamacpp_cosine);
  });
  miniLm.close();
});

goldenTest(
  'a text that is seen as a whole has its logits in one pass, also beside others, and is not gone on with',
  async () => {
    const whole = await loadModel(path.join(golden, 'archs', 'llada-dense.gguf'));
    expect(whole.info.generates).toBe(false);
    const texts = [280, 288, 3, 120].map((length, i) => Uint32Array.from({ length }, (_, at) => (at * 7 + i) % 128));
    const alone = [];
    for (const ids of texts) alone.push(await whole.logits(ids));
    expect(await Promise.all(texts.map((ids) => whole.logits(ids)))).toEqual(alone);
    // What comes last counts for what comes first.
    const other = await whole.logits(Uint32Array.from(texts[0], (id, at) => (at === 279 ? 1 : id)));
    expect(other.subarray(0, 128)).not.toEqual(alone[0].subarray(0, 128));
    expect(await rejection(whole.generate([1]).then((result) => result))).toMatchObject({
      code: 'E_UNSUPPORTED',
      message:
        "llada sees a text as a whole: it gives logits and vectors of one (logits, embed), but can't go on with it",
    });
    whole.close();
  },
);

test('texts that are long together leave others their turn, and an abort comes through', async () => {
  const seen = [];
  const work = (text) => (seen.push(text), text + text);
  const controller = new AbortController();
  setImmediate(() => (seen.push('other'), controller.abort()));
  expect(await inTurns(['a', 'b'], () => 10_000, work, undefined)).toEqual(['aa', 'bb']);
  expect(seen).toEqual(['a', 'other', 'b']);
  await expect(inTurns(['a', 'b'], () => 10_000, work, controller.signal)).rejects.toThrow('aborted');
  setImmediate(() => seen.push('late'));
  await inTurns(['c', 'd'], () => 1, work, undefined);
  expect(seen.slice(-2)).toEqual(['c', 'd']);
});
