'use strict';

// What tells tool calls and reasoning from text; `model.chat` stands on it.
const { describeChat } = require('../dist/chat/format/describe');
const { ChatParser } = require('../dist/chat/format/parser');
const { insideReasoning } = require('../dist/chat/format/insideReasoning');
const { Source } = require('../dist/chat/format/source');
const { withFamilyIds } = require('../dist/chat/format/ids');

/** A template that shows how it wants calls, as those of Qwen do. */
const CHATML =
  '{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}' +
  '{% for c in m.tool_calls %}\n<tool_call>\n{"name": "{{ c.function.name }}", "arguments": {{ c.function.arguments | tojson }}}\n</tool_call>{% endfor %}' +
  '<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}';
const hermes = describeChat(CHATML);
const tools = [{ name: 'weather' }, { name: 'time' }];

/** What the parser says of a text given whole, and of the same given in characters, in which neighbours are joined again. */
function parsed(format, text, options) {
  const whole = new ChatParser(format, options);
  const told = [...whole.push(text), ...whole.end()];
  const single = new ChatParser(format, options);
  const joined = [];
  for (const delta of [...[...text].flatMap((letter) => single.push(letter)), ...single.end()]) {
    const last = joined.at(-1);
    if (delta.type === 'tool-call-delta' && last?.type === delta.type) last.arguments += delta.arguments;
    else if ('text' in delta && last?.type === delta.type) last.text += delta.text;
    else joined.push({ ...delta });
  }
  const withoutIds = (deltas) => deltas.map(({ id, ...rest }) => (expect(id).not.toBe(''), rest));
  expect(withoutIds(joined)).toEqual(withoutIds(told));
  return withoutIds(told);
}

test('a family by what its template writes', () => {
  expect(hermes).toMatchObject({
    family: 'hermes',
    found: 'table',
    parallel: true,
    ids: 'call',
    ends: ['<|im_end|>'],
    takes: { toolCalls: true, objectArguments: true },
  });
  expect(describeChat(CHATML)).toBe(hermes);
});

test('reasoning, text and two calls', () => {
  const text =
    '<think>\nIt asks for <b>weather</b>.\n</think>\n\nLet me see.\n<tool_call>\n{"name": "weather", "arguments": {"city": "O\\"slo</tool_call>", "days": [1, 2]}}\n' +
    '</tool_call>\n<tool_call>\n{"arguments": {}, "name": "time"}\n</tool_call>';
  expect(parsed(hermes, text, { tools })).toEqual([
    { type: 'reasoning', text: 'It asks for <b>weather</b>.' },
    { type: 'content', text: 'Let me see.' },
    { type: 'tool-call-start', index: 0, name: 'weather' },
    { type: 'tool-call-delta', index: 0, arguments: '{"city":"O\\"slo</tool_call>","days":[1,2]}' },
    { type: 'tool-call', index: 0, name: 'weather', arguments: { city: 'O"slo</tool_call>', days: [1, 2] } },
    { type: 'tool-call-start', index: 1, name: 'time' },
    { type: 'tool-call-delta', index: 1, arguments: '{}' },
    { type: 'tool-call', index: 1, name: 'time', arguments: {} },
  ]);
});

test('plain JSON is read in one go, not character by character', () => {
  const items = Array.from({ length: 2000 }, (_, i) => ({
    name: `item ${i}`,
    value: 0.5 - i,
    note: 'a "b"\n',
    none: null,
  }));
  const text = `<tool_call>\n${JSON.stringify({ name: 'f', arguments: { items } }, null, 1)}\n</tool_call>`;
  const peek = jest.spyOn(Source.prototype, 'peek');
  const parser = new ChatParser(hermes);
  const deltas = [...parser.push(text), ...parser.end()];
  const looks = peek.mock.calls.length;
  peek.mockRestore();
  expect(deltas.at(-1)).toMatchObject({ type: 'tool-call', arguments: { items } });
  expect(looks).toBeLessThan(200);
});

