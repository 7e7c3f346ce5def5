import { callsOf, type ChatMessage } from '../../chat/conversation';
import { answerStructure } from '../../chat/format/answerStructure';
import { describeChat } from '../../chat/format/describe';
import { insideReasoning } from '../../chat/format/insideReasoning';
import { ChatParser } from '../../chat/format/parser';
import type { ChatFormat } from '../../chat/format/types';
import type { Format } from '../../options/structure';
import { ContinuingReader, PlainReader, type AnswerReader } from './answer';
import type { CheckedChatOptions } from './options';
import type { ToolChoice } from './types';

/** Variables by which templates say whether to reason. */
const SWITCHES = ['enable_thinking', 'thinking'];

/** How the model's family writes answers, found from the template; what whoever loaded the model knows better goes first. */
export function chatFormatOf(template: string, known: Partial<ChatFormat> | undefined): ChatFormat {
  const found = describeChat(template);
  return known ? { ...found, ...known } : found;
}

/** Variables of the template that the options speak of by names of their own; those that are given go first. */
export function variablesOf(
  format: ChatFormat,
  { reasoning, templateOptions }: CheckedChatOptions,
): Record<string, unknown> {
  const { variables } = format.takes;
  const found: Record<string, unknown> = {};
  if (reasoning.on === false) for (const name of SWITCHES) if (variables.includes(name)) found[name] = false;
  if (reasoning.effort !== undefined && variables.includes('reasoning_effort'))
    found.reasoning_effort = reasoning.effort;
  return { ...found, ...templateOptions };
}

/** What an answer is read with, and what it is held to. */
export interface AnswerPlan {
  reader: AnswerReader;
  /** Whether the answer begins inside of the reasoning. */
  isReasoning: boolean;
  format: Format | undefined;
  /** Whether markers are to be among the text. */
  specialTokens: boolean;
}

/** How an answer to a prompt is read, and what it is held to. */
export function planAnswer(
  { text, format }: { text: string; format: ChatFormat },
  options: CheckedChatOptions,
  toolChoice: ToolChoice,
  before: readonly ChatMessage[],
): AnswerPlan {
  const { tools, parallelToolCalls, reasoning } = options;
  const isReasoning = insideReasoning(text, format);
  const structure = answerStructure(format, {
    ...{ tools, toolChoice, parallelToolCalls, insideReasoning: isReasoning },
    ...(options.generate.format === undefined ? {} : { format: options.generate.format }),
    reasoning:
      reasoning.on === false ? false : reasoning.maxTokens === undefined ? 'auto' : { maxTokens: reasoning.maxTokens },
  });
  const callsBefore = before.reduce((count, message) => count + callsOf(message).length, 0);
  const specialTokens = Boolean(format.reasoning ?? format.content ?? format.channels) || tools.length > 0;
  const parser = () => new ChatParser(format, { tools, insideReasoning: isReasoning, callsBefore }) as AnswerReader;
  const reader = specialTokens ? parser() : new PlainReader();
  return {
    reader: options.begun && before.at(-1) === options.begun ? new ContinuingReader(reader) : reader,
    isReasoning,
    format: structure === undefined ? options.generate.format : { structure },
    specialTokens,
  };
}
