import type { KnownFormat } from './family';

/** For models that know no calls: the tools are told in the system's text, the answer is held to this by a grammar. */
export const GENERIC: KnownFormat = {
  calls: {
    section: { open: '{"tool_calls": [', close: ']}' },
    call: { open: '', close: '' },
    separator: ', ',
    bare: true,
    text: '{"content":',
    arguments: { kind: 'envelope', pattern: '{"name": "{name}", "arguments": {arguments}}' },
  },
};
