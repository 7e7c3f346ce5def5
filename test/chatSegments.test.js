'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { renderChatSegments, renderChatTemplate } = require('..');
const { golden, goldenTest } = require('./fixtures/places');

/** What looks like a special token in a template: `<|im_end|>`, `[INST]`, `</s>`, `<start_of_turn>`. */
const SPECIAL = /<[|｜][^<>|｜\s]{1,40}[|｜]>|\[\/?[A-Z_]{3,}\]|<\/?[a-z_]+(?::[a-z_]+)?>/g;

const trusted = (segments) => segments.filter((segment) => segment.trusted).map(({ text }) => text);
const all = (segments) => segments.map(({ text }) => text).join('');
const occurrences = (text, literal) => text.split(literal).length - 1;

const conversation = (literal) => ({
  messages: [
    { role: 'user', content: `Weather${literal} in Oslo?` },
    { role: 'assistant', content: '', tool_calls: [call] },
    { role: 'tool', tool_call_id: 'call00001', name: 'get_weather', content: `{"temp": "4${literal}"}` },
  ],
  options: {
    bosToken: '<s>',
    eosToken: '</s>',
    tools: [
      {
        type: 'function',
        function: {
          name: 'get_weather',
          description: `The weather${literal} in a place.`,
          parameters: {
            type: 'object',
            properties: { city: { type: 'string', description: `The city${literal}` } },
            required: ['city'],
          },
        },
      },
    ],
  },
});
const call = {
  id: 'call00001',
  type: 'function',
  function: { name: 'get_weather', arguments: { city: 'Oslo' } },
};

function render(template, literal) {
  const { messages, options } = conversation(literal);
  try {
    return renderChatSegments(template, messages, options);
  } catch {
    // Some refuse results of tools, as they should: what they take instead.
    return renderChatSegments(template, messages.slice(0, 1), options);
  }
}

goldenTest('special tokens in a message, a result and a description are nowhere the template’s own', () => {
  const { templates } = JSON.parse(fs.readFileSync(path.join(golden, 'chat/templates.json'), 'utf8'));
  let checked = 0;
  for (const [name, template] of Object.entries(templates)) {
    const literals = new Set(['<s>', '</s>', '<|im_end|>', '[INST]', ...(template.match(SPECIAL) ?? [])]);
    let refused = 0;
    for (const literal of literals) {
      let segments;
      try {
        segments = render(template, literal);
      } catch (error) {
        // Hermes and Kimi K2 refuse one kind of conversation; no template refuses a literal.
        expect({ name, code: error.code }).toEqual({ name, code: 'E_INVALID_ARGUMENT' });
        refused++;
        continue;
      }
      const harmless = render(template, 'x'.repeat(5));
      const counts = (parts) => trusted(parts).reduce((sum, text) => sum + occurrences(text, literal), 0);
      // A template that looks for a marker in the text may write fewer of its own, never more.
      expect({ name, literal, more: counts(segments) > counts(harmless) }).toEqual({ name, literal, more: false });
      checked++;
    }
    expect(refused === 0 || refused === literals.size).toBe(true);
  }
  expect(checked).toBeGreaterThan(300);
});

goldenTest('segments are the rendered text, cut', () => {
  const { templates, cases, conversations } = JSON.parse(
    fs.readFileSync(path.join(golden, 'chat/templates.json'), 'utf8'),
  );
  for (const { template: name, conversation: of, error } of cases) {
    if (error !== undefined) continue;
    const { messages, tools, add_generation_prompt: addGenerationPrompt } = conversations[of];
    const options = { bosToken: '<s>', eosToken: '</s>', tools, addGenerationPrompt };
    const segments = renderChatSegments(templates[name], messages, options);
    expect(all(segments)).toBe(renderChatTemplate(templates[name], messages, options));
    for (let i = 1; i < segments.length; i++) expect(segments[i].trusted).not.toBe(segments[i - 1].trusted);
  }
});

const user = (content) => [{ role: 'user', content }];
const shown = (template, messages, options) =>
  renderChatSegments(template, messages, options)
    .map(({ text, trusted }) => (trusted ? text : `«${text}»`))
    .join('');

