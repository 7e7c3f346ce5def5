'use strict';

const { loadModelSync } = require('..');
const { tinyAtlas, smollm2, goldenTest } = require('./fixtures/places');
const { tinyLlama } = require('./fixtures/gguf');
const { failure } = require('./fixtures/failure');

const question = [{ role: 'user', content: 'What is the capital of France?' }];

test('the file’s own template', () => {
  const model = loadModelSync(tinyAtlas, { vocabOnly: true });
  expect(model.applyChatTemplate(question)).toBe(
    '<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n',
  );
  expect(model.applyChatTemplate(question, { addGenerationPrompt: false })).toBe(
    '<|im_start|>user\nWhat is the capital of France?<|im_end|>\n',
  );
  model.close();
});

goldenTest('SmolLM2 adds its system message', () => {
  const model = loadModelSync(smollm2, { vocabOnly: true });
  expect(model.applyChatTemplate(question)).toBe(
    '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' +
      '<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n',
  );
  model.close();
});

const withTemplate = (template) =>
  loadModelSync(tinyLlama({ metadata: { 'tokenizer.chat_template': ['string', template] } }), { vocabOnly: true });

test('tools, tokens and the generation prompt reach the template', () => {
  const model = withTemplate(
    '{{ bos_token }}{% if tools %}{{ tools[0].name }}{% endif %}{{ add_generation_prompt }}{{ messages | length }}',
  );
  expect(model.applyChatTemplate(question, { tools: [{ name: 'weather' }] })).toBe('weathertrue1');
  expect(model.applyChatTemplate(question, { addGenerationPrompt: false })).toBe('false1');
  model.close();
});

test('a template that refuses, and one that is broken', () => {
  const refusing = withTemplate("{{ raise_exception('roles must alternate') }}");
  expect(failure(() => refusing.applyChatTemplate(question))).toMatchObject({
    code: 'E_INVALID_ARGUMENT',
    message: expect.stringContaining('roles must alternate'),
  });
  refusing.close();
  const broken = withTemplate('{% for %}');
  expect(failure(() => broken.applyChatTemplate(question)).code).toBe('E_INVALID_ARGUMENT');
  broken.close();
});

test('a template reaches nothing outside', () => {
  const model = withTemplate('{{ messages.constructor }}{{ ({}).constructor }}{{ process }}{{ global }}');
  let text;
  try {
    text = model.applyChatTemplate(question);
  } catch (error) {
    text = error.message;
  }
  expect(text).not.toMatch(/native code|\[object/);
  model.close();
});

test('messages of a wrong type', () => {
  const model = loadModelSync(tinyAtlas, { vocabOnly: true });
  expect(failure(() => model.applyChatTemplate('hello')).message).toBe('messages must be an array, got "hello"');
  model.close();
});
