import type { Family, KnownFormat } from '../family';

const reasoning = { start: '[THINK]', end: '[/THINK]' } as const;

/** `[TOOL_CALLS]` before each call, then its name; some write an id too. */
export const mistral: Family = {
  name: 'mistral',
  models: 'Mistral Small 3.2, Devstral, Ministral 3, Magistral',
  marks: [['[TOOL_CALLS]', '[ARGS]']],
  format: (evidence): KnownFormat => ({
    ids: 'nine',
    ...(evidence.includes('[THINK]') && { reasoning }),
    calls: {
      call: { open: `[TOOL_CALLS]{name}${evidence.includes('[CALL_ID]') ? '[CALL_ID]{id}' : ''}[ARGS]`, close: '' },
      separator: '',
      arguments: { kind: 'json' },
    },
  }),
};

/** `[TOOL_CALLS]` before a list of JSON objects. */
export const mistralList: Family = {
  name: 'mistral-list',
  models: 'Mistral 7B v0.3, Mixtral, Mistral Nemo, Mistral Large',
  marks: [['[TOOL_CALLS]']],
  format: () => ({
    ids: 'nine',
    calls: {
      section: { open: '[TOOL_CALLS][', close: ']' },
      call: { open: '', close: '' },
      separator: ', ',
      arguments: { kind: 'envelope', pattern: '{"name": "{name}", "arguments": {arguments}, "id": "{id}"}' },
    },
  }),
};
