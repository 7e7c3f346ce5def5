import type { Family } from '../family';

/** Names and values of arguments in tags by turns. Line breaks between them are the template's own matter. */
export const glm: Family = {
  name: 'glm',
  models: 'GLM 4.5 to 4.7, Laguna, Ling 3, Spark 2.5',
  marks: [['<arg_key>', '<tool_call>']],
  format: (evidence) => {
    const line = /<\/arg_key>(?:\n|\\n)<arg_value>/.test(evidence) ? '\n' : '';
    return {
      reasoning: { start: '<think>', end: '</think>' },
      calls: {
        call: { open: `<tool_call>{name}${line}`, close: `${line}</tool_call>` },
        separator: line,
        arguments: {
          kind: 'tagged',
          open: `<arg_key>{key}</arg_key>${line}<arg_value>`,
          close: '</arg_value>',
          separator: line,
        },
      },
    };
  },
};

/** The same in a section; the tags end in a suffix, in open releases. */
export const hunyuan: Family = {
  name: 'hunyuan-3',
  models: 'Hunyuan 3',
  marks: [['tool_sep', 'arg_key', 'tool_calls']],
  format: (evidence) => {
    const suffix = /<tool_call(:\w+)>/.exec(evidence)?.[1] ?? '';
    const tag = (name: string) => `<${name}${suffix}>`;
    return {
      reasoning: { start: tag('think'), end: tag('/think') },
      calls: {
        section: { open: `${tag('tool_calls')}\n`, close: `\n${tag('/tool_calls')}` },
        call: { open: `${tag('tool_call')}{name}${tag('tool_sep')}\n`, close: `\n${tag('/tool_call')}` },
        separator: '\n',
        arguments: {
          kind: 'tagged',
          open: `${tag('arg_key')}{key}${tag('/arg_key')}\n${tag('arg_value')}`,
          close: tag('/arg_value'),
          separator: '\n',
        },
      },
    };
  },
};
