import type { Family } from '../family';
import type { ReasoningSyntax } from '../types';

/** A tag a parameter, its value on lines of its own. */
export const qwenCoder: Family = {
  name: 'qwen-coder',
  models: 'Qwen3-Coder, Qwen 3.5, Nemotron 3 Nano, StepFun 3.5, Seed-OSS',
  marks: [['<function=', '<parameter=']],
  format: (evidence) => {
    const seed = evidence.includes('<seed:tool_call>');
    const tag = seed ? 'seed:tool_call' : 'tool_call';
    // These models go on with a call while they think, at times.
    const endedBy = [`<${tag}>\n<function=`];
    const reasoning: ReasoningSyntax = seed
      ? { start: '<seed:think>', end: '</seed:think>\n', endedBy }
      : { start: '<think>\n', end: '\n</think>\n\n', endedBy };
    return {
      reasoning,
      calls: {
        call: { open: `<${tag}>\n<function={name}>\n`, close: `\n</function>\n</${tag}>` },
        separator: '\n',
        arguments: seed
          ? { kind: 'tagged', open: '<parameter={key}>', close: '</parameter>', separator: '\n' }
          : { kind: 'tagged', open: '<parameter={key}>\n', close: '\n</parameter>', separator: '\n' },
      },
    };
  },
};
