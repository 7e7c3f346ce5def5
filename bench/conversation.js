'use strict';

// A conversation of ten turns, as a product has it: what it takes in all, beside node-llama-cpp.
//
//   npm run bench -- --conversation MODEL.gguf [--peers] [--tokens 48] [--runs 3] [--threads 2]
//
// Every answer has so many tokens at most, greedy, streamed; how many there were in all is told. node-llama-cpp's LlamaChatSession is its way to hold a conversation.

const { execFileSync } = require('node:child_process');
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

const child = (file, options) =>
  JSON.parse(
    execFileSync(process.execPath, [path.join(__dirname, file), JSON.stringify(options)], { encoding: 'utf8' }),
  );

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
      ['realm-node', 'conversation.js'],
      ...(values.peers ? [['node-llama-cpp', 'peers/conversation.mjs']] : []),
    ];
    const results = engines.map(() => []);
    for (let i = 0; i < Number(values.runs); i++)
      engines.forEach(([, file], which) =>
        results[which].push(child(file, { model, threads, tokens, questions: QUESTIONS })),
      );
    const [ours] = results.map((all) => run.median(all.map(({ milliseconds }) => milliseconds)));
    for (const [which, [name]] of engines.entries()) {
      const milliseconds = run.median(results[which].map((one) => one.milliseconds));
      const [{ generated }] = results[which];
      const ratio = which === 0 ? '' : `, ours takes ${(ours / milliseconds).toFixed(2)} of it`;
      console.log(
        `${path.basename(model)}: ten turns, ${generated} tokens of answers, ${name}: ${milliseconds.toFixed(0)} ms${ratio}`,
      );
    }
  }
}

module.exports = { main };

if (require.main === module) void trial(JSON.parse(process.argv[2]));
