import type { Family } from '../family';

/** Harmony: each message says in its header on which channel it is and whom it is for. */
export const harmony: Family = {
  name: 'harmony',
  models: 'gpt-oss',
  marks: [['<|channel|>', '<|message|>']],
  format: () => ({
    parallel: false,
    reasoning: { start: '<|channel|>analysis<|message|>', end: '<|end|>' },
    channels: {
      start: '<|start|>assistant',
      message: '<|message|>',
      ends: ['<|end|>', '<|return|>', '<|call|>'],
      content: '<|channel|>final<|message|>',
      reasoning: '<|channel|>analysis<|message|>',
      call: '<|channel|>commentary to=functions.{name} <|constrain|>json<|message|>',
      reasoningWords: ['analysis'],
      recipient: 'functions.',
    },
    calls: { call: { open: '', close: '<|call|>' }, separator: '', arguments: { kind: 'json' } },
  }),
};

/** Headers say whom a message is for; a call is written out in it. */
export const muse: Family = {
  name: 'muse',
  models: 'Muse Glimmer',
  marks: [['<|message|>', 'atem:function_calls']],
  format: () => ({
    reasoning: { start: ' to=self<|message|>', end: '<|eom|>' },
    channels: {
      start: '<|start|>assistant',
      message: '<|message|>',
      ends: ['<|eom|>', '<|eot|>'],
      content: ' to=user<|message|>',
      reasoning: ' to=self<|message|>',
      call: ' to={name}<|message|>',
      reasoningWords: ['to=self'],
    },
    calls: {
      section: { open: '<atem:function_calls>\n', close: '\n</atem:function_calls>' },
      call: { open: '<atem:invoke name="{name}">\n', close: '\n</atem:invoke>' },
      separator: '\n',
      arguments: { kind: 'tagged', open: '<atem:parameter name="{key}">', close: '</atem:parameter>', separator: '\n' },
    },
  }),
};
