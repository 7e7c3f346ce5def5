import type { Family } from '../family';

/** A list of calls as Python writes them, strings in single quotes and not escaped. */
export const lfm2: Family = {
  name: 'lfm-2',
  models: 'LFM2, LFM2.5',
  marks: [
    ['<|tool_call_start|>'],
    ['<|tool_list_start|>'],
    ['<|tool_response_start|>'],
    ['List of tools: ', '<|im_start|>'],
  ],
  format: () => ({
    reasoning: { start: '<think>', end: '</think>' },
    calls: {
      section: { open: '<|tool_call_start|>[', close: ']<|tool_call_end|>' },
      call: { open: '{name}', close: '' },
      separator: ', ',
      arguments: { kind: 'python', raw: true },
    },
  }),
};

/** A call a line. */
export const olmo3: Family = {
  name: 'olmo-3',
  models: 'Olmo 3',
  marks: [['<function_calls>', '<functions>']],
  format: () => ({
    reasoning: { start: '<think>', end: '</think>' },
    calls: {
      section: { open: '<function_calls>\n', close: '\n</function_calls>' },
      call: { open: '{name}', close: '' },
      separator: '\n',
      arguments: { kind: 'python' },
    },
  }),
};
