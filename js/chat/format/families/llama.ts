import type { Family } from '../family';

/** The whole answer is one JSON object; nothing marks it but `<|python_tag|>` at times. */
export const llama: Family = {
  name: 'llama-3',
  models: 'Llama 3.1, 3.2, 3.3',
  marks: [
    ['<|start_header_id|>', '"parameters": '],
    ['<|start_header_id|>', '"parameters":'],
  ],
  format: () => ({
    parallel: false,
    calls: {
      call: { open: '', close: '' },
      separator: '',
      bare: true,
      mark: '<|python_tag|>',
      arguments: { kind: 'envelope', pattern: '{"name": "{name}", "parameters": {arguments}}' },
    },
  }),
};

/** The whole answer is a list of calls as Python writes them. */
export const llamaPythonic: Family = {
  name: 'llama-pythonic',
  models: 'Llama 4, Llama 3.2 1B and 3B with pythonic templates',
  marks: [['<|python_start|>'], ['<|header_start|>', 'tool'], ['<|start_header_id|>', '[func_name1(']],
  format: () => ({
    calls: {
      section: { open: '[', close: ']' },
      call: { open: '{name}', close: '' },
      separator: ', ',
      bare: true,
      mark: '<|python_start|>',
      arguments: { kind: 'python' },
    },
    content: { start: '', end: '', around: ['<|python_end|>'] },
  }),
};
