'use strict';

// A template comes with a model's file, from a stranger: whatever it does, it ends, with little memory and a code.

const { renderChatSegments, renderChatTemplate } = require('..');
const { failure } = require('./fixtures/failure');

const grow = (start, step) =>
  `{% set ns = namespace(s=${start}) %}{% for i in range(64) %}{% set ns.s = ${step} %}{% endfor %}{{ ns.s }}`;

const hostile = {
  'a range of 1e9': '{% for i in range(1000000000) %}x{% endfor %}',
  'nested loops': '{% for i in range(25000) %}{% for j in range(25000) %}{% endfor %}{% endfor %}',
  'nested loops that write': '{% for i in range(25000) %}{% for j in range(25000) %}xxxxxxxxxx{% endfor %}{% endfor %}',
  'a repeated string': "{{ 'x' * 10000000000 }}",
  'a repeated list': '{{ [0] * 10 ** 30 }}',
  'a wide indent': "{{ 'a'|indent(1000000000) }}",
  'a wide indent of JSON': '{{ messages|tojson(indent=1000000000) }}',
  'a wide field': "{{ 'a'|center(1000000000) }}",
  'a wide field of ljust': "{{ 'a'.ljust(1000000000) }}",
  'a wide field of %': "{{ '%1000000000d' % 1 }}",
  'a wide field of format': "{{ '{:1000000000}'.format(1) }}",
  'a large power': '{{ 10 ** 100000 }}',
  'a wide batch': "{{ [1]|batch(1000000000, 'x')|list }}",
  'a wide date': "{{ strftime_now('%999d' * 30000) }}",
  'a macro that calls itself': '{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}',
  'macros that call each other':
    '{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}',
  'a macro whose default calls it': '{% macro m(a=m()) %}{% endmacro %}{{ m() }}',
  'a macro that calls itself ten times':
    '{% macro m(n) %}{% for i in range(10) %}{{ m(n + 1) if n < 20 }}{% endfor %}x{% endmacro %}{{ m(0) }}',
  'a recursive loop': '{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}',
  'a doubled string': grow("'x'", 'ns.s ~ ns.s'),
  'a doubled list': grow('[1]', 'ns.s + ns.s'),
  'a list of twice itself': grow('[1]', '[ns.s, ns.s]'),
  'a list of twice itself as JSON': grow('[1]', '[ns.s, ns.s]').replace('{{ ns.s }}', '{{ ns.s|tojson }}'),
  'a list of twice itself, compared': grow('[[1], [1]]', '[ns.s, ns.s]').replace(
    '{{ ns.s }}',
    '{{ ns.s == [ns.s[1], ns.s[0]] }}',
  ),
  'replace that grows': grow("'x'", "ns.s|replace('x', 'xxxx')"),
  'replace of nothing': grow("'x'", "ns.s|replace('', ns.s)"),
  'join that grows': grow("'x'", 'range(1000)|join(ns.s)'),
  'format that grows': grow("'x'", "'%s%s%s' % (ns.s, ns.s, ns.s)"),
  'many large strings':
    "{% set s = 'x' * 1000000 %}{% set ns = namespace(l=[]) %}{% for i in range(99999) %}{% set ns.l = ns.l + [s|upper] %}{% endfor %}",
  'many searches': "{% set s = 'x' * 1000000 %}{% for i in range(99999) %}{{ s.find('xy') }}{% endfor %}",
  'many elements of a string': "{% set s = '😀' * 100000 %}{% for i in range(99999) %}{% set x = s[i] %}{% endfor %}",
  'many sorts': '{% for i in range(999) %}{% set x = range(99999)|sort(reverse=true) %}{% endfor %}',
  'many lists': "{% for i in range(99999) %}{% set x = range(99999)|map('string')|list %}{% endfor %}",
  'many splits': "{% for i in range(999) %}{% set x = ('x' * 999999).split('x') %}{% endfor %}",
  'many words': "{% for i in range(999) %}{% set x = ('a ' * 999999)|title %}{% endfor %}",
  'JSON that nests': "{{ ('[' * 1000000)|fromjson }}",
  'a long template': 'x'.repeat(5 << 20),
  'a template of many tags': '{{a}}'.repeat(1 << 20),
  'blocks that nest': '{% if x %}'.repeat(20000),
  'parentheses that nest': `{{ ${'('.repeat(10000)}1${')'.repeat(10000)} }}`,
  'lists that nest': `{{ ${'['.repeat(10000)}${']'.repeat(10000)} }}`,
  'not of not': `{{ ${'not '.repeat(10000)}1 }}`,
  'signs of signs': `{{ ${'-'.repeat(10000)}1 }}`,
  'a long chain of attributes': `{{ a${'.a'.repeat(10000)} }}`,
  'a long chain of filters': `{{ 'a'${'|upper'.repeat(10000)} }}`,
};

const messages = [{ role: 'user', content: 'Hi' }];

test.each(Object.entries(hostile))('%s', (_, template) => {
  for (const render of [renderChatTemplate, renderChatSegments]) {
    expect(failure(() => render(template, messages))).toMatchObject({
      code: 'E_LIMIT',
      message: expect.stringMatching(/^the chat template /),
    });
  }
});

test.each([
  ['a long sum', `{{ ${'1 + '.repeat(10000)}1 }}`, '10001'],
  ['a long text', `{{ ${"'a' ~ ".repeat(10000)}'a' }}`, 'a'.repeat(10001)],
  ['many branches', `{% if 0 %}${'{% elif 0 %}'.repeat(5000)}{% else %}x{% endif %}`, 'x'],
  ['a text of 200,000 characters', 'x'.repeat(200000), 'x'.repeat(200000)],
  ['tags that no end follows', `{% raw %}${'<'.repeat(1000)}{% endraw %}`, '<'.repeat(1000)],
])('%s is no reason to refuse', (_, template, expected) => {
  expect(renderChatTemplate(template, messages)).toBe(expected);
});

test('a long conversation has room', () => {
  const long = Array.from({ length: 2000 }, (_, i) => ({
    role: i % 2 ? 'assistant' : 'user',
    content: `${'word '.repeat(300)}${i}`,
  }));
  const template =
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content|trim|replace('x', 'y') ~ '' }}<|im_end|>\n{% endfor %}";
  expect(renderChatTemplate(template, long).length).toBeGreaterThan(3e6);
});

test('messages that contain themselves', () => {
  const message = { role: 'user', content: 'a' };
  message.self = [message];
  expect(failure(() => renderChatTemplate('', [message]))).toMatchObject({
    code: 'E_LIMIT',
    message: 'the chat template is given values that nest deeper than 200 levels, or contain themselves',
  });
});
