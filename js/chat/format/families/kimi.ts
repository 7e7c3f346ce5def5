import type { Family } from '../family';

export const kimi2: Family = {
  name: 'kimi-k2',
  models: 'Kimi K2, K2 Thinking',
  marks: [['<|tool_calls_section_begin|>'], ['<|im_middle|>', '<|im_assistant|>']],
  format: () => ({
    ids: 'functions-index',
    reasoning: { start: '<think>', end: '</think>' },
    calls: {
      section: { open: '<|tool_calls_section_begin|>', close: '<|tool_calls_section_end|>' },
      call: { open: '<|tool_call_begin|>{id}<|tool_call_argument_begin|>', close: '<|tool_call_end|>' },
      separator: '',
      arguments: { kind: 'json' },
    },
  }),
};

export const kimi3: Family = {
  name: 'kimi-k3',
  models: 'Kimi K3',
  marks: [['<|open|>', '<|sep|>', '<|close|>']],
  format: () => ({
    reasoning: { start: '<|open|>think<|sep|>', end: '<|close|>think<|sep|>' },
    content: {
      start: '<|open|>response<|sep|>',
      end: '<|close|>response<|sep|>',
      around: ['<|close|>message<|sep|>'],
    },
    calls: {
      section: { open: '<|open|>tools<|sep|>', close: '<|close|>tools<|sep|>' },
      call: { open: '<|open|>call tool="{name}" index="{index}"<|sep|>', close: '<|close|>call<|sep|>' },
      separator: '',
      arguments: {
        kind: 'tagged',
        open: '<|open|>argument key="{key}" type="{type}"<|sep|>',
        close: '<|close|>argument<|sep|>',
        separator: '',
      },
    },
  }),
};
