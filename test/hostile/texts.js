'use strict';

// Vocabulary and template.

const { file, VOCAB } = require('./base');
const { byteVocabulary } = require('../fixtures/vocabulary');

const token = (key, type, value) => () => file({ set: { [`tokenizer.ggml.${key}`]: [type, value] } });
const letters = byteVocabulary(['<a>', '<b>'])['tokenizer.ggml.tokens'][1];

const tokenizer = [
  ['tokens', 'missing', 'E_*', () => file({ set: { 'tokenizer.ggml.tokens': null } })],
  ['tokens', 'none', 'E_*', token('tokens', '[string]', [])],
  ['tokens', 'one', 'E_*', token('tokens', '[string]', ['a'])],
  ['tokens', 'numbers', 'E_*', token('tokens', '[u8]', [1, 2, 3])],
  ['tokens', 'a text', 'E_*', token('tokens', 'string', 'abc')],
  ['tokens', 'more than rows', 'E_*', token('tokens', '[string]', [...letters, 'x', 'y', 'z'])],
  ['token_type', 'shorter', 'E_*', token('token_type', '[i32]', [1, 1, 1])],
  [
    'token_type',
    'bytes',
    '?',
    token(
      'token_type',
      '[i8]',
      letters.map(() => 1),
    ),
  ],
  [
    'scores',
    'shorter',
    'E_*',
    () => file({ set: { 'tokenizer.ggml.model': ['string', 'llama'], 'tokenizer.ggml.scores': ['[f32]', [1, 2]] } }),
  ],
  [
    'scores',
    'bytes',
    '?',
    () =>
      file({
        set: { 'tokenizer.ggml.model': ['string', 'llama'], 'tokenizer.ggml.scores': ['[i8]', letters.map(() => 1)] },
      }),
  ],
  [
    'scores',
    'NaN',
    'E_*',
    () =>
      file({
        set: {
          'tokenizer.ggml.model': ['string', 'llama'],
          'tokenizer.ggml.scores': ['[f32]', letters.map(() => NaN)],
        },
      }),
  ],
  ['merges', 'missing', 'E_*', () => file({ set: { 'tokenizer.ggml.merges': null } })],
  ...[['no space'.replace(' ', '')], ['a  b'], [' b'], ['a '], ['zz qq'], ['']].map((merges) => [
    'merges',
    JSON.stringify(merges[0]),
    '?',
    token('merges', '[string]', merges),
  ]),
  ['merges', 'numbers', 'E_*', token('merges', '[u32]', [1])],
  ...['bos', 'eos', 'unknown', 'padding', 'eot'].flatMap((name) =>
    [VOCAB, VOCAB + 1, 2 ** 31, 2 ** 32 - 1].map((id) => [
      `${name}_token_id`,
      id,
      '?',
      token(`${name}_token_id`, 'u32', id),
    ]),
  ),
  ...['bos', 'eos'].map((name) => [`${name}_token_id`, 'a text', 'E_*', token(`${name}_token_id`, 'string', '1')]),
  ['model', 'unknown', 'E_UNSUPPORTED', token('model', 'string', 'martian')],
  ['model', 'a number', 'E_TYPE', token('model', 'u32', 1)],
  ['pre', 'unknown', 'E_UNSUPPORTED', token('pre', 'string', 'martian')],
  ['pre', 'a number', 'E_TYPE', token('pre', 'u32', 1)],
  ['add_bos_token', 'a number', 'E_*', token('add_bos_token', 'u32', 1)],
  ...['<0x-1>', '<0xZZ>', '<0x+f>', '<0x 1>', '<0x100>', '<0xF>'].map((piece) => [
    'byte token',
    piece,
    'E_*',
    () =>
      file({
        set: {
          'tokenizer.ggml.model': ['string', 'llama'],
          'tokenizer.ggml.scores': ['[f32]', letters.map(() => 0)],
          'tokenizer.ggml.tokens': ['[string]', letters.map((t, i) => (i === 5 ? piece : t))],
          'tokenizer.ggml.token_type': ['[i32]', letters.map((_, i) => (i === 5 ? 6 : 1))],
        },
      }),
  ]),
  ...[0, 1, 2, 3, 4, 5].map((length) => [
    'precompiled_charsmap',
    `${length} bytes`,
    'E_*',
    () =>
      file({
        set: {
          'tokenizer.ggml.model': ['string', 't5'],
          'tokenizer.ggml.scores': ['[f32]', letters.map(() => 0)],
          'tokenizer.ggml.precompiled_charsmap': ['[u8]', Array(length).fill(255)],
        },
      }),
  ]),
  [
    'special token',
    'empty',
    '?',
    () => file({ set: { 'tokenizer.ggml.tokens': ['[string]', [...letters.slice(0, 256), '', '<b>']] } }),
  ],
  [
    'special token',
    'one the beginning of the other',
    '?',
    () => file({ set: { 'tokenizer.ggml.tokens': ['[string]', [...letters.slice(0, 256), '<a', '<a>']] } }),
  ],
];

