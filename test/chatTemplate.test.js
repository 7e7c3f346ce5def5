'use strict';

const { loadModelSync, renderChatTemplate } = require('..');
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

const withTemplates = (templates) =>
  loadModelSync(
    tinyLlama({
      metadata: Object.fromEntries(Object.entries(templates).map(([key, text]) => [key, ['string', text]])),
    }),
    { vocabOnly: true },
  );
const withTemplate = (template) => withTemplates({ 'tokenizer.chat_template': template });

test('tools, tokens and the generation prompt reach the template', () => {
  const model = withTemplate(
    '{{ bos_token }}{% if tools %}{{ tools[0].name }}{% endif %}{{ add_generation_prompt }}{{ messages | length }}',
  );
  expect(model.applyChatTemplate(question, { tools: [{ name: 'weather' }] })).toBe('weatherTrue1');
  expect(model.applyChatTemplate(question, { addGenerationPrompt: false })).toBe('False1');
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

test('named templates, and one of one’s own', () => {
  const model = withTemplates({
    'tokenizer.chat_template': 'plain',
    'tokenizer.chat_template.tool_use': 'tools {{ tools|length }}',
    'tokenizer.chat_template.rag': 'rag',
  });
  expect(model.info.chatTemplates).toEqual({ tool_use: 'tools {{ tools|length }}', rag: 'rag' });
  const tools = [{ type: 'function', function: { name: 'f' } }];
  expect(model.applyChatTemplate(question)).toBe('plain');
  expect(model.applyChatTemplate(question, { tools })).toBe('tools 1');
  expect(model.applyChatTemplate(question, { tools, name: 'default' })).toBe('plain');
  expect(model.applyChatTemplate(question, { name: 'rag' })).toBe('rag');
  expect(model.applyChatTemplate(question, { template: '{{ messages[0].content }}' })).toBe(question[0].content);
  expect(failure(() => model.applyChatTemplate(question, { name: 'x' }))).toMatchObject({
    code: 'E_INVALID_ARGUMENT',
    message: `the file has no chat template named "x"; it has 'tool_use', 'rag'`,
  });
  expect(failure(() => model.applyChatTemplate(question, { name: 'rag', template: '' })).message).toBe(
    'template and name can’t be given at once',
  );
  model.close();
  const named = withTemplates({ 'tokenizer.chat_template.rag': 'rag' });
  expect(failure(() => named.applyChatTemplate(question))).toMatchObject({
    code: 'E_UNSUPPORTED',
    message: 'the file has no chat template (tokenizer.chat_template); it has named ones: rag',
  });
  named.close();
});

test('variables', () => {
  const model = withTemplate('{{ enable_thinking }} {{ note }} {{ add_generation_prompt }}');
  expect(model.applyChatTemplate(question, { variables: { enable_thinking: false, note: { a: [1.5, null] } } })).toBe(
    "False {'a': [1.5, None]} True",
  );
  model.close();
});

test('content as parts: texts are joined, others refused by name', () => {
  const template = '{% for m in messages %}[{{ m.content }}]{% endfor %}';
  const user = (content) => [{ role: 'user', content }];
  const texts = [
    { type: 'text', text: 'a' },
    { type: 'text', text: 'b' },
  ];
  expect(renderChatTemplate(template, user(texts))).toBe('[ab]');
  expect(renderChatTemplate(template, [...user([]), { role: 'tool', content: texts }])).toBe('[][ab]');
  const picture = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } };
  expect(failure(() => renderChatTemplate(template, user([texts[0], picture])))).toMatchObject({
    code: 'E_UNSUPPORTED',
    message: 'messages[0].content[1] has the type "image_url"; only parts of the type "text" are taken',
  });
  expect(failure(() => renderChatTemplate(template, user([{ type: 'text' }]))).message).toBe(
    'messages[0].content[0].text must be a string, got undefined',
  );
  expect(failure(() => renderChatTemplate(template, user([7]))).message).toBe(
    'messages[0].content[0] must be an object { type, text }, got 7',
  );
  expect(failure(() => renderChatTemplate(template, user({ text: 'a' }))).message).toBe(
    'messages[0].content must be a string or an array of parts, got an object',
  );
});

const calls = (given) => [
  { role: 'user', content: 'a' },
  {
    role: 'assistant',
    content: null,
    tool_calls: [{ id: '1', type: 'function', function: { name: 'f', arguments: given } }],
  },
];

test.each([
  ['as JSON', '{{ c.function.arguments|tojson }}', '{"a": 1}', '{"a":1}'],
  [
    'as they are',
    '{% if c.function.arguments is string %}{{ c.function.arguments }}{% else %}{{ c.function.arguments|tojson }}{% endif %}',
    '{"a":1}',
    '{"a":1}',
  ],
  ['one by one', '{% for k, v in c.function.arguments|items %}{{ k }}={{ v }}{% endfor %}', 'a=1', '{"a":1}'],
  ['as text alone', "{{ 'args: ' + c.function.arguments }}", 'args: {"a":1}', '{"a":1}'],
  ['where they are no JSON', '{{ c.function.arguments|tojson }}', '"{\\"a"', '{"a'],
  ['where there are none', '{{ c.function.arguments|tojson }}', '{}', ''],
])('arguments of calls as a string, for a template that writes them %s', (_, write, expected, given) => {
  const template = `{% for m in messages %}{% for c in m.tool_calls or [] %}${write}{% endfor %}{% endfor %}`;
  expect(renderChatTemplate(template, calls(given))).toBe(expected);
});

test('arguments of calls as an object are given as they are', () => {
  const template =
    "{% for m in messages %}{% for c in m.tool_calls or [] %}{{ 'args: ' + c.function.arguments }}{% endfor %}{% endfor %}";
  expect(failure(() => renderChatTemplate(template, calls({ a: 1 }))).message).toContain(
    'can only concatenate str (not "dict") to str',
  );
});

test('arguments of a wrong type', () => {
  const wrong = (options, messages = question, template = '') =>
    failure(() => renderChatTemplate(template, messages, options)).message;
  expect(wrong({}, question, 7)).toBe('template must be a string, got 7');
  expect(wrong({ tools: {} })).toBe('tools must be an array, got an object');
  expect(wrong({ addGenerationPrompt: 1 })).toBe('addGenerationPrompt must be a boolean, got 1');
  expect(wrong({ variables: [] })).toBe('variables must be an object, got an array');
  expect(wrong({ bosToken: 1 })).toBe('bosToken must be a string, got 1');
  expect(wrong({}, ['a'])).toBe('messages[0] must be an object { role, content }, got "a"');
  expect(wrong({}, [{ content: 'a' }])).toBe('messages[0].role must be a string, got undefined');
});
