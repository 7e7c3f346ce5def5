'use strict';

// Streams an answer; the event loop stays free meanwhile.
// Usage: node examples/stream.js [model.gguf] [question]

const path = require('node:path');
const { loadModel } = require('..');

const file = process.argv[2] || process.env.MODEL_PATH || path.join(__dirname, '../models/tiny-atlas-q4_k_m.gguf');
const question = process.argv[3] || 'What is the capital of Japan?';

async function main() {
  const model = await loadModel(file);
  const prompt = model.applyChatTemplate([{ role: 'user', content: question }]);
  const began = performance.now();
  const generation = model.generate(prompt, { maxTokens: 200 });
  for await (const chunk of generation) process.stdout.write(chunk.text);

  const { tokens, finishReason } = await generation; // the same generation, as a whole
  const seconds = (performance.now() - began) / 1000;
  console.log(`\n[${tokens.length} tokens, ${(tokens.length / seconds).toFixed(0)} a second, ${finishReason}]`);
  model.close();
}

main();
