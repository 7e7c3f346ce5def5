import type { Family } from '../family';

const OBJECT = '{"name": "{name}", "arguments": {arguments}}';

export const gigachat: Family = {
  name: 'gigachat',
  models: 'GigaChat 3, 3.1',
  marks: [['<|role_sep|>', '<|message_sep|>']],
  format: (evidence) => {
    const marked = evidence.includes('<|function_call|>');
    return {
      parallel: false,
      content: { start: '', end: '', around: ['<|message_sep|>'] },
      calls: {
        call: { open: marked ? '<|function_call|>' : '<|message_sep|>\n\nfunction call<|role_sep|>\n', close: '' },
        separator: '',
        arguments: { kind: 'envelope', pattern: OBJECT },
      },
    };
  },
};

export const internlm2: Family = {
  name: 'internlm-2',
  models: 'InternLM 2 and 2.5',
  marks: [['<|action_start|>'], ['<|plugin|>']],
  format: () => ({
    parallel: false,
    calls: {
      call: { open: '<|action_start|><|plugin|>\n', close: '<|action_end|>' },
      separator: '',
      arguments: { kind: 'envelope', pattern: '{"name": "{name}", "parameters": {arguments}}' },
    },
  }),
};

/** Calls in a section, each with its id and its name. */
export const solar: Family = {
  name: 'solar-open',
  models: 'Solar Open',
  marks: [['<|tool_call:begin|>']],
  format: () => ({
    reasoning: { start: '<|think|>', end: '<|end|>' },
    content: { start: '<|content|>', end: '<|end|>', around: ['<|begin|>assistant'] },
    calls: {
      section: { open: '<|tool_calls|>', close: '<|calls|>' },
      call: { open: '<|tool_call:begin|>{id}<|tool_call:name|>{name}<|tool_call:args|>', close: '<|tool_call:end|>' },
      separator: '',
      arguments: { kind: 'json' },
    },
  }),
};
