import type { Family } from '../family';

/** `<function=f>` around the arguments. */
export const functionary31: Family = {
  name: 'functionary-3.1',
  models: 'Functionary 3.1',
  marks: [['<function=', '</function>']],
  format: () => ({
    calls: {
      call: { open: '<function={name}>', close: '</function>' },
      separator: '',
      arguments: { kind: 'json' },
    },
  }),
};

/** `>>>` and whom it is for: a tool, or all. */
export const functionary32: Family = {
  name: 'functionary-3.2',
  models: 'Functionary 3.2',
  marks: [['>>>all']],
  format: () => ({
    begun: '>>>',
    content: { start: '>>>all\n', end: '' },
    calls: { call: { open: '>>>{name}\n', close: '' }, separator: '', arguments: { kind: 'json' } },
  }),
};
