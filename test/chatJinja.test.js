'use strict';

// Jinja 3.1 as transformers sets it up (trim_blocks, lstrip_blocks, the immutable sandbox, loop controls), construct by construct.

const { renderChatTemplate } = require('..');
const { failure } = require('./fixtures/failure');

const messages = [
  { role: 'user', content: 'Hi' },
  {
    role: 'assistant',
    content: null,
    tool_calls: [{ function: { name: 'f', arguments: { on: true, off: null, n: 1.5, items: [1] } } }],
  },
];
const variables = { word: 'Straße', list: [3, 1, 2], dict: { b: 1, a: 2, items: 'x' }, none: null, emoji: '😀é' };
const render = (template) => renderChatTemplate(template, messages, { variables });

describe.each(
  Object.entries({
    output: [
      [
        '{{ true }} {{ none }} {{ 1 }} {{ 1.0 }} {{ 1e20 }} {{ 1e16 }} {{ 0.00001 }}',
        'True None 1 1.0 1e+20 1e+16 1e-05',
      ],
      ['{{ missing }}|{{ dict.missing }}|{{ list[9] }}', '||'],
      ['{{ [1, "a", none, 1.5, true] }}', "[1, 'a', None, 1.5, True]"],
      ["{{ {'a': \"it's\", 1: (1,)} }}", "{'a': \"it's\", 1: (1,)}"],
      ["{{ ['a\\n\\\\\\x07é\\u200b', 'both \\' and \"'] }}", "['a\\n\\\\\\x07é\\u200b', 'both \\' and \"']"],
      ['{{ () }}{{ (1, 2) }}{{ 1, 2 }}', '()(1, 2)(1, 2)'],
      ['{{ range(3) }}{{ range(1, 9, 2)|list }}{{ range(3, 0, -1)|list }}', 'range(0, 3)[1, 3, 5, 7][3, 2, 1]'],
      ['{{ messages[1].tool_calls[0].function.arguments }}', "{'on': True, 'off': None, 'n': 1.5, 'items': [1]}"],
    ],
    arithmetic: [
      [
        '{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % -3 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 4 / 2 }} {{ 2 ** 3 ** 2 }}',
        '3 -4 -2 2 3.5 2.0 64',
      ],
      [
        '{{ 7.5 // 2 }} {{ -7.5 % 2 }} {{ 1 + 1.0 }} {{ 2 ** -1 }} {{ 2 ** 64 }} {{ 10 ** 15 * 10 ** 15 }}',
        '3.0 0.5 2.0 0.5 18446744073709551616 1000000000000000000000000000000',
      ],
      [
        '{{ true + true }} {{ -true }} {{ -(-1) }} {{ +1 }} {{ -0 }} {{ 0xff }} {{ 1_000 }} {{ 0b11 }}',
        '2 -1 1 1 0 255 1000 3',
      ],
      [
        "{{ 'ab' * 2 }} {{ 2 * 'ab' }} {{ [1] * 2 }} {{ 'a' + 'b' }} {{ [1] + [2] }} {{ (1,) + (2,) }}",
        'abab abab [1, 1] ab [1, 2] (1, 2)',
      ],
      ["{{ 1 ~ 'a' ~ none ~ missing ~ 1.0 }}", '1aNone1.0'],
      ['{{ 1 + 2 * 3 - 4 }} {{ (1 + 2) * 3 }} {{ 2 * 3 ~ 4 }} {{ 10 - 2 - 3 }}', '3 9 64 5'],
    ],
    comparison: [
      [
        '{{ 1 == 1.0 }} {{ true == 1 }} {{ "1" == 1 }} {{ none == false }} {{ [1] == [1.0] }} {{ (1,) == [1] }}',
        'True True False False True False',
      ],
      [
        '{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ "a" < "b" }} {{ [1, 2] < [1, 3] }} {{ {"a": 1} == {"a": 1.0} }}',
        'True False True True True',
      ],
      [
        "{{ 'a' in 'abc' }} {{ 1 in [1] }} {{ 'b' in dict }} {{ 2 not in [1] }} {{ 5 in range(9) }} {{ 'x' in missing }}",
        'True True True True True False',
      ],
      ['{{ missing == missing2 }} {{ missing == none }} {{ not missing }} {{ not (1 and 0) }}', 'True False True True'],
      ['{{ 1 and 2 }} {{ 0 or "x" }} {{ none or [] or {} }} {{ "" and 1 }}|', '2 x {} |'],
      ["{{ 'a' if 0 }}{{ 'b' if 1 else 'c' }}{{ 'd' if 0 else 'e' if 0 else 'f' }}", 'bf'],
    ],
    lookup: [
      [
        '{{ dict.items() | list }} {{ dict["items"] }} {{ dict["keys"]() | list }}',
        "[('b', 1), ('a', 2), ('items', 'x')] x ['b', 'a', 'items']",
      ],
      [
        '{{ list[-1] }} {{ list.0 }} {{ "abc"[1] }} {{ "abc"[-1] }} {{ (1, 2)[1] }} {{ emoji[0] }}{{ emoji[1] }}',
        '2 3 b c 2 😀é',
      ],
      [
        "{{ 'abcdef'[1:4] }} {{ 'abc'[::-1] }} {{ 'abc'[:-1] }} {{ list[1:] }} {{ list[::-1] }} {{ 'abc'[5:] }}| {{ emoji[::-1] }}",
        'bcd cba ab [1, 2] [2, 1, 3] | é😀',
      ],
      [
        '{{ dict.get("a") }} {{ dict.get("z") }} {{ dict.get("z", 5) }} {{ messages[1].get("content", 1) }}',
        '2 None 5 None',
      ],
      [
        '{{ range(10)[2:8:3]|list }} {{ range(10)[-1] }} {{ {1: "a"}[1.0] }} {{ {(1, 2): "t"}[(1, 2)] }}',
        '[2, 5] 9 a t',
      ],
      ['{{ dict.keys() }} {{ dict.values() }}', "dict_keys(['b', 'a', 'items']) dict_values([1, 2, 'x'])"],
    ],
    'methods of text': [
      [
        "{{ ' a '.strip() }}|{{ 'xxaxx'.strip('x') }}|{{ 'abcba'.lstrip('ab') }}|{{ 'abcba'.rstrip('ab') }}|{{ '\\u00a0a'.strip() }}",
        'a|a|cba|abc|a',
      ],
      [
        "{{ 'a b  c'.split() }} {{ 'a,b,c'.split(',', 1) }} {{ ' a b '.split(' ') }} {{ ' a b c '.split(none, 1) }} {{ ''.split() }}{{ ''.split(',') }}",
        "['a', 'b', 'c'] ['a', 'b,c'] ['', 'a', 'b', ''] ['a', 'b c '] []['']",
      ],
      [
        "{{ 'a,b,c'.rsplit(',', 1) }} {{ ' a b c '.rsplit(none, 1) }} {{ 'a\\nb\\r\\nc\\n'.splitlines() }} {{ 'a\\nb'.splitlines(true) }}",
        "['a,b', 'c'] [' a b', 'c'] ['a', 'b', 'c'] ['a\\n', 'b']",
      ],
      [
        "{{ 'abc'.startswith(('x', 'a')) }} {{ 'abc'.endswith('bc') }} {{ 'abc'.startswith('b', 1) }} {{ 'abc'.find('c') }} {{ 'abc'.find('z') }} {{ 'abca'.rfind('a') }} {{ 'aaa'.count('a') }} {{ 'abc'.index('b') }}",
        'True True True 2 -1 3 3 1',
      ],
      [
        "{{ 'aaa'.replace('a', 'b', 2) }} {{ 'abc'.replace('', '-') }} {{ 'ab'.replace('', '-', 2) }} {{ 'x'.join(['a', 'b']) }} {{ ','.join({'a': 1, 'b': 2}) }}",
        'bba -a-b-c- -a-b axb a,b',
      ],
      [
        "{{ \"they're bill's\".title() }} {{ 'hELLO wORLD'.capitalize() }} {{ word.upper() }} {{ 'aB'.swapcase() }} {{ 'ab'.center(5, '*') }}|{{ 'ab'.ljust(4) }}|{{ 'ab'.rjust(4) }}|{{ '-5'.zfill(4) }}",
        "They'Re Bill'S Hello world STRASSE Ab **ab*|ab  |  ab|-005",
      ],
      [
        "{{ 'a=b=c'.partition('=') }} {{ 'a=b=c'.rpartition('=') }} {{ 'abc'.removeprefix('a') }} {{ 'abc'.removesuffix('c') }}",
        "('a', '=', 'b=c') ('a=b', '=', 'c') bc ab",
      ],
      [
        "{{ '12'.isdigit() }} {{ 'a1'.isalnum() }} {{ 'a1'.isalpha() }} {{ ' '.isspace() }} {{ 'Ab'.istitle() }} {{ 'ab'.islower() }} {{ ''.isdigit() }}",
        'True True False True True True False',
      ],
      [
        "{{ '{} {1}'.format('a', 'b') if 0 else '{0} {1} {0}'.format('a', 'b') }} {{ '{x.role} {y[a]}'.format(x=messages[0], y={'a': 1}) }} {{ '{{}}{!r}'.format('a') }}",
        "a b a user 1 {}'a'",
      ],
      [
        "{{ '{:>5}|{:<5}|{:^5}|{:*^5}'.format('a', 'b', 'c', 'd') }} {{ '{:05.2f} {:,} {:x} {:+d} {:.1%} {:e}'.format(3.14159, 1234567, 255, 5, 0.25, 12345.678) }}",
        '    a|b    |  c  |**d** 03.14 1,234,567 ff +5 25.0% 1.234568e+04',
      ],
      [
        "{{ '%s %r %d %5.2f %05d %x %%' % ('a', 'b', 3.7, 3.14159, 42, 255) }} {{ '%(a)s-%(b)s' % {'a': 1, 'b': 2} }} {{ '%s' % 'x' }} {{ '%-5s|' % 'a' }}",
        "a 'b' 3  3.14 00042 ff % 1-2 x a    |",
      ],
      ["{{ 'a\\tb'.expandtabs(4) }} {{ 'é😀'|length }} {{ 'a\\u0041\\x42\\q' }}", 'a   b 2 aAB\\q'],
    ],
    filters: [
      [
        "{{ dict|dictsort }} {{ {'B': 1, 'a': 2}|dictsort }} {{ {'a': 2, 'b': 1}|dictsort(by='value') }} {{ dict|items|list }}",
        "[('a', 2), ('b', 1), ('items', 'x')] [('a', 2), ('B', 1)] [('b', 1), ('a', 2)] [('b', 1), ('a', 2), ('items', 'x')]",
      ],
      [
        "{{ list|sort }} {{ list|sort(reverse=true) }} {{ ['b', 'A', 'c']|sort }} {{ ['b', 'A']|sort(case_sensitive=true) }} {{ [{'n': 2}, {'n': 1}]|sort(attribute='n') }}",
        "[1, 2, 3] [3, 2, 1] ['A', 'b', 'c'] ['A', 'b'] [{'n': 1}, {'n': 2}]",
      ],
      [
        "{{ list|join(', ') }} {{ messages|join(',', attribute='role') }} {{ list|first }} {{ list|last }} {{ list|sum }} {{ list|min }} {{ list|max }} {{ [[1], [2]]|sum(start=[]) }}",
        '3, 1, 2 user,assistant 3 2 6 1 3 [1, 2]',
      ],
      [
        "{{ messages|map(attribute='role')|list }} {{ ['a']|map('upper')|list }} {{ ['a-b']|map('replace', '-', '+')|first }} {{ [{}]|map(attribute='x', default='d')|list }}",
        "['user', 'assistant'] ['A'] a+b ['d']",
      ],
      [
        "{{ (messages|selectattr('role', '==', 'user')|list)|length }} {{ messages|rejectattr('content')|map(attribute='role')|list }} {{ [0, 1, 2]|select|list }} {{ [1, 2, 3]|select('odd')|list }} {{ [1, 2]|reject('equalto', 1)|list }} {{ messages|selectattr('tool_calls', 'defined')|list|length }}",
        "1 ['assistant'] [1, 2] [1, 3] [2] 1",
      ],
      [
        "{{ ['a', 'A', 'b']|unique|list }} {{ [1, 2, 3, 4, 5]|batch(2, 0)|list }} {{ [1, 2, 3, 4, 5]|slice(3)|list }} {{ 'abc'|reverse }} {{ [1, 2]|reverse|list }}",
        "['a', 'b'] [[1, 2], [3, 4], [5, 0]] [[1, 2], [3, 4], [5]] cba [2, 1]",
      ],
      [
        "{% for g, items in [{'k': 'x', 'v': 1}, {'k': 'y', 'v': 2}, {'k': 'x', 'v': 3}]|groupby('k') %}{{ g }}:{{ items|map(attribute='v')|join }};{% endfor %}{{ ([{'k': 1}]|groupby('k'))[0].grouper }}",
        'x:13;y:2;1',
      ],
      [
        "{{ none|default('d') }} {{ missing|default('d') }} {{ ''|default('d', true) }} {{ false|d('x', boolean=true) }} {{ missing|default(none) }}",
        'None d d x None',
      ],
      [
        "{{ 'a\\nb\\n\\nc'|indent }}|{{ 'a\\nb'|indent(2, true) }}|{{ 'a\\n\\nb'|indent(1, blank=true) }}|{{ 'a\\nb'|indent('> ') }}",
        'a\n    b\n\n    c|  a\n  b|a\n \n b|a\n> b',
      ],
      [
        "{{ ' a '|trim }}|{{ 'xax'|trim('x') }}|{{ missing|trim }}|{{ 'hello world-wide (web'|title }}|{{ 'aB'|capitalize }}|{{ 'a'|center(5) }}|{{ 'aXbX'|replace('X', '-', 1) }}",
        'a|a||Hello World-Wide (Web|Ab|  a  |a-bX',
      ],
      [
        "{{ '3'|int }} {{ '3.7'|int }} {{ 'x'|int }} {{ 'x'|int(5) }} {{ 'ff'|int(base=16) }} {{ '1.5'|float }} {{ 3|float }} {{ 2.5|round }} {{ 3.5|round }} {{ 2.675|round(2) }} {{ 2.1|round(method='ceil') }} {{ -3|abs }} {{ 42.55|round(1, 'floor') }}",
        '3 3 0 5 255 1.5 3.0 2.0 4.0 2.67 3.0 3 42.5',
      ],
      [
        "{{ true|string }} {{ 1.0|string }} {{ none|string }} {{ [1]|string }} {{ 'abc'|list }} {{ 'abc'|length }} {{ dict|length }} {{ dict|list }} {{ list|count }}",
        "True 1.0 None [1] ['a', 'b', 'c'] 3 3 ['b', 'a', 'items'] 3",
      ],
      [
        "{{ '<a href=\"x\">&'|e }} {{ '<b>x</b>  y'|striptags }} {{ 'a b/ü'|urlencode }} {{ {'a': 1, 'b c': '/'}|urlencode }} {{ 'a b'|wordcount }} {{ '%s-%s'|format(1, 'a') }} {{ 1000000|filesizeformat }} {{ 'a'|safe }}",
        '&lt;a href=&#34;x&#34;&gt;&amp; x y a%20b/%C3%BC a=1&b%20c=%2F 2 1-a 1.0 MB a',
      ],
      [
        "{{ 'foo bar baz qux'|truncate(9) }} {{ 'foo bar baz qux'|truncate(9, true, '', 0) }} {{ 'foo bar'|truncate(5) }} {{ 'a bb ccc dddd'|wordwrap(4) }} {{ messages|attr('x') is defined }}",
        'foo... foo bar b foo bar a bb\nccc\ndddd False',
      ],
    ],
    json: [
      ["{{ {'a': [1, 1.0, none, true, 'é\"\\n<']}|tojson }}", '{"a": [1, 1.0, null, true, "é\\"\\n<"]}'],
      ["{{ {'b': 1, 'a': [], 'c': {}}|tojson(indent=2) }}", '{\n  "b": 1,\n  "a": [],\n  "c": {}\n}'],
      [
        "{{ {'a': [1, 2]}|tojson(separators=(',', ':')) }} {{ {'b': 1, 'a': 2}|tojson(sort_keys=true) }} {{ 'é😀'|tojson(ensure_ascii=true) }} {{ {1: 2, none: 3, true: 4}|tojson }}",
        '{"a":[1,2]} {"a": 2, "b": 1} "\\u00e9\\ud83d\\ude00" {"1": 4, "null": 3}',
      ],
      [
        "{{ (1, 2)|tojson }} {{ '\\x7f\\x01/'|tojson }} {{ 1e100|tojson }} {{ [[1]]|tojson(indent=1) }} {{ [1]|tojson(indent='--') }}",
        '[1, 2] "\x7f\\u0001/" 1e+100 [\n [\n  1\n ]\n] [\n--1\n]',
      ],
      [
        "{{ ('{\"a\": 1}'|fromjson).a }} {{ '[1, 1.0, \"\\\\u00e9\", null, true]'|fromjson }} {{ '-1e3'|fromjson }}",
        "1 [1, 1.0, 'é', None, True] -1000.0",
      ],
    ],
    tests: [
      [
        '{{ 1 is odd }} {{ 2 is even }} {{ 6 is divisibleby 3 }} {{ 1 is number }} {{ true is number }} {{ true is integer }} {{ 1.0 is float }} {{ 1 is integer }} {{ 1.0 is integer }}',
        'True True True True True False True True False',
      ],
      [
        '{{ "a" is string }} {{ {} is mapping }} {{ [] is sequence }} {{ "a" is sequence }} {{ {} is sequence }} {{ 1 is sequence }} {{ [] is iterable }} {{ 1 is iterable }} {{ missing is iterable }} {{ dict.items() is sequence }}',
        'True True True True True False True False True False',
      ],
      [
        '{{ x is defined }} {{ none is none }} {{ x is undefined }} {{ none is defined }} {{ true is true }} {{ 1 is true }} {{ false is false }} {{ 0 is boolean }} {{ range is callable }}',
        'False True True True True False True False True',
      ],
      [
        '{{ 1 is eq 1 }} {{ 1 is ne(2) }} {{ 2 is gt 1 }} {{ 1 is lt 2 }} {{ 1 is in [1] }} {{ 1 is sameas 1 }} {{ "a" is lower }} {{ "A" is upper }} {{ "upper" is filter }} {{ "odd" is test }} {{ "nope" is filter }}',
        'True True True True True True True True True True False',
      ],
      [
        '{{ 1 is not odd }} {{ not 1 is odd }} {{ x is not defined and 1 is odd }} {{ "a" ~ "b" is string }} {{ 3 if 1 is even else 2 is even }}',
        'False False True aTrue True',
      ],
    ],
    statements: [
      [
        '{% for i in list %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.first }}{{ loop.last }}{{ loop.length }} {% endfor %}',
        '103TrueFalse3 212FalseFalse3 321FalseTrue3 ',
      ],
      [
        '{% for i in [] %}x{% else %}empty{% endfor %}{% for i in [1, 2, 3, 4] if i is even %}{{ i }}{{ loop.last }}{% endfor %}',
        'empty2False4True',
      ],
      [
        '{% for i in [1, 2, 3, 4] %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 4 %}{% break %}{% endif %}{{ i }}{% endfor %}',
        '13',
      ],
      [
        '{% for a, b in dict.items() %}{{ a }}={{ b }};{% endfor %}{% for k in dict %}{{ k }}{% endfor %}{% for (a, b), c in [((1, 2), 3)] %}{{ a + b + c }}{% endfor %}',
        'b=1;a=2;items=x;baitems6',
      ],
      [
        '{% for x in [1, 1, 2] %}{{ loop.changed(x) }}{{ loop.cycle("a", "b") }}{{ loop.previtem }}{{ loop.nextitem }} {% endfor %}',
        'Truea1 Falseb12 Truea1 ',
      ],
      ['{% for n in [{"c": [{"c": []}]}] recursive %}<{{ loop.depth }}{{ loop(n.c) }}>{% endfor %}', '<1<2>>'],
      ['{% set x = 1 %}{% for i in [1, 2] %}{{ x }}{% set x = x + 1 %}{{ x }}{% endfor %}{{ x }}', '12121'],
      [
        '{% set ns = namespace(a=1, b=[]) %}{% for i in list %}{% set ns.a = ns.a + i %}{% set ns.b = ns.b + [i] %}{% endfor %}{{ ns.a }}{{ ns.b }}',
        '7[3, 1, 2]',
      ],
      [
        '{% if 0 %}a{% elif "" %}b{% elif none %}c{% else %}d{% endif %}{% if true %}{% set y = 5 %}{% endif %}{{ y }}',
        'd5',
      ],
      [
        '{% set a, b = 1, [2] %}{{ a }}{{ b }}{% set c %}x{{ a }}{% endset %}{{ c }}{% set d | upper | replace("X", "-") %}xy{% endset %}{{ d }}',
        '1[2]x1-Y',
      ],
      [
        '{% macro m(a, b=2, c=a) %}{{ a }}{{ b }}{{ c }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1) }} {{ m(1, c=5) }} {{ m(1, 2, 3, 4, z=6) }}',
        "121(){} 125(){} 123(4,){'z': 6}",
      ],
      [
        '{% macro m(a) %}<{{ caller(a) }}>{% endmacro %}{% call(x) m(1) %}{{ x + 1 }}{% endcall %}{{ m.name }}{{ m.arguments }}',
        "<2>m('a',)",
      ],
      [
        '{% macro m(a) %}{{ a is defined }}{{ late }}{% endmacro %}{% set late = "L" %}{{ m() }}{{ m(none) }}',
        'FalseLTrueL',
      ],
      [
        '{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}{{ a is defined }}{% filter upper %}a{{ "b" }}{% endfilter %}',
        '3FalseAB',
      ],
      [
        '{% raw %}{{ x }}{% endraw %}{# comment #}{% generation %}g{% endgeneration %}{% block b %}k{% endblock %}{% autoescape false %}<{% endautoescape %}',
        '{{ x }}gk<',
      ],
      ['{{ cycler("a", "b").next() }}{% set j = joiner("+") %}{{ j() }}{{ j() }}{{ dict2 is defined }}', 'a+False'],
      [
        '{{ "a" "b" }}{{ ["x",][0] }}{{ {"k": 1,}.k }}{{ dict.__class__ is defined }}{{ [1, 2, 3][1:][0] }}',
        'abx1False2',
      ],
      ['{% macro a(n) %}{{ n }}{% if n > 0 %}{{ a(n - 1) }}{% endif %}{% endmacro %}{{ a(3) }}', '3210'],
      [
        '{{ f(*[1, 2], **{"c": 3}) if f is defined else "no" }}{% macro g(a, b, c) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ g(*[1, 2], **{"c": 3}) }}',
        'no123',
      ],
    ],
    'white space': [
      ['{% if true %}\n  a\n{% endif %}\n', '  a\n'],
      ['a\n  {% if true %}\nb\n  {% endif %}\nc\n\n', 'a\nb\nc\n'],
      ['a  {% if true %}  b  {% endif %}  c', 'a    b    c'],
      ['a  {%- if true -%}  b  {%- endif %}  c', 'ab  c'],
      ['  {%+ if true %}x{% endif +%}\ny', '  x\ny'],
      ['a\n  {# c #}\nb {{- 1 }} {{ 2 -}} c', 'a\nb1 2c'],
      ['  {{ 1 }}\n{{ 2 }}\n', '  1\n2'],
      ['{%- raw -%} a {%- endraw %} b', 'a b'],
      ['{% raw %}\n a\n{% endraw %}\nb', '\n a\nb'],
      ['a\r\nb\rc\n\n', 'a\nb\nc\n'],
      ['{%set x=1%}{{x}}{%if x%}y{%endif%}', '1y'],
      ["{{ '}}' }}{{ {'a': {'b': 1}}['a']['b'] }}{{ '%}' }}", '}}1%}'],
    ],
  }),
)('%s', (_, cases) => {
  test.each(cases)('%s', (template, expected) => {
    expect(render(template)).toBe(expected);
  });
});

