'use strict';

// A tool that the model calls, and its answer after that. The first step has to call (`toolChoice`), so that it works with small models too.
// Usage: node examples/tools.js [model.gguf] [question]

const path = require('node:path');
const { loadModel } = require('..');

const file = process.argv[2] || process.env.MODEL_PATH || path.join(__dirname, '../models/tiny-atlas-q4_k_m.gguf');
const question = process.argv[3] || 'What is the weather in Oslo?';

const tools = {
  weather: {
    description: 'Tells the weather of a city.',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string', maxLength: 20 }, unit: { enum: ['celsius', 'fahrenheit'] } },
      required: ['city', 'unit'],
      additionalProperties: false,
    },
    /** The arguments are as the schema wants them; what is thrown the model is told. @param {{ city: string, unit: string }} given */
    execute: ({ city, unit }) => ({ city, temperature: unit === 'celsius' ? 21 : 70, sky: 'clear' }),
  },
};

async function main() {
  const model = await loadModel(file);
  const messages = [{ role: 'user', content: question }];
  const chat = model.chat(messages, { tools, toolChoice: 'required', parallelToolCalls: false, maxTokens: 200 });
  for await (const delta of chat) {
    if (delta.type === 'tool-call') console.log(`${delta.name}(${JSON.stringify(delta.arguments)})`);
    if (delta.type === 'tool-result') console.log(`-> ${JSON.stringify(delta.value ?? delta.error)}`);
    if (delta.type === 'content') process.stdout.write(delta.text);
  }
  console.log(`\n[${(await chat).steps.length} steps]`);
  model.close();
}

main();
