'use strict';

// How fast a model runs here: each trial in a process of its own, peers alternating with ours, medians.
//
//   npm run bench -- [model.gguf] [options]         Tiny Atlas, or MODEL_PATH, without a model
//
//   --threads N             default: as many as this process may use processors
//   --runs N                default 3
//   --all                   prefill of 32, 128, 512, 2048; decode after 128 and 1500; batches of 4 and 8; a busy main thread; cached prompts
//   --prefill 128,512       prompts of that many tokens, processed at once
//   --decode 128            tokens to generate; --depth 128,1500: after so many
//   --batch 4,8             sequences that decode at the same time
//   --busy                  decode while JavaScript's main thread is taken half of the time
//   --cached 1500           a prompt of that many tokens for the second time: its first token, from the prompt cache
//   --speculation           continue a text that repeats itself and one that does not, with guessed tokens and without
//   --isa avx512|v3|plain   an engine library other than the best for this processor (REALM_ISA)
//   --weights mapped, --cache f32|q8_0: options of loadModel
//   --peers                 node-llama-cpp too (installed into bench/peers), with our number of threads and as it comes
//   --llama-bench PATH      llama.cpp's own program too
//   --json                  all of it for programs
//
//   npm run bench -- --targets      instead: the figures we are held to (targets.js)
//                    --mechanisms   one line a mechanism of models (mechanismTable.js)
//                    --embeddings   sentences a second (embeddings.js)
//                    --conversation ten turns beside node-llama-cpp (conversation.js)
//                    --forks        what forked sessions take of memory (forks.js)
//                    --formats      one line a weight format, of models (formats.js)
//                    --kernels      the same of kernels alone (kernels.js)
//                    --sampling     what choosing a token takes (sampling.js)
//                    --structured   what formats cost (structured.js)
//                    --event-loop   how late timers are while the engine works (eventLoop.js)
//                    --profile      where the time goes (profile.js)
//
// One line a case and engine: tokens/s, ms a token, GB/s of weights and cache and their share of what the machine can read
// (decode), multiply-adds (prefill), and ours in multiples of each peer's. REALM_EMIT=0 turns off kernels made at run time.

const path = require('node:path');
const { parseArgs } = require('node:util');
const { factsOf } = require('./ggufFacts');
const run = require('./run');

const OPTIONS = {
  threads: { type: 'string', default: '0' },
  runs: { type: 'string', default: '3' },
  all: { type: 'boolean', default: false },
  prefill: { type: 'string' },
  decode: { type: 'string' },
  depth: { type: 'string' },
  batch: { type: 'string' },
  busy: { type: 'boolean', default: false },
  cached: { type: 'string' },
  speculation: { type: 'boolean', default: false },
  isa: { type: 'string' },
  weights: { type: 'string' },
  cache: { type: 'string' },
  peers: { type: 'boolean', default: false },
  'llama-bench': { type: 'string' },
  json: { type: 'boolean', default: false },
};

const numbers = (text) => text.split(',').filter(Boolean).map(Number);

/** The cases that the options ask for; the prompt of a batch is as long as the first decode's. */
function casesOf(values) {
  const given = (key, all, otherwise) => numbers(values[key] ?? (values.all ? all : otherwise));
  const depths = given('depth', '128,1500', '128');
  const [tokens = 0] = given('decode', '128', '128');
  const decode = tokens ? depths.map((depth) => ({ kind: 'decode', tokens, depth })) : [];
  const [depth] = depths;
  const batches = given('batch', '4,8', '');
  return [
    { kind: 'hash' },
    ...given('prefill', '32,128,512,2048', '512').map((count) => ({ kind: 'prefill', tokens: count })),
    ...given('cached', '1500', '').map((count) => ({ kind: 'cached', tokens: count })),
    ...decode,
    ...batches.map((sequences) => ({ kind: 'batch', sequences, tokens: tokens || 128, depth })),
    ...(values.busy || values.all ? [{ kind: 'busy', tokens: tokens || 128, depth }] : []),
    ...(values.speculation || values.all ? guesses(tokens || 128) : []),
  ];
}

function guesses(tokens) {
  const both = [false, true];
  return both.flatMap((repeats) => both.map((speculation) => ({ kind: 'guess', tokens, repeats, speculation })));
}

