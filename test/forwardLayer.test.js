'use strict';

const {
  storeModel,
  removeModel,
  getModelInfo,
  getTensor,
  embedTokens,
  embedTokensInto,
  forwardLayer,
  forwardLayerInto,
  computeLogits,
  computeLogitsInto,
} = require('..');
const { tinyAtlas } = require('./fixtures/places');
const { tinyLlama } = require('./fixtures/gguf');
const { failure } = require('./fixtures/failure');

const WIDTH = 256;
let id;
let hidden;
beforeAll(() => {
  id = storeModel(tinyAtlas);
  hidden = new Float32Array(embedTokens(id, [0, 285, 276, 271, 1043, 265]));
});
afterAll(() => removeModel(id));

const row = (array, from, to = from + 1) => array.slice(from * WIDTH, to * WIDTH);
const forward = (...args) => new Float32Array(forwardLayer(id, ...args));

test('as many rows as came, as an ArrayBuffer', () => {
  const result = forwardLayer(id, 0, hidden, 0);
  expect(result).toBeInstanceOf(ArrayBuffer);
  expect(result.byteLength).toBe(hidden.byteLength);
  expect(new Float32Array(result)).not.toEqual(hidden);
});

test('rows one by one, in chunks and all at once give the same bits', () => {
  const whole = forward(1, hidden, 0);
  for (const chunk of [1, 2, 4]) {
    for (let at = 0; at < 6; at += chunk) {
      expect(forward(1, row(hidden, at, at + chunk), at)).toEqual(row(whole, at, Math.min(at + chunk, 6)));
    }
  }
});

test('position cuts the cache, position 0 starts anew', () => {
  const whole = forward(2, hidden, 0);
  expect(forward(2, row(hidden, 3, 6), 3)).toEqual(row(whole, 3, 6));
  expect(forward(2, row(hidden, 5), 1)).not.toEqual(row(whole, 1)); // another token in second place
  expect(forward(2, row(hidden, 0), 0)).toEqual(row(whole, 0));
});

test('a position beyond the end of the cache is an error', () => {
  forward(0, row(hidden, 0, 2), 0);
  const { code, message } = failure(() => forwardLayer(id, 0, row(hidden, 3), 3));
  expect(code).toBe('E_CACHE_GAP');
  expect(message).toMatch(/3/);
  expect(message).toMatch(/2/);
});

test('each layer and each model has a cache of its own', () => {
  const first = forward(0, hidden, 0);
  const other = storeModel(tinyAtlas, 4242);
  forward(3, row(hidden, 4), 0);
  forwardLayer(other, 0, row(hidden, 4), 0);
  expect(forward(0, row(hidden, 5), 5)).toEqual(row(first, 5));
  removeModel(other);
});

test('the context has an end', () => {
  const { code } = failure(() => forwardLayer(id, 0, new Float32Array(513 * WIDTH), 0));
  expect(code).toBe('E_CONTEXT_FULL');
});

test('every kind of array', () => {
  const expected = forward(0, hidden, 0);
  const bytes = Buffer.from(hidden.buffer, hidden.byteOffset, hidden.byteLength);
  const shared = new SharedArrayBuffer(hidden.byteLength);
  new Float32Array(shared).set(hidden);
  const unaligned = Buffer.concat([Buffer.of(0), bytes]).subarray(1);
  for (const kind of [bytes, hidden.buffer, shared, unaligned, [...hidden]]) {
    expect(forward(0, kind, 0)).toEqual(expected);
  }
  expect(forwardLayer(id, 0, new Float32Array(0), 0).byteLength).toBe(0);
});

test('into an array of the caller, also in place', () => {
  const expected = forward(0, hidden, 0);
  const out = new Float32Array(hidden.length);
  expect(forwardLayerInto(id, 0, hidden, 0, out)).toBe(out);
  expect(out).toEqual(expected);
  const both = hidden.slice();
  forwardLayerInto(id, 0, both, 0, both);
  expect(both).toEqual(expected);
  expect(failure(() => forwardLayerInto(id, 0, hidden, 0, new Float32Array(5))).message).toBe(
    'out must hold at least 1536 float32 values, got room for 5',
  );
});

