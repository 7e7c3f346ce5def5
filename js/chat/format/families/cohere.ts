import type { Family } from '../family';

const syntax = {
  section: { open: '<|START_ACTION|>[\n    ', close: '\n]<|END_ACTION|>' },
  call: { open: '', close: '' },
  separator: ',\n    ',
  arguments: {
    kind: 'envelope',
    pattern: '{"tool_call_id": "{index}", "tool_name": "{name}", "parameters": {arguments}}',
  },
} as const;

export const cohere: Family = {
  name: 'cohere',
  models: 'Command R7B, Command A, Cohere 2 MoE',
  marks: [['<|START_ACTION|>']],
  format: (evidence) => {
    const kind = evidence.includes('<|START_TEXT|>') ? 'TEXT' : 'RESPONSE';
    return {
      reasoning: { start: '<|START_THINKING|>', end: '<|END_THINKING|>' },
      content: { start: `<|START_${kind}|>`, end: `<|END_${kind}|>` },
      calls: syntax,
    };
  },
};

/** A list of JSON objects in a fence. */
export const commandR: Family = {
  name: 'command-r',
  models: 'Command R and R+',
  marks: [['Action:', '"tool_name"']],
  format: () => ({
    calls: {
      section: { open: 'Action:\n```json\n[\n    ', close: '\n]\n```' },
      call: { open: '', close: '' },
      separator: ',\n    ',
      arguments: { kind: 'envelope', pattern: '{"tool_name": "{name}", "parameters": {arguments}}' },
    },
  }),
};
