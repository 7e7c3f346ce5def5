import type { Family } from '../family';

export const gemma4: Family = {
  name: 'gemma-4',
  models: 'Gemma 4',
  marks: [['<|tool_call>', '<|channel>']],
  format: () => ({
    reasoning: { start: '<|channel>thought\n', end: '<channel|>' },
    calls: {
      call: { open: '<|tool_call>call:{name}', close: '<tool_call|>' },
      separator: '',
      arguments: { kind: 'braces', quote: '<|"|>' },
    },
  }),
};

export const functionGemma: Family = {
  name: 'function-gemma',
  models: 'FunctionGemma',
  marks: [['<start_function_call>']],
  format: () => ({
    calls: {
      call: { open: '<start_function_call>call:{name}', close: '<end_function_call>' },
      separator: '',
      arguments: { kind: 'braces', quote: '<escape>' },
    },
  }),
};
