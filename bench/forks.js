'use strict';

// What sessions that are forked from one prefix take of memory, in pages of 64 tokens.
//
//   npm run bench -- --forks MODEL.gguf [--prefix 1500] [--sessions 64] [--threads 2]

const path = require('node:path');
const { parseArgs } = require('node:util');
const run = require('./run');

const OPTIONS = {
  threads: { type: 'string', default: String(run.usableThreads()) },
  prefix: { type: 'string', default: '1500' },
  sessions: { type: 'string', default: '64' },
};

async function main(args) {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
  const { loadModel, getEngineInfo } = require('..');
  for (const file of positionals) {
    const model = await loadModel(file, { threads: Number(values.threads), promptCacheBytes: 0 });
    const page = model.memory().token * 64;
    const ids = Array.from({ length: Number(values.prefix) }, (_, i) => (i * 7919 + 13) % model.info.vocabSize);
    const session = model.createSession();
    await session.generate(ids, { maxTokens: 1, ignoreEos: true });
    const { bytes: before } = getEngineInfo().live;
    const all = Array.from({ length: Number(values.sessions) }, () => session.fork());
    const { bytes: forked } = getEngineInfo().live;
    await Promise.all(
      all.map((one, seed) => one.generate(' and', { maxTokens: 16, temperature: 1, seed, ignoreEos: true })),
    );
    const { bytes: gone } = getEngineInfo().live;
    const pages = (bytes) => ((bytes - before) / all.length / page).toFixed(2);
    console.log(
      `${path.basename(file)}: ${all.length} sessions forked from ${session.length} tokens: ${pages(forked)} pages each, ` +
        `${pages(gone)} after 17 tokens more (a page: ${page} bytes)`,
    );
    model.close();
  }
}

module.exports = { main };
