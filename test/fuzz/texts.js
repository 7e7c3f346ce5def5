'use strict';

// Texts, templates and grammars out of pieces that mean something.

const PIECES = [
  'a',
  ' ',
  '  ',
  '\n',
  'Hello',
  '<a>',
  '<b>',
  '▁',
  '日本',
  '😀',
  '\u0301',
  '0',
  '123456',
  "'s",
  '.',
  '!!!',
  '\t',
  '\u00a0',
  'é',
  'ß',
  '\r\n',
  '\0',
  '\u200d',
  '\ufffd',
];
const EXPRESSIONS = [
  'messages',
  "messages[0]['content']",
  "'x' * 9",
  '[1,2]|join',
  'range(5)|list',
  'messages|tojson',
  'x.y.z',
  '1/0',
  "'%s' % 1",
  'none',
  'message.role',
  'loop.index',
  'namespace(a=1)',
  "'a' ~ 1",
  '-1 % 3',
  "'abc'[::-1]",
  "'a'.upper()",
  'not true',
  '(1, 2)',
  '{"a": 1}',
  "raise_exception('x')",
  'messages|length > 2',
  "'x' in 'xyz'",
  'x is defined',
  '2 ** 70',
  "'a'|replace('a', 'b')",
  'strftime_now("%Y")',
];
const TEMPLATES = [
  (e, inner) => `{{ ${e} }}${inner}`,
  (e, inner) => `{% if ${e} %}${inner}{% endif %}`,
  (e, inner) => `{%- for message in ${e} -%}${inner}{%- endfor -%}`,
  (e, inner) => `{% set x = ${e} %}${inner}`,
  (e, inner) => `{% macro m(a) %}${inner}{% endmacro %}{{ m(${e}) }}`,
  (e, inner) => `{# ${e} #}${inner}`,
  (e, inner) => `{{ ${e} | ${inner || 'trim'} }}`,
  (e) => `{% ${e} %}`,
];
const SCHEMAS = [
  () => ({ type: 'string' }),
  (r) => ({ type: 'integer', minimum: r.below(9), maximum: r.below(99) }),
  (r) => ({ type: 'array', items: schema(r), minItems: r.below(3), maxItems: r.below(1000) }),
  (r) => ({ type: 'object', properties: { a: schema(r), b: schema(r) }, required: ['a'] }),
  (r) => ({ anyOf: [schema(r), schema(r)] }),
  (r) => ({ enum: [r.below(9), 'x', null] }),
  (r) => ({ type: 'string', pattern: regex(r) }),
  (r) => ({ type: 'string', maxLength: r.of([0, 1, 5, 1e6, 1e9]), minLength: r.below(4) }),
  () => ({ $ref: '#' }),
  (r) => ({ not: schema(r) }),
];

const repeat = (r, most, one) => Array.from({ length: r.below(most) }, one).join('');
const text = (r) => repeat(r, 40, () => r.of(PIECES));

function template(r, depth = 0) {
  return repeat(r, 4, () =>
    depth > 4 || r.chance(30) ? text(r) : r.of(TEMPLATES)(r.of(EXPRESSIONS), template(r, depth + 1)),
  );
}

function regex(r, depth = 0) {
  return repeat(r, 5, () =>
    depth > 3
      ? 'a'
      : r.of([
          'a',
          '[a-z]',
          '.',
          '\\d',
          `(${regex(r, depth + 1)})`,
          `${regex(r, depth + 1) || 'b'}|c`,
          'a*',
          `(a${regex(r, depth + 1)})+`,
          'x{0,1000}',
          '\\p{L}',
          '^',
          '$',
          '(?=a)',
        ]),
  );
}

let depth = 0;
function schema(r) {
  depth++;
  const made = depth > 5 ? { type: 'null' } : r.of(SCHEMAS)(r);
  depth--;
  return made;
}

function grammar(r) {
  if (r.chance(40)) return schema(r);
  if (r.chance(50)) return { regex: regex(r) };
  const rule = () =>
    repeat(r, 4, () => r.of(['"a" ', 'root ', 'b ', '[a-z] ', '( "x" | b )* ', '"" ', '. ', 'b? ', '"é"{2,3} ', '| ']));
  return { gbnf: `root ::= ${rule()}\nb ::= ${rule()}` };
}

module.exports = { text, template, grammar };