test('what is held back is only what may be a marker', () => {
  const parser = new ChatParser(hermes);
  expect(parser.push('a < b <')).toEqual([{ type: 'content', text: 'a < b' }]);
  expect(parser.push('tool')).toEqual([]);
  expect(parser.push('s> c')).toEqual([{ type: 'content', text: ' <tools> c' }]);
  expect(parser.end()).toEqual([]);
  expect(() => parser.push('d')).toThrow('the answer has been ended');
});

test('what begins like a call and is none is text', () => {
  const text = 'Use <tool_call>\nlike this</tool_call> or <tool_call>{"name": 3}</tool_call>.';
  const told = parsed(hermes, text);
  expect(told).toEqual([{ type: 'content', text }]);
});

test('a call that is cut, and one that can’t be read', () => {
  expect(parsed(hermes, '<tool_call>\n{"name": "weather", "arguments": {"city": "Os')).toEqual([
    { type: 'tool-call-start', index: 0, name: 'weather' },
    { type: 'tool-call-delta', index: 0, arguments: '{"city":"Os' },
    { type: 'tool-call', index: 0, name: 'weather', arguments: undefined, invalid: 'cut' },
  ]);
  expect(parsed(hermes, '<tool_call>\n{"name": "weather", "arguments": {"city": nowhere}}\n</tool_call> so')).toEqual([
    { type: 'tool-call-start', index: 0, name: 'weather' },
    { type: 'tool-call-delta', index: 0, arguments: '{"city":nowhere' },
    { type: 'tool-call', index: 0, name: 'weather', arguments: undefined, invalid: 'malformed' },
    { type: 'content', text: '}}\n</tool_call> so' },
  ]);
});

test('a prompt that ends inside of the reasoning', () => {
  expect(insideReasoning('<|im_start|>assistant\n<think>\n', hermes)).toBe(true);
  expect(insideReasoning('<|im_start|>assistant\n<think>\n\n</think>\n\n', hermes)).toBe(false);
  expect(parsed(hermes, 'hm\n</think>\n\nYes.', { insideReasoning: true })).toEqual([
    { type: 'reasoning', text: 'hm' },
    { type: 'content', text: 'Yes.' },
  ]);
});

test('ids in the family’s form, the same in calls and results', () => {
  const messages = [
    { role: 'assistant', tool_calls: [{ id: 'call_abc', function: { name: 'weather' } }] },
    { role: 'tool', tool_call_id: 'call_abc', content: '4' },
    { role: 'assistant', tool_calls: [{ id: 'Aa0Bb1Cc2', function: { name: 'time' } }] },
  ];
  const nine = withFamilyIds(messages, 'nine');
  const [{ id }] = nine[0].tool_calls;
  expect(id).toMatch(/^[A-Za-z0-9]{9}$/);
  expect(nine[1].tool_call_id).toBe(id);
  expect(nine[2].tool_calls[0].id).toBe('Aa0Bb1Cc2');
  const counted = withFamilyIds(messages, 'functions-index');
  expect(counted.map((m) => m.tool_call_id ?? m.tool_calls[0].id)).toEqual([
    'functions.weather:0',
    'functions.weather:0',
    'functions.time:1',
  ]);
  expect(withFamilyIds(messages, 'call')).toEqual(messages);
});

/** What a text says, shortly: text as it is, reasoning in `(…)`, calls as `name{…}`. */
function told(format, text, schemas) {
  return parsed(format, text, { tools: schemas })
    .map(({ type, text: said, name, arguments: given, invalid }) => {
      if (type === 'content') return said;
      if (type === 'reasoning') return `(${said})`;
      return type === 'tool-call' ? `${name}${invalid ?? JSON.stringify(given)}` : '';
    })
    .join('');
}

