import type { Family } from '../family';
import type { CallSyntax } from '../types';

const OBJECT = '{"name": "{name}", "arguments": {arguments}}';

/** A list of JSON objects between two texts. */
function list(open: string, close: string, pattern = OBJECT): CallSyntax {
  return {
    section: { open: `${open}[`, close: `]${close}` },
    call: { open: '', close: '' },
    separator: ', ',
    arguments: { kind: 'envelope', pattern },
  };
}

export const granite3: Family = {
  name: 'granite-3',
  models: 'Granite 3',
  marks: [['<|tool_call|>', '<|start_of_role|>']],
  format: (evidence) => ({
    reasoning: { start: '<think>', end: '</think>' },
    ...(evidence.includes('<response>') && { content: { start: '<response>', end: '</response>' } }),
    calls: list('<|tool_call|>', ''),
  }),
};

export const phi4: Family = {
  name: 'phi-4-mini',
  models: 'Phi-4-mini',
  marks: [['<|tool_call|>']],
  format: () => ({ calls: list('<|tool_call|>', '<|/tool_call|>') }),
};

export const firefunction: Family = {
  name: 'functools',
  models: 'Firefunction 2, Phi-4-mini as vLLM serves it',
  marks: [['functools[']],
  format: () => ({ calls: list(' functools', '') }),
};

export const nemotron2: Family = {
  name: 'nemotron-nano-2',
  models: 'Nemotron Nano 2',
  marks: [['<TOOLCALL>']],
  format: () => ({ reasoning: { start: '<think>\n', end: '</think>\n' }, calls: list('<TOOLCALL>', '</TOOLCALL>') }),
};

export const apertus: Family = {
  name: 'apertus',
  models: 'Apertus',
  marks: [['<|tools_prefix|>']],
  format: () => ({
    reasoning: { start: '<|inner_prefix|>', end: '<|inner_suffix|>' },
    calls: list('<|tools_prefix|>', '<|tools_suffix|>', '{"{name}": {arguments}}'),
  }),
};

export const apriel: Family = {
  name: 'apriel',
  models: 'Apriel 1.5 and 1.6, Jamba',
  marks: [['<tool_calls>[']],
  format: (evidence) => ({
    ...(evidence.includes('[BEGIN FINAL RESPONSE]') && {
      reasoning: { start: 'Here are my reasoning steps:\n', end: '\n[BEGIN FINAL RESPONSE]\n' },
      content: { start: '[BEGIN FINAL RESPONSE]', end: '[END FINAL RESPONSE]' },
    }),
    calls: list('<tool_calls>', '</tool_calls>'),
  }),
};

/** One object a line. */
export const minimax1: Family = {
  name: 'minimax-m1',
  models: 'MiniMax M1',
  marks: [
    ['<tool_calls>\n', '<beginning_of_sentence>'],
    ['<tool_calls>', '<beginning_of_sentence>'],
  ],
  format: () => ({
    reasoning: { start: '<think>\n', end: '\n</think>\n' },
    calls: {
      section: { open: '<tool_calls>\n', close: '\n</tool_calls>' },
      call: { open: '', close: '' },
      separator: '\n',
      arguments: { kind: 'envelope', pattern: OBJECT },
    },
  }),
};