test.each([
  ["{{ raise_exception('no ' ~ 1) }}", 'no 1'],
  ['{{ missing.a }}', "'missing' is undefined"],
  ['{{ dict.a.b.c }}', "'int object' has no attribute 'b'"],
  ['{{ none.a.b }}', "'None' has no attribute 'a'"],
  ['{{ missing + 1 }}', "'missing' is undefined"],
  ["{{ 'a' + 1 }}", 'can only concatenate str (not "int") to str'],
  ["{{ 1 + 'a' }}", "unsupported operand type(s) for +: 'int' and 'str'"],
  ['{{ 1 < "a" }}', "'<' not supported between instances of 'int' and 'str'"],
  ['{{ list.append(1) }}', "access to attribute 'append' of 'list' object is unsafe."],
  ['{{ dict.update({}) }}', "access to attribute 'update' of 'dict' object is unsafe."],
  ["{{ ''.__class__.__mro__ }}", "access to attribute '__class__' of 'str' object is unsafe."],
  ['{% for x in none %}{% endfor %}', "'NoneType' object is not iterable"],
  ['{% for x in 1 %}{% endfor %}', "'int' object is not iterable"],
  ['{% set a, b = [1] %}', 'not enough values to unpack (expected 2, got 1)'],
  ['{{ 1 // 0 }}', 'integer division or modulo by zero'],
  ['{{ nope() }}', "'nope' is undefined"],
  ["{{ 'a'() }}", "'str' object is not callable"],
  ['{{ 1|nope }}', "No filter named 'nope'."],
  ['{{ 1 is nope }}', "No test named 'nope'."],
  ['{{ missing|tojson }}', 'Object of type Undefined is not JSON serializable'],
  ["{{ messages|map(attribute='role')|tojson }}", 'Object of type generator is not JSON serializable'],
  ['{% macro m() %}{% endmacro %}{{ m(1) }}', "macro 'm' takes not more than 0 argument(s)"],
  ['{% set dict.a = 1 %}', 'cannot assign attribute on non-namespace object'],
  ['{% if %}{% endif %}', 'Expected an expression'],
  ['{% if 1 %}', "unexpected end of template: 'if' needs 'elif' or 'else' or 'endif'"],
  ['{% nope %}', "Encountered unknown tag 'nope'"],
  ['{{ 1 +', 'unexpected end of template'],
  ['{{ (1 }}', "unexpected '}', expected ')'"],
  ['{{ 1 1 }}', "expected '}}', got '1'"],
  ['{% include "x" %}', "'include' needs other templates"],
  ['{# a', 'Missing end of comment tag'],
  ['{% break %}', "'break' outside loop"],
])('%s is refused', (template, reason) => {
  const { code, message } = failure(() => render(template));
  expect({ code, message }).toEqual({ code: 'E_INVALID_ARGUMENT', message: expect.stringContaining(reason) });
});

