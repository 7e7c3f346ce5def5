'use strict';

// A conversation of several questions, each answer streamed; what was said goes into the next one.
// Usage: node examples/chat.js [model.gguf] [question ...]

const path = require('node:path');
const { loadModel } = require('..');

const [file = process.env.MODEL_PATH || path.join(__dirname, '../models/tiny-atlas-q4_k_m.gguf'), ...given] =
  process.argv.slice(2);
const questions = given.length > 0 ? given : ['What is the capital of Japan?', 'What is the capital of Peru?'];

async function main() {
  const model = await loadModel(file);
  /** @type {import('..').ChatMessage[]} */
  const messages = [];
  for (const content of questions) {
    messages.push({ role: 'user', content });
    const chat = model.chat(messages, { maxTokens: 200 });
    for await (const delta of chat) if (delta.type === 'content') process.stdout.write(delta.text);
    process.stdout.write('\n');
    messages.push(...(await chat).messages);
  }
  model.close();
}

main();
