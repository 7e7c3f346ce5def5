import { type Family, THINK } from '../family';

/** `<invoke name="f">` with a tag a parameter. */
export const minimax2: Family = {
  name: 'minimax-m2',
  models: 'MiniMax M2',
  marks: [['minimax:tool_call', 'invoke name=']],
  format: () => ({
    reasoning: THINK,
    calls: {
      section: { open: '<minimax:tool_call>\n', close: '\n</minimax:tool_call>' },
      call: { open: '<invoke name="{name}">\n', close: '\n</invoke>' },
      separator: '\n',
      arguments: { kind: 'tagged', open: '<parameter name="{key}">', close: '</parameter>', separator: '\n' },
    },
  }),
};

/** `<function name="f">` with a tag a parameter. */
export const minicpm5: Family = {
  name: 'minicpm-5',
  models: 'MiniCPM 5',
  marks: [['<function name=', '<param name=']],
  format: () => ({
    reasoning: THINK,
    calls: {
      call: { open: '<function name="{name}">', close: '</function>' },
      separator: '\n',
      arguments: { kind: 'tagged', open: '<param name="{key}">', close: '</param>', separator: '', cdata: true },
    },
  }),
};

/** Arguments are elements, and so are the members of lists and objects. */
export const minimax3: Family = {
  name: 'minimax-m3',
  models: 'MiniMax M3',
  marks: [[']<]minimax[>[']],
  format: () => ({
    reasoning: { start: '<mm:think>', end: '</mm:think>' },
    calls: {
      section: { open: ']<]minimax[>[<tool_call>\n', close: ']<]minimax[>[</tool_call>' },
      call: { open: ']<]minimax[>[<invoke name="{name}">', close: ']<]minimax[>[</invoke>\n' },
      separator: '',
      arguments: { kind: 'elements', prefix: ']<]minimax[>[', item: 'item' },
    },
  }),
};
