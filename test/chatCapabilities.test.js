'use strict';

const fs = require('node:fs');
const path = require('node:path');
// The base of what tells tool calls and reasoning from text; not public.
const { templateCapabilities } = require('../dist/chat/templateCapabilities');
const { mentions } = require('../dist/chat/jinja/names');
const { Template } = require('../dist/chat/jinja/template');
const { golden, goldenTest } = require('./fixtures/places');

test('a template without anything', () => {
  const chatml =
    '{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}' +
    '{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}';
  expect(templateCapabilities(chatml)).toEqual({
    system: true,
    tools: false,
    toolCalls: undefined,
    parallelToolCalls: false,
    toolResults: true,
    reasoning: undefined,
    typedContent: false,
    generationPrompt: '<|im_start|>assistant\n',
    variables: [],
  });
  expect(templateCapabilities(chatml)).toBe(templateCapabilities(chatml));
});

test('content that must be parts, one call only, a prompt that is no suffix', () => {
  const template =
    "{{ 'go' if add_generation_prompt }}{% for m in messages %}{{ m.role }}{% for part in m.content %}{{ part.text }}{% endfor %}" +
    "{% if m.tool_calls|length > 1 %}{{ raise_exception('one call') }}{% endif %}" +
    '{% for c in m.tool_calls %}{{ c.function.name }}{{ c.function.arguments|tojson }}{% endfor %}{% endfor %}';
  expect(templateCapabilities(template)).toMatchObject({
    typedContent: true,
    toolCalls: 'object',
    parallelToolCalls: false,
    generationPrompt: undefined,
  });
});

test('names, fields and texts', () => {
  const template =
    "{% set a = b.c['d'] %}{% macro m(e, f=g) %}{{ e }}{{ 'text' }}{% endmacro %}{% for h, i in j %}{{ h }}{% endfor %}" +
    '{% if k is not defined %}{% set k = l|default(1) %}{% endif %}{% with n = 1 %}{{ n }}{% endwith %}data';
  const { variables, fields, texts } = mentions(Template.of(template).statements);
  expect([...variables].sort()).toEqual(['b', 'g', 'j', 'k', 'l']);
  expect([...fields].sort()).toEqual(['c', 'd']);
  expect(texts).toEqual(expect.arrayContaining(['text', 'data']));
});

goldenTest('those of real models', () => {
  const { templates } = JSON.parse(fs.readFileSync(path.join(golden, 'chat/templates.json'), 'utf8'));
  const all = Object.entries(templates).map(([name, template]) => [name, templateCapabilities(template)]);
  const count = (holds) => all.filter(([, capabilities]) => holds(capabilities)).length;
  const names = (holds) => all.filter(([, capabilities]) => holds(capabilities)).map(([name]) => name);
  expect(names(({ system }) => !system)).toEqual(['google-gemma-2-2b-it']);
  expect(names(({ tools }) => !tools)).toEqual([
    'deepseek-ai-DeepSeek-R1-Distill-Qwen-32B',
    'google-gemma-2-2b-it',
    'llama-cpp-rwkv-world',
    'microsoft-Phi-3.5-mini-instruct',
  ]);
  expect(names(({ toolCalls }) => toolCalls === 'string')).toEqual(['meetkai-functionary-medium-v3.2']);
  expect(count(({ toolCalls }) => toolCalls === 'object')).toBe(30);
  expect(names(({ toolCalls, parallelToolCalls }) => toolCalls && !parallelToolCalls)).toEqual([
    'GigaChat3.1-10B-A1.8B',
    'meta-llama-Llama-3.2-3B-Instruct',
  ]);
  expect(count(({ typedContent }) => typedContent)).toBe(0);
  expect(count(({ reasoning }) => reasoning)).toBe(14);
  const { reasoning, variables } = Object.fromEntries(all)['LFM2.5-8B-A1B'];
  expect(reasoning).toEqual({ field: 'thinking', kept: 'last' });
  expect(variables).toEqual(['preserve_thinking']);
});
