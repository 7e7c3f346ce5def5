import { type Family, THINK } from '../family';
import type { Tags } from '../types';

const SECTION: Tags = { open: '<｜tool▁calls▁begin｜>', close: '<｜tool▁calls▁end｜>' };

/** The name, then the arguments in a fence. */
export const deepseekR1: Family = {
  name: 'deepseek-r1',
  models: 'DeepSeek R1, V3 and their distills',
  marks: [
    ['<｜tool▁calls▁begin｜>', '```json'],
    ['<｜tool▁outputs▁begin｜>', '<think>'],
  ],
  format: () => ({
    reasoning: THINK,
    calls: {
      section: SECTION,
      call: { open: '<｜tool▁call▁begin｜>function<｜tool▁sep｜>{name}\n```json\n', close: '\n```<｜tool▁call▁end｜>' },
      separator: '\n',
      arguments: { kind: 'json' },
    },
  }),
};

export const deepseek31: Family = {
  name: 'deepseek-3.1',
  models: 'DeepSeek V3.1',
  marks: [['<｜tool▁calls▁begin｜>']],
  format: () => ({
    reasoning: { start: '<think>', end: '</think>' },
    calls: {
      section: SECTION,
      call: { open: '<｜tool▁call▁begin｜>{name}<｜tool▁sep｜>', close: '<｜tool▁call▁end｜>' },
      separator: '',
      arguments: { kind: 'json' },
    },
  }),
};

/** A tag a parameter, which says whether its value is a string. */
export const deepseek32: Family = {
  name: 'deepseek-3.2',
  models: 'DeepSeek V3.2, V4',
  marks: [['｜DSML｜']],
  format: (evidence) => {
    const name = /<｜DSML｜(\w+)>/.exec(evidence)?.[1] ?? 'function_calls';
    return {
      reasoning: { start: '<think>', end: '</think>' },
      calls: {
        section: { open: `<｜DSML｜${name}>\n`, close: `\n</｜DSML｜${name}>` },
        call: { open: '<｜DSML｜invoke name="{name}">\n', close: '\n</｜DSML｜invoke>' },
        separator: '\n',
        arguments: {
          kind: 'tagged',
          open: '<｜DSML｜parameter name="{key}" string="{string}">',
          close: '</｜DSML｜parameter>',
          separator: '\n',
        },
      },
    };
  },
};
