'use strict';

const { loadModelSync } = require('..');
const { tinyAtlas } = require('./fixtures/places');

const JAPAN = [{ role: 'user', content: 'What is the capital of Japan?' }];
/** Begins the reasoning itself, as the templates of some families do. */
const template = '<|im_start|>user\n{{ messages[0].content }}<|im_end|>\n<|im_start|>assistant\n<think>\n';
const reasoning = { start: '<think>\n', end: '\n</think>\n\n' };

let model;
beforeAll(() => (model = loadModelSync(tinyAtlas, { chatFormat: { reasoning } })));
afterAll(() => model.close());

const ask = (options) => model.chat(JAPAN, { template, maxTokens: 60, ...options });

test('chatFormat shows what was given', () => {
  expect(model.chatFormat).toMatchObject({ reasoning, ids: 'call' });
});

test('is told apart from the content; the message has it in a field of its own', async () => {
  const chat = ask({ reasoning: { maxTokens: 4 } });
  const texts = { reasoning: '', content: '' };
  for await (const { type, text } of chat) if (type in texts) texts[type] += text;
  const { content, reasoning: thought, messages, usage } = await chat;
  expect({ content, reasoning: thought }).toEqual(texts);
  expect(thought).not.toBe('');
  expect(content).not.toBe('');
  expect(content + thought).not.toContain('think>');
  expect(messages).toEqual([{ role: 'assistant', content, reasoning_content: thought }]);
  expect(usage.reasoningTokens).toBeGreaterThanOrEqual(4);
  expect(usage.reasoningTokens).toBeLessThan(usage.generatedTokens);
});

test('false: none; a longer budget: more of it', async () => {
  expect((await ask({ reasoning: false })).reasoning).toBe('');
  const [short, long] = await Promise.all([2, 6].map((maxTokens) => ask({ reasoning: { maxTokens } })));
  expect(long.reasoning.length).toBeGreaterThan(short.reasoning.length);
});

test('a format begins after it', async () => {
  const format = {
    type: 'object',
    properties: { city: { enum: ['Tokyo'] } },
    required: ['city'],
    additionalProperties: false,
  };
  const { value, reasoning: thought } = await ask({ reasoning: { maxTokens: 4 }, format });
  expect(value).toEqual({ city: 'Tokyo' });
  expect(thought).not.toBe('');
});

test('keepReasoning where the template does not write it is an error', async () => {
  await expect(ask({ keepReasoning: true })).rejects.toMatchObject({ code: 'E_UNSUPPORTED' });
});