const template = (source) => () => file({ set: { 'tokenizer.chat_template': ['string', source] } });
/** The load is well, applying the template is not. */
const templates = [
  ['range(1e9)', '{% for i in range(1000000000) %}x{% endfor %}', 'E_LIMIT'],
  ['range in range', '{% for i in range(25000) %}{% for j in range(25000) %}{% endfor %}{% endfor %}', 'E_LIMIT'],
  ['a text times 1e10', "{{ 'x' * 10000000000 }}", 'E_LIMIT'],
  ['indent(1e9)', "{{ 'a'|indent(1000000000) }}", 'E_*'],
  ['tojson(indent=1e9)', '{{ messages|tojson(indent=1000000000) }}', 'E_*'],
  [
    'a text doubled 64 times',
    "{% set ns = namespace(s='ab') %}{% for i in range(64) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}",
    'E_LIMIT',
  ],
  [
    'a list doubled',
    '{% set ns = namespace(s=[1,2]) %}{% for i in range(64) %}{% set ns.s = ns.s + ns.s %}{% endfor %}',
    'E_LIMIT',
  ],
  ['a macro that calls itself', '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}', 'E_*'],
  [
    'macros that call each other',
    '{% macro f() %}{{ g() }}{% endmacro %}{% macro g() %}{{ f() }}{% endmacro %}{{ f() }}',
    'E_*',
  ],
  ['100000 parentheses', `{{ ${'('.repeat(100000)}1${')'.repeat(100000)} }}`, 'E_*'],
  ['100000 brackets', `{{ ${'['.repeat(100000)}${']'.repeat(100000)} }}`, 'E_*'],
  ['30000 ifs', `${'{% if true %}'.repeat(30000)}${'{% endif %}'.repeat(30000)}`, 'E_*'],
  ['no end of an expression', '{{ messages', 'E_*'],
  ['no end of a tag', '{% for x in messages %}', 'E_*'],
  ['an unknown filter', '{{ messages|martian }}', 'E_*'],
  ['an unknown tag', '{% martian %}', 'E_*'],
  ['raise_exception', "{{ raise_exception('no\\u001b[2J') }}", 'E_INVALID_ARGUMENT'],
  ['constructors', "{{ ''.constructor.constructor('return process')().exit(1) }}", 'E_*'],
  ['5 MB of text', 'x'.repeat(5 << 20), 'E_*', 'ok'],
  ['5 MB of tags', '{{a}}'.repeat(1 << 20), 'E_*', 'ok'],
  [
    'replace that grows',
    "{% set ns = namespace(s='aaaa') %}{% for i in range(40) %}{% set ns.s = ns.s|replace('a', 'aaaa') %}{% endfor %}",
    'E_LIMIT',
  ],
].map(([what, source, code, or]) => ['template', what, code, template(source), or ?? undefined, 'chat']);

module.exports = { tokenizer, templates };