test('the line of an error', () => {
  expect(failure(() => render('a\n{% if 1 %}\n{{ nope.x }}{% endif %}')).message).toBe(
    "the chat template refused the conversation: 'nope' is undefined (line 3)",
  );
  expect(failure(() => render('a\n\n{% nope %}')).message).toMatch(/can’t be read: .* \(line 3\)$/);
});

test('strftime_now: every code of C, in local time', () => {
  const now = new Date();
  const two = (number) => String(number).padStart(2, '0');
  const day = now.toLocaleDateString('en-US', { weekday: 'long' });
  const month = now.toLocaleDateString('en-US', { month: 'long' });
  expect(render("{{ strftime_now('%A, %d %B %Y') }}")).toBe(
    `${day}, ${two(now.getDate())} ${month} ${now.getFullYear()}`,
  );
  expect(render("{{ strftime_now('%a %b %e %-d %m %y %F %% %j') }}")).toMatch(
    /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{1,2} \d\d \d\d \d{4}-\d\d-\d\d % \d{3}$/,
  );
  expect(render("{{ strftime_now('%H:%M:%S %I %p %U %W %V %u %w %D') }}")).toMatch(
    /^\d\d:\d\d:\d\d \d\d [AP]M \d\d \d\d \d\d [1-7] [0-6] \d\d\/\d\d\/\d\d$/,
  );
});

