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

// Places in the gate: rounds that were called for, that may run, and parts that are ready or done in all.
const [CALLED, STARTED, READY] = [0, 1, 2];

/** A worker: sleeps until a round is called for, says it is ready, reads its part when the round starts, says it is done. */
function work({ memory, pages, index, threads, gate }) {
  const { read } = new WebAssembly.Instance(new WebAssembly.Module(streamingLoop(pages)), { m: { m: memory } }).exports;
  const part = Math.floor(pages / threads) * PAGE;
  const [from, to] = [index * part, (index + 1) * part];
  new Uint8Array(memory.buffer, from, part).fill(index + 1); // pages are there, and none is the shared zero page
  for (let round = 0; ; round++) {
    Atomics.wait(gate, CALLED, round);
    Atomics.add(gate, READY, 1);
    // Spinning: waking up would cost more than it measures.
    while (Atomics.load(gate, STARTED) <= round);
    read(from, to);
    Atomics.add(gate, READY, 1);
  }
}

/** A loop over so many bytes on so many threads, of which the calling one is one: a waiting main thread would take a core from the readers. */
class ReadLoop {
  constructor(threads, bytes) {
    const LARGEST = 2 ** 31;
    this.others = threads - 1;
    const pages = Math.floor(Math.min(bytes, LARGEST) / PAGE / threads) * threads;
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    this.bytes = pages * PAGE;
    this.gate = new Int32Array(new SharedArrayBuffer(12));
    const shared = { memory, pages, threads, gate: this.gate };
    this.workers = Array.from(
      { length: this.others },
      (_, i) => new Worker(__filename, { workerData: { ...shared, index: i + 1 } }),
    );
    const { read } = new WebAssembly.Instance(new WebAssembly.Module(streamingLoop(pages)), { m: { m: memory } })
      .exports;
    this.part = this.bytes / threads;
    this.read = read;
    new Uint8Array(memory.buffer, 0, this.part).fill(1);
    this.round = 0;
  }

  /** Reads it all once: seconds. */
  async run() {
    const { gate, others } = this;
    this.round++;
    Atomics.store(gate, CALLED, this.round);
    Atomics.notify(gate, CALLED);
    while (Atomics.load(gate, READY) < (2 * this.round - 1) * others)
      await new Promise((resolve) => setImmediate(resolve));
    const began = process.hrtime.bigint();
    Atomics.store(gate, STARTED, this.round);
    this.read(0, this.part);
    while (Atomics.load(gate, READY) < 2 * this.round * others);
    return Number(process.hrtime.bigint() - began) / 1e9;
  }

  close() {
    return Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}

/**
 * GB/s of the best round.
 *
 * @param {number} threads as many as the engine uses
 * @param {number} bytes how much is read a round: as much as a token reads, since caches hold a part of it
 */
async function readSpeed(threads, bytes, rounds = Math.max(10, Math.ceil(2e9 / bytes))) {
  const loop = new ReadLoop(threads, bytes);
  let best = Infinity;
  for (let round = 0; round < rounds; round++) best = Math.min(best, await loop.run());
  await loop.close();
  return loop.bytes / best / 1e9;
}

if (!isMainThread && workerData?.gate) work(workerData);

module.exports = { ReadLoop, readSpeed };

if (require.main === module && isMainThread) {
  const [threads, megabytes] = [Number(process.argv[2] ?? 2), Number(process.argv[3] ?? 600)];
  readSpeed(threads, megabytes * 1e6).then((gigabytes) => {
    if (process.argv[4] === '--json') console.log(JSON.stringify({ gigabytes, threads, megabytes }));
    else console.log(`${gigabytes.toFixed(1)} GB/s, ${threads} threads, ${megabytes} MB`);
  });
}