function nameOf({ kind, tokens, depth, sequences, repeats, speculation }) {
  if (kind === 'guess') return `${repeats ? 'repeating' : 'free'} text, ${speculation ? 'guesses' : 'plain'}`;
  if (kind === 'prefill') return `prefill ${tokens}`;
  if (kind === 'cached') return `prompt of ${tokens}, cached`;
  if (kind === 'batch') return `${sequences} sequences`;
  return `decode ${tokens} after ${depth}${kind === 'busy' ? ', main thread busy' : ''}`;
}

/** Bytes of a number in the key/value cache. */
const CACHE_BYTES = { f32: 4, f16: 2, q8_0: 34 / 32 };

/** Figures of one engine in one case. `facts` are ggufFacts'. */
function figures(one, result, index, facts, readGBs, numberBytes) {
  const speed = run.medianOf(result, (trial) => trial.results[index].speed);
  if (speed === undefined) return undefined;
  const { kind, tokens, depth = 0, sequences = 1 } = one;
  const line = { engine: result.engine, tokensPerSecond: speed, msPerToken: 1000 / speed };
  if (kind === 'guess') {
    const { draftedTokens, acceptedTokens } = result.trials[0].results[index];
    return { ...line, draftedTokens, acceptedTokens };
  }
  if (kind === 'cached') {
    const of = (key) => run.medianOf(result, (trial) => trial.results[index][key]);
    return { ...line, firstMs: of('firstMs'), cachedMs: of('cachedMs'), cachedTokens: of('cachedTokens') };
  }
  if (kind === 'prefill') return { ...line, gmacs: (speed * facts.multiplyAdds) / 1e9 };
  // Experts: a batch reads more of them than one token does, how many more depends on the text; what is said is the least.
  const cache = (depth + tokens / 2) * facts.cacheNumbers * numberBytes;
  const gigabytes = ((facts.bytesPerToken / sequences + cache) * speed) / 1e9;
  const delay = run.medianOf(result, (trial) => trial.results[index].eventLoopP99Ms);
  const busyShare = run.medianOf(result, (trial) => trial.results[index].busyShare);
  return { ...line, gigabytes, share: gigabytes / readGBs, eventLoopP99Ms: delay, busyShare };
}

function measure(values, model) {
  const threads = Number(values.threads) || run.usableThreads();
  const facts = factsOf(model);
  const work = casesOf(values);
  const environment = values.isa ? { REALM_ISA: values.isa } : {};
  const options = { weights: values.weights, cacheType: values.cache };
  if (values.peers) run.installPeers();
  const engines = [
    run.realm({ environment, options }),
    ...(values['llama-bench'] ? [run.llamaBench(values['llama-bench'])] : []),
    ...(values.peers ? [run.nodeLlamaCpp(true), run.nodeLlamaCpp(false)] : []),
  ];
  const read = () => ({ engine: 'streaming loop', gigabytes: run.readSpeed(threads, facts.bytesPerToken) });
  const all = run.alternate([read, ...engines], { model, threads, work }, Number(values.runs));
  const [loop, ...results] = all;
  const readGBs = run.medianOf(loop, (trial) => trial.gigabytes);
  const [ours] = results;

  const hashes = [...new Set(ours.trials.map((trial) => trial.results[0].hash))];
  const cases = work.slice(1).map((one, i) => {
    const numbers = (j) => (j === 0 ? (CACHE_BYTES[values.cache] ?? CACHE_BYTES.f16) : CACHE_BYTES.f16);
    const figure = (result, j) => figures(one, result, i + 1, facts, readGBs, numbers(j));
    const lines = results.map(figure).filter(Boolean);
    for (const line of lines.slice(1)) line.ratio = lines[0].tokensPerSecond / line.tokensPerSecond;
    const { tooLong } = ours.trials[0].results[i + 1];
    return { case: nameOf(one), ...one, ...(tooLong ? { tooLong } : {}), engines: lines };
  });
  const several = (key) =>
    results
      .filter(({ trials }) => trials[0][key])
      .map((result) => {
        const fields = Object.keys(result.trials[0][key]);
        const median = (field) => run.medianOf(result, (trial) => trial[key][field]);
        return { engine: result.engine, ...Object.fromEntries(fields.map((field) => [field, median(field)])) };
      });
  return {
    cpu: run.cpuName(),
    date: new Date().toISOString().slice(0, 10),
    threads,
    runs: Number(values.runs),
    model: path.basename(model),
    isa: ours.engine.replace('realm ', ''),
    emittedKernels: process.env.REALM_EMIT !== '0',
    logitsHash: hashes.join(' and '),
    machineReadGBs: readGBs,
    bytesPerToken: facts.bytesPerToken,
    cases,
    load: several('load'),
    memory: several('memory'),
  };
}

