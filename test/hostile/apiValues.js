'use strict';

// Values that no documentation asks for, chosen by a seed.

class Thrown extends Error {}
/** What a getter or a trap of ours threw: it may come out as it is. */
const thrown = new Thrown('thrown by a getter of the fuzzer');

/** mulberry32: a number from 0 up to (not including) 1. */
function randomOf(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const ARRAYS = [
  ...[Uint8Array, Int8Array, Uint8ClampedArray, Uint16Array, Int16Array, Uint32Array, Int32Array],
  ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array],
];

/** An ArrayBuffer, or a view of it, whose memory has gone elsewhere. */
function detached(viewOf) {
  const buffer = new ArrayBuffer(16);
  const value = viewOf(buffer);
  structuredClone(buffer, { transfer: [buffer] });
  return value;
}

/**
 * @param random a function as of `randomOf`
 * @param sideEffects what getters do beside throwing: close a model, say
 */
function valuesOf(random, sideEffects) {
  const below = (n) => Math.floor(random() * n);
  const pick = (list) => list[below(list.length)];
  const effect = () => pick(sideEffects)();

  const throwing = () => ({
    get length() {
      throw thrown;
    },
    [Symbol.iterator]() {
      throw thrown;
    },
    toString() {
      throw thrown;
    },
    valueOf() {
      throw thrown;
    },
    [Symbol.toPrimitive]() {
      throw thrown;
    },
    get [Symbol.toStringTag]() {
      throw thrown;
    },
  });
  const trapped = (target) =>
    new Proxy(target, {
      get(of, name, receiver) {
        if (below(4) === 0) throw thrown;
        if (below(8) === 0) effect();
        return Reflect.get(of, name, receiver);
      },
      ownKeys(of) {
        if (below(4) === 0) throw thrown;
        return Reflect.ownKeys(of);
      },
      has: (of, name) => (below(2) ? Reflect.has(of, name) : true),
      getPrototypeOf(of) {
        if (below(4) === 0) throw thrown;
        return Reflect.getPrototypeOf(of);
      },
    });
  const revoked = () => {
    const { proxy, revoke } = Proxy.revocable(pick([{}, [], () => {}]), {});
    revoke();
    return proxy;
  };
  const resizable = () => {
    const buffer = new ArrayBuffer(64, { maxByteLength: 128 });
    const view = new (pick([Uint8Array, Uint32Array, Float32Array]))(buffer, ...pick([[], [8], [8, 2]]));
    if (buffer.resizable && below(2)) buffer.resize(pick([0, 4, 9, 128]));
    return pick([buffer, view]);
  };
  const typed = () => {
    const Type = pick(ARRAYS);
    const backing = pick([
      () => new ArrayBuffer(64),
      () => new SharedArrayBuffer(64),
      () => new WebAssembly.Memory({ initial: 1 }).buffer,
    ])();
    return pick([new Type(backing), new Type(backing, 8, pick([0, 1, 3])), new Type(0)]);
  };
  const text = () =>
    pick([
      ...[
        '',
        ' ',
        '\0',
        'a\0b',
        '\ud800',
        'x'.repeat(100_000),
        '<|im_start|>',
        'NaN',
        '__proto__',
        '../..',
        'file:///%',
        '\u{1F600}',
      ],
      ...['https://x/y', '/no/such', '/tmp', '{', 'constructor', '-1', '١'],
    ]);
  const number = () =>
    pick([
      ...[0, -0, 1, -1, 2, 7, 1.5, NaN, Infinity, -Infinity, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53, -(2 ** 53), 1e308],
      ...[5e-324, 0.1, 65_536],
    ]);
  const cyclic = () => {
    const value = { a: [] };
    value.a.push(value);
    value.toJSON = undefined;
    return value;
  };
  const kinds = [
    () => undefined,
    () => null,
    number,
    number,
    text,
    text,
    () => pick([true, false]),
    () => pick([0n, -1n, 2n ** 64n, 5n]),
    () => Symbol('odd'),
    () => pick([() => {}, class {}, async () => 1, function* () {}]),
    () => ({}),
    () => [],
    () => [1, 2, 3],
    () => [1, , 3], // eslint-disable-line no-sparse-arrays
    () => Array.from({ length: below(4) }, any),
    () => Array.from({ length: 1 + below(2) }, text),
    () => ({ [pick(['regex', 'gbnf', 'lark', 'choice', 'structure', 'const', 'pattern', 'path'])]: text() }),
    () => ({ [text()]: number() }),
    () => ({ length: pick([2 ** 53, -1, 5, 2 ** 27]) }),
    () => Object.create(null),
    throwing,
    () => trapped(pick([{}, [], [1, 2], new Uint32Array(3), () => {}])),
    revoked,
    typed,
    typed,
    () => Buffer.from(text()),
    () => Buffer.alloc(65).subarray(1),
    () => pick([new ArrayBuffer(0), new ArrayBuffer(12), new SharedArrayBuffer(12)]),
    () => detached((buffer) => buffer),
    () => detached((buffer) => new (pick(ARRAYS))(buffer)),
    () => detached((buffer) => Buffer.from(buffer)),
    resizable,
    cyclic,
    () => new Date(NaN),
    () => new Map([[1, 2]]),
    () => new Proxy(new Uint32Array(4), {}),
    () => Object(1),
    () => Object('text'),
    () => Promise.resolve(1),
    () => AbortSignal.abort(),
    () => ({ aborted: true, addEventListener: 5 }),
    () => new URL('file:///no/such.gguf'),
    () => class extends Array {}.from([1, 2]),
  ];
  const any = () => pick(kinds)();

  /** Options by these names, most of them odd, some with getters that do something. */
  const options = (names, sensible = {}) => {
    if (below(5) === 0) return any();
    const result = { ...sensible };
    for (let i = below(4); i > 0; i--) {
      const name = below(12) === 0 ? text() : pick(names);
      const value = any();
      const getter = {
        get() {
          if (below(6) === 0) throw thrown;
          if (below(3) === 0) effect();
          return value;
        },
      };
      const how = below(3) ? { value, writable: true } : getter;
      Object.defineProperty(result, name, { enumerable: true, configurable: true, ...how });
    }
    return below(8) === 0 ? trapped(result) : result;
  };
  return { any, below, number, options, pick, text };
}

module.exports = { Thrown, randomOf, valuesOf };