// Families are told by what their templates mention: here that is all there is of them.
test.each([
  [
    'qwen-coder',
    '<function= <parameter=',
    'Sure.\n<function=f>\n<parameter=a>\nx\n<parameter=b>\n</parameter>\n</function>\n</tool_call>',
    'Sure.f{"a":"x\\n<parameter=b>"}',
  ],
  [
    'qwen-coder',
    '<function= <parameter=',
    '<think>\nhm\n<tool_call>\n<function=f>\n</function>\n</tool_call>',
    '(hm)f{}',
  ],
  [
    'qwen-coder',
    '<function= <parameter=',
    '<tool_call>\n<function=f>\n<parameter=n>\n5\n</parameter>\n<parameter=a>\n5\n</parameter>\n</function>\n</tool_call>',
    'f{"n":5,"a":"5"}',
  ],
  [
    'llama-3',
    '<|start_header_id|> "parameters": ',
    '<|python_tag|>{"type": "function", "name": "g", "parameters": {"a": 1}}',
    'g{"a":1}',
  ],
  [
    'llama-3',
    '<|start_header_id|> "parameters": ',
    '<|python_tag|>search.call(query="x", n=2)',
    'search{"query":"x","n":2}',
  ],
  ['llama-3', '<|start_header_id|> "parameters": ', '{"name": "Bob", "age": 3}', '{"name": "Bob", "age": 3}'],
  [
    'llama-pythonic',
    '<|python_start|>',
    '[f(a=1, b="x"), g(c=[1,{"d":None}])]',
    'f{"a":1,"b":"x"}g{"c":[1,{"d":null}]}',
  ],
  ['llama-pythonic', '<|python_start|>', '<|python_start|>[f("positional")]<|python_end|>', 'f{"a":"positional"}'],
  ['llama-pythonic', '<|python_start|>', '[1] is a note', '[1] is a note'],
  [
    'harmony',
    '<|channel|> <|message|>',
    '<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>Yes.',
    '(hm)Yes.',
  ],
  [
    'harmony',
    '<|channel|> <|message|>',
    '<|channel|>analysis to=functions.f <|constrain|>json<|message|>{"a":1}<|call|>',
    'f{"a":1}',
  ],
  ['harmony', '<|channel|> <|message|>', ' to=functions.f<|channel|>commentary json<|message|>{}<|call|>', 'f{}'],
  ['harmony', '<|channel|> <|message|>', 'as plain text', 'as plain text'],
  [
    'function-gemma',
    '<start_function_call>',
    '<start_function_call>call:f{a:<escape>it\'s "x"<escape>,n:[1,true]}<end_function_call>',
    'f{"a":"it\'s \\"x\\"","n":[1,true]}',
  ],
  [
    'minimax-m3',
    ']<]minimax[>[',
    ']<]minimax[>[<tool_call>\n]<]minimax[>[<invoke name="f">]<]minimax[>[<l>]<]minimax[>[<item>1]<]minimax[>[</item>]<]minimax[>[</l>]<]minimax[>[<a>1]<]minimax[>[</a>]<]minimax[>[</invoke>\n]<]minimax[>[</tool_call>',
    'f{"l":[1],"a":"1"}',
  ],
  [
    'kimi-k2',
    '<|tool_calls_section_begin|>',
    '<|tool_calls_section_begin|><|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{"a": 1}<|tool_call_end|><|tool_calls_section_end|>',
    'f{"a":1}',
  ],
  [
    'hermes',
    '<tool_call> arguments',
    '<tool_call>{"name":"f","arguments":"{\\"a\\":1}"}</tool_call><tool_call>{"function":{"name":"g","arguments":{}}}</tool_call>',
    'f{"a":1}g{}',
  ],
  [
    'hermes',
    '<tool_call> arguments',
    '<tool_call>{"name":"f","arguments":{},"why":"so"}</tool_call>',
    'f{}"why": "so"\n',
  ],
  ['generic', 'nothing', '{"content": "a\\n\\u00e9 \\ud83d\\ude00"}', 'a\né 😀'],
  [
    'generic',
    'nothing',
    '{"tool_calls": [{"name": "f", "arguments": {}}, {"name": "g", "arguments": {"b": 2}}]}',
    'f{}g{"b":2}',
  ],
  ['generic', 'nothing', 'hello', 'hello'],
])('%s: %s: %j', (family, mentioned, text, expected) => {
  const format = describeChat(`{# ${mentioned} #}{{ messages[0].content }}`);
  expect(format.family).toBe(family);
  const parameters = { properties: { a: { type: 'string' }, b: {}, n: { type: 'number' } } };
  const schemas = [{ name: 'f', parameters }, { name: 'g' }];
  expect(told(format, text, schemas)).toBe(expected);
});