test('numbers are what JSON would carry to Python', () => {
  const numbers = [-0, 1e15, 2 ** 53, 123456789012345680000, -1e20, 1e21, 0.5];
  expect(renderChatTemplate('{{ numbers }} {{ numbers|tojson }}', messages, { variables: { numbers } })).toBe(
    '[0, 1000000000000000, 9007199254740992, 123456789012345680000, -100000000000000000000, 1e+21, 0.5] ' +
      '[0, 1000000000000000, 9007199254740992, 123456789012345680000, -100000000000000000000, 1e+21, 0.5]',
  );
});

// Found by comparing random templates with Jinja 3.1.
test.each([
  ['{{ range(-1) }} {{ range(7, 2) }} {{ range(0, 7, 3)[1:] }}', 'range(0, -1) range(7, 2) range(3, 9, 3)'],
  ['{{ dict.__class__ }}|{{ list.append }}|{{ list.append is defined }} {{ nope is callable }}', '||False True'],
  ['{{ dict[[1]] }}|{{ dict[([],)] }}', '|'],
  ["{{ [1, 2]|slice(2, 'x')|list }} {{ ''|slice(2, 'x')|list }}", "[[1, 'x'], [2, 'x']] [['x'], ['x']]"],
  [
    "{{ none|map('upper')|list }}{{ false|selectattr('a')|list }}{{ 0|reject|list }}{{ dict.nope|reverse|list }}",
    '[][][][]',
  ],
  ["{{ '12.0'|center(7) }}|{{ 'ab'|center(5) }}|{{ 'ßς'.casefold() }}", '  12.0 |  ab |ssσ'],
  ["{{ '😀😀😀😀 ab'|wordwrap(3) }}", '😀😀😀\n😀\nab'],
  ["{{ ([1, 2]|safe)[0] }} {{ [1, 2]|truncate(255) }} {{ '1500'|filesizeformat }}", '[ [1, 2] 1.5 kB'],
])('%s is %j', (template, expected) => {
  expect(render(template)).toBe(expected);
});

test.each([
  '{{ none|indent }}',
  '{{ 1|wordwrap }}',
  '{{ 1|truncate }}',
  "{{ 'a'|filesizeformat }}",
  '{{ list.append(1) }}',
  '{{ none[1:] }}',
  '{{ dict.items()[1:] }}',
])('%s is refused, as by Jinja', (template) => expect(failure(() => render(template)).code).toBe('E_INVALID_ARGUMENT'));