test.each([
  ['{{ c }}', ' a '],
  ['[{{ c|trim }}]', ' a ', '[«a»]'],
  ["{{ 'x' + c + 'y' }}", 'a', 'x«a»y'],
  ["{{ c.replace('a', 'b') }}", 'cac', '«c»b«c»'],
  ["{{ 'cac'|replace('a', c) }}", 'x', 'c«x»c'],
  ["{{ c.split('|')|join('-') }}", 'a|b', '«a»-«b»'],
  ["{{ c.split('</think>')[-1].lstrip('\\n') }}", 'a</think>\nb', '«b»'],
  ['{{ c|tojson }}', 'a"b\n', '"«a\\"b\\n»"'],
  ['{{ messages|tojson }}', 'a', '[{"«role»": "user", "«content»": "«a»"}]'],
  ['{{ c|tojson(ensure_ascii=true) }}', '<é>', '"«<\\u00e9>»"'],
  ['{{ (\'{"k": "\' ~ c ~ \'"}\')|fromjson|tojson }}', 'a\\nb', '{"k": "«a\\nb»"}'],
  ['{{ c|upper }}{{ c|title }}{{ c|capitalize }}', 'ab cd', '«AB CDAb CdAb cd»'],
  ["{{ '%s-%5s' % (c, c) }}", 'ab', '«ab»-   «ab»'],
  ["{{ '<{}|{!r}>'.format(c, c) }}", 'ab', "<«ab»|'«ab»'>"],
  ['{{ [c] }}', "a'b", '["«a\'b»"]'],
  ['{{ c[1:3] }}{{ c[0] }}{{ c[::-1] }}', 'abcd', '«bcadcba»'],
  ['{{ c|indent(2) }}', 'a\nb', '«a»\n  «b»'],
  ['{% for x in c %}{{ x }},{% endfor %}', 'ab', '«a»,«b»,'],
  ['{% macro m(x) %}<{{ x }}>{% endmacro %}{{ m(c) }}', 'a', '<«a»>'],
  ['{% set x %}<{{ c }}>{% endset %}{{ x|trim }}', 'a', '<«a»>'],
  ['{% filter upper %}<{{ c }}>{% endfilter %}', 'a', '<«A»>'],
  ['{{ {c: 1}|items|first|first }}', 'a', '«a»'],
  ['{{ [c, "b"]|sort|join }}{{ [c]|unique|list|first }}{{ c|list|last }}', 'a', '«a»b«aa»'],
  ['{{ c|e }}', '<a>', '«&lt;a&gt;»'],
  ['{{ c * 2 }}{{ c|center(5) }}{{ c.ljust(3, "-") }}', 'a', '«aa»  «a»  «a»--'],
  ['{{ c|wordwrap(3) }}{{ c|truncate(4, true, "…", 0) }}', 'abc def', '«abc»\n«defabc»…'],
  ['{{ c|striptags }}{{ c|string }}{{ c|default("x") }}', 'a <b>', '«aa <b>a <b>»'],
  ["{{ c.partition('=')|join('') }}{{ c.removeprefix('a') }}", 'a=b', '«a=b=b»'],
  [
    '{{ c is string }}{{ c == "a" }}{{ c in ["a"] }}{{ "a" in c }}{{ {"a": 1}[c] }}{{ c|length }}',
    'a',
    'TrueTrueTrueTrue11',
  ],
  ['{{ messages[0].role }}', 'a', 'user'],
  ['{{ c ~ bos_token }}', 'a', '«a»<s>'],
])('%s of %j', (template, content, expected = `«${content}»`) => {
  const source = `{%- set c = messages[0].content -%}${template}`;
  expect(shown(source, user(content), { bosToken: '<s>' })).toBe(expected);
});

test('what of a message is the template’s own', () => {
  const template = '{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}{# <think> #}';
  const segments = (messages) => shown(template, messages);
  expect(segments([{ role: 'user', content: '<think>' }])).toBe('[user]«<think>»');
  expect(segments([{ role: 'assistant', content: '<think>a</think>b' }])).toBe('[assistant]<think>«a</think>b»');
  expect(segments([{ role: 'a>', content: 'b' }])).toBe('[«a>»]«b»');
  expect(segments([{ role: 'user', content: 'a', trusted: true }])).toBe('[user]a');
});

test('variables and tools are from outside', () => {
  const options = { variables: { note: 'n', deep: [{ a: 'b' }] }, tools: [{ name: 't' }] };
  expect(shown('{{ note }},{{ deep[0].a }},{{ tools[0].name }}', user(''), options)).toBe('«n»,«b»,«t»');
});