test('a layer that is not there: upstream text', () => {
  for (const layer of [4, 4294967295]) {
    expect(failure(() => forwardLayer(id, layer, hidden, 0)).message).toBe(
      `attn_norm.weight not found for layer ${layer}`,
    );
  }
});

test('a length that is no whole number of rows: upstream text', () => {
  expect(failure(() => forwardLayer(id, 0, new Float32Array(300), 0)).message).toBe(
    'Invalid hidden_states length: 300 not divisible by hidden_size 256',
  );
});

test.each([[null], ['text'], [new Uint8Array(4)], [new Float64Array(WIDTH)], [{}]])(
  'hiddenStates of a wrong type: upstream text (%p)',
  (wrong) => {
    expect(failure(() => forwardLayer(id, 0, wrong, 0)).message).toBe('hiddenStates must be Float32Array or Buffer');
  },
);

test('a missing position: upstream text', () => {
  expect(failure(() => forwardLayer(id, 0, hidden))).toEqual({
    name: 'TypeError',
    code: 'E_INVALID_ARGUMENT',
    message: 'not enough arguments',
  });
  expect(failure(() => forwardLayer(id, 0, hidden, '0')).message).toBe('failed to downcast any to number');
});

test('a model that is not there, or lacks a tensor', () => {
  expect(failure(() => forwardLayer(999999, 0, hidden, 0)).message).toBe('Model 999999 not found');
  const lacking = storeModel(tinyLlama({ without: ['blk.1.ffn_up.weight'] }));
  const { code, message } = failure(() => forwardLayer(lacking, 1, new Float32Array(32), 0));
  expect(code).toBe('E_MISSING_TENSOR');
  expect(message).toMatch(/blk\.1\.ffn_up\.weight/);
  removeModel(lacking);
});

test.each([-1, NaN, 1.5, Infinity, 2 ** 32])(
  'a position or a layer that is none (%p) is refused, and the cache stays',
  (wrong) => {
    const first = forward(0, hidden, 0);
    for (const name of ['layerIdx', 'position']) {
      const args = name === 'layerIdx' ? [id, wrong, hidden, 0] : [id, 0, hidden, wrong];
      const expected = {
        name: 'RealmError',
        code: 'E_INVALID_ARGUMENT',
        message: `${name} must be an integer from 0 to 4294967295, got ${wrong}`,
      };
      expect(failure(() => forwardLayer(...args))).toEqual(expected);
      expect(failure(() => forwardLayerInto(...args, new Float32Array(hidden.length)))).toEqual(expected);
    }
    forward(0, hidden.subarray(0, WIDTH), first.length / WIDTH); // goes on where the good call ended
  },
);

test('an id with a fraction is no other model’s', () => {
  const calls = [
    (wrong) => forwardLayer(wrong, 0, hidden, 0),
    (wrong) => forwardLayerInto(wrong, 0, hidden, 0, new Float32Array(hidden.length)),
    (wrong) => embedTokens(wrong, [1]),
    (wrong) => embedTokensInto(wrong, [1], new Float32Array(WIDTH)),
    (wrong) => computeLogits(wrong, new Float32Array(WIDTH)),
    (wrong) => computeLogitsInto(wrong, new Float32Array(WIDTH), new Float32Array(1536)),
    (wrong) => getTensor(wrong, 'token_embd.weight'),
    (wrong) => getModelInfo(wrong),
    (wrong) => removeModel(wrong),
    (wrong) => storeModel(tinyAtlas, wrong),
  ];
  for (const call of calls)
    expect(failure(() => call(id + 0.5))).toEqual({
      name: 'RealmError',
      code: 'E_INVALID_ARGUMENT',
      message: `modelId must be an integer, got ${id + 0.5}`,
    });
});
