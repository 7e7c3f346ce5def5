'use strict';

// How fast this machine reads memory: a streaming loop on as many threads as the engine uses, in WebAssembly, so that it runs
// wherever Node does. It adds up 16 bytes of each 64: memory moves whole lines, and so the memory bounds it, not the loop.
//
//   node bench/readSpeed.js [threads] [megabytes]

const v8 = require('node:v8');
const { Worker, isMainThread, workerData } = require('node:worker_threads');

// Without V8's quick first compiler: a call that has begun in its code would stay in it.
v8.setFlagsFromString('--no-liftoff');

const PAGE = 65536;
const LINE = 64;

/** The module, as bytes: one function (address, end) -> sum, with a shared memory from outside. */
function streamingLoop(pages) {
  const leb = (value) => {
    const bytes = [];
    for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
    return [...bytes, value];
  };
  const section = (id, ...content) => [id, ...leb(content.length), ...content];
  const name = (text) => [text.length, ...Buffer.from(text)];
  const I32 = 0x7f;
  const V128 = 0x7b;
  const get = (local) => [0x20, local];
  const set = (local) => [0x21, local];
  const simd = (code) => [0xfd, ...leb(code)];
  const LOAD = 0;
  const EXTRACT = 27; // i32x4.extract_lane
  const ADD = 174; // i32x4.add
  const [at, end, first, SUMS] = [0, 1, 2, 4];
  const addLoad = (i) => [
    ...get(first + i),
    ...get(at),
    ...simd(LOAD),
    4,
    ...leb(LINE * i),
    ...simd(ADD),
    ...set(first + i),
  ];
  const body = [
    ...leb(1),
    ...leb(SUMS),
    V128, // locals: four sums
    0x03,
    0x40, // loop
    ...[0, 1, 2, 3].flatMap(addLoad),
    ...get(at),
    0x41,
    ...leb(SUMS * LINE),
    0x6a,
    0x22,
    at, // at += 256, kept on the stack
    ...get(end),
    0x49,
    0x0d,
    0, // again while below the end
    0x0b,
    ...get(first),
    ...[1, 2, 3].flatMap((i) => [...get(first + i), ...simd(ADD)]),
    ...simd(EXTRACT),
    0,
    0x0b,
  ];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, 1, 0x60, 2, I32, I32, 1, I32),
    ...section(2, 1, ...name('m'), ...name('m'), 2, 3, ...leb(pages), ...leb(pages)),
    ...section(3, 1, 0),
    ...section(7, 1, ...name('read'), 0, 0),
    ...section(10, 1, ...leb(body.length), ...body),
  ]);
}

/** A worker: says it is ready, waits for the start, reads its part, says it is done; round after round. */
function work({ memory, pages, index, threads, rounds, gate }) {
  const { read } = new WebAssembly.Instance(new WebAssembly.Module(streamingLoop(pages)), { m: { m: memory } }).exports;
  const part = Math.floor(pages / threads) * PAGE;
  const [from, to] = [index * part, (index + 1) * part];
  new Uint8Array(memory.buffer, from, part).fill(index + 1); // pages are there, and none is the shared zero page
  for (let round = 0; round < rounds; round++) {
    // gate[0]: the round that may run; gate[1]: parts that are done in all. Spinning: waking up would cost more than it measures.
    Atomics.add(gate, 1, 1);
    while (Atomics.load(gate, 0) <= round);
    read(from, to);
  }
  Atomics.add(gate, 1, 1);
}

/**
 * GB/s of the best round.
 *
 * @param {number} threads as many as the engine uses
 * @param {number} bytes how much is read a round: as much as a token reads, since caches hold a part of it
 */
async function readSpeed(threads, bytes, rounds = Math.max(10, Math.ceil(2e9 / bytes))) {
  const LARGEST = 2 ** 31;
  const pages = Math.floor(Math.min(bytes, LARGEST) / PAGE / threads) * threads;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const gate = new Int32Array(new SharedArrayBuffer(8));
  const shared = { memory, pages, threads, rounds, gate };
  // One of the threads is this one: a waiting main thread would take a core from the readers.
  const workers = Array.from(
    { length: threads - 1 },
    (_, i) => new Worker(__filename, { workerData: { ...shared, index: i + 1 } }),
  );
  const { read } = new WebAssembly.Instance(new WebAssembly.Module(streamingLoop(pages)), { m: { m: memory } }).exports;
  const part = (pages / threads) * PAGE;
  new Uint8Array(memory.buffer, 0, part).fill(1);
  let best = Infinity;
  for (let round = 0; round < rounds; round++) {
    while (Atomics.load(gate, 1) < (round + 1) * (threads - 1)) await new Promise((resolve) => setImmediate(resolve));
    const began = process.hrtime.bigint();
    Atomics.store(gate, 0, round + 1);
    read(0, part);
    while (Atomics.load(gate, 1) < (round + 2) * (threads - 1));
    best = Math.min(best, Number(process.hrtime.bigint() - began));
  }
  await Promise.all(workers.map((worker) => worker.terminate()));
  return (pages * PAGE) / best;
}

if (!isMainThread && workerData?.gate) work(workerData);

module.exports = { readSpeed };

if (require.main === module && isMainThread) {
  const [threads, megabytes] = [Number(process.argv[2] ?? 2), Number(process.argv[3] ?? 600)];
  readSpeed(threads, megabytes * 1e6).then((gigabytes) => {
    if (process.argv[4] === '--json') console.log(JSON.stringify({ gigabytes, threads, megabytes }));
    else console.log(`${gigabytes.toFixed(1)} GB/s, ${threads} threads, ${megabytes} MB`);
  });
}