const fixed = (number, digits) => (number === undefined ? '' : number.toFixed(digits));

function print(report) {
  const { cpu, threads, runs, model, isa, emittedKernels, logitsHash, machineReadGBs, bytesPerToken } = report;
  console.log(`${model} on ${cpu}, ${threads} threads, median of ${runs}`);
  console.log(`engine ${isa}${emittedKernels ? '' : ' without emitted kernels'}, logits ${logitsHash}`);
  console.log(
    `a token reads ${fixed(bytesPerToken / 1e6, 1)} MB; the machine reads ${fixed(machineReadGBs, 1)} GB/s\n`,
  );
  const row = (...cells) => {
    const [name, engine, ...rest] = cells;
    console.log(`  ${name.padEnd(40)}${engine.padEnd(28)}${rest.map((cell) => cell.padStart(10)).join('')}`.trimEnd());
  };
  row('', '', 'tokens/s', 'ms/token', 'GB/s', 'share', 'GMAC/s', 'ours/it');
  for (const { case: name, engines, tooLong } of report.cases) {
    if (!engines.length) row(name, tooLong ? 'longer than the context' : 'too short to be measured');
    engines.forEach((line, i) =>
      row(
        i ? '' : name,
        line.engine,
        fixed(line.tokensPerSecond, 1),
        fixed(line.msPerToken, 2),
        fixed(line.gigabytes, 1),
        line.share === undefined ? '' : `${fixed(100 * line.share, 0)} %`,
        fixed(line.gmacs, 0),
        line.ratio === undefined ? '' : `${fixed(line.ratio, 2)}x`,
      ),
    );
  }
  console.log('');
  for (const { engine, loadMs, firstTokenMs } of report.load) {
    console.log(`  ${engine}: ready after ${fixed(loadMs, 0)} ms, first token after ${fixed(firstTokenMs, 0)} ms`);
  }
  for (const { engine, rssMB, weightsMB, cacheMB, nodeMB, overMB } of report.memory) {
    const parts = `: weights ${fixed(weightsMB, 1)}, cache ${fixed(cacheMB, 1)}, Node ${fixed(nodeMB, 1)}, the rest ${fixed(overMB, 1)}`;
    console.log(`  ${engine}: at most ${fixed(rssMB, 1)} MB in memory${overMB === undefined ? '' : parts}`);
  }
  for (const { case: name, engines } of report.cases) {
    const { draftedTokens, acceptedTokens, firstMs, cachedMs, cachedTokens } = engines[0] ?? {};
    if (cachedMs) {
      const times = `first token after ${fixed(firstMs, 1)} ms, then after ${fixed(cachedMs, 1)} ms`;
      console.log(`  ${name}: ${times} (${fixed(firstMs / cachedMs, 0)}x sooner), ${cachedTokens} tokens cached`);
    }
    if (draftedTokens) console.log(`  ${name}: ${draftedTokens} tokens guessed, ${acceptedTokens} of them right`);
    const delay = engines[0]?.eventLoopP99Ms;
    if (delay) console.log(`  ${name}: the event loop is ${fixed(delay, 1)} ms late (p99)`);
  }
}

function main(args) {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
  const model = positionals[0] ?? process.env.MODEL_PATH ?? path.join(__dirname, '../models/tiny-atlas-q4_k_m.gguf');
  const report = measure(values, model);
  if (values.json) console.log(JSON.stringify(report, null, 2));
  else print(report);
}

/** Other benchmarks, by their option. */
const OTHERS = {
  '--targets': './targets',
  '--formats': './formats',
  '--mechanisms': './mechanismTable',
  '--embeddings': './embeddings',
  '--conversation': './conversation',
  '--forks': './forks',
  '--event-loop': './eventLoop',
  '--profile': './profile',
  '--sampling': './sampling',
  '--structured': './structured',
  '--kernels': './kernels',
};

const [first, ...rest] = process.argv.slice(2);
if (Object.hasOwn(OTHERS, first ?? '')) void require(OTHERS[first]).main(rest);
else main(process.argv.slice(2));
