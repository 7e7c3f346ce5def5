import { type Family, THINK } from '../family';

/** `<tool_call>` around a JSON object. */
export const hermes: Family = {
  name: 'hermes',
  models: 'Hermes 2 and 3, Qwen 2.5, Qwen 3, QwQ, MiMo, Granite 4, Bielik, Reka, SmolLM3',
  marks: [
    ['<tool_call>', 'arguments'],
    ['<|im_start|>', 'named SmolLM'],
  ],
  format: () => ({
    reasoning: THINK,
    calls: {
      call: { open: '<tool_call>\n', close: '\n</tool_call>' },
      separator: '\n',
      arguments: { kind: 'envelope', pattern: '{"name": "{name}", "arguments": {arguments}}' },
    },
  }),
};
