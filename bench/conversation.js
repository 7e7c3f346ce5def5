'use strict';

// A conversation of ten turns, as a product has it: what it takes in all, beside node-llama-cpp.
//
//   npm run bench -- --conversation MODEL.gguf [--peers] [--tokens 48] [--runs 3] [--threads 2]
//
// Every answer has so many tokens at most, greedy, streamed; how many there were in all is told. node-llama-cpp's LlamaChatSession is its way to hold a conversation.

const path = require('node:path');
const { performance } = require('node:perf_hooks');
const { parseArgs } = require('node:util');
const run = require('./run');

const QUESTIONS = [
  'I am planning a week in Norway in June with two children. Where should we begin?',
  'We would rather not drive every day. Which parts can we see by train and by boat?',
  'One of us cannot walk far. What of this is still possible, and what should we leave out?',
  'Please put the days in order, with a place to sleep for each night.',
  'What would it cost about, for four people, if we cook for ourselves?',
  'The children like animals. Where could we see some on the way?',
  'It may rain all week. What would you change then?',
  'Write a short message to my sister that tells her of the plan.',
  'Now the same message, but for somebody who has been to Norway often.',
  'At last, make a list of what we must book before we leave.',
];

/** A trial in this process: milliseconds of the whole conversation, and the tokens of its answers. */
async function trial({ model: file, threads, tokens }) {
  const { loadModel } = require('..');
  const model = await loadModel(file, { threads });
  await model.generate('Once', { maxTokens: 2 });
  const start = performance.now();
  const session = model.createSession();
  let generated = 0;
  for (const question of QUESTIONS) {
    const chat = session.chat(question, { maxTokens: tokens });
    for await (const delta of chat) void delta;
    generated += (await chat).usage.generatedTokens;
  }
  console.log(JSON.stringify({ milliseconds: performance.now() - start, generated, tokens: session.length }));
  model.close();
}

const OPTIONS = {
  peers: { type: 'boolean', default: false },
  tokens: { type: 'string', default: '48' },
  runs: { type: 'string', default: '3' },
  threads: { type: 'string', default: String(run.usableThreads()) },
};

function main(args) {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
  if (values.peers) run.installPeers();
  const [threads, tokens] = [Number(values.threads), Number(values.tokens)];
  for (const model of positionals) {
    const engines = [
      (given) => ({ engine: 'realm-node', ...run.nodeTrial('conversation.js', given) }),
      ...(values.peers
        ? [(given) => ({ engine: 'node-llama-cpp', ...run.nodeTrial('peers/conversation.mjs', given) })]
        : []),
    ];
    const results = run.alternate(engines, { model, threads, tokens, questions: QUESTIONS }, Number(values.runs));
    const medians = results.map((result) => run.medianOf(result, (trial) => trial.milliseconds));
    for (const [which, { engine, trials }] of results.entries()) {
      const ratio = which === 0 ? '' : `, ours takes ${(medians[0] / medians[which]).toFixed(2)} of it`;
      console.log(
        `${path.basename(model)}: ten turns, ${trials[0].generated} tokens of answers, ${engine}: ${medians[which].toFixed(0)} ms${ratio}`,
      );
    }
  }
}

module.exports = { main };

if (require.main === module) void trial(JSON.parse(process.argv[2]));
