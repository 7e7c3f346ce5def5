import type { ChatMessage } from '../../chat/conversation';
import { checkGenerateOptions, type GenerateOptions } from '../../options/generate';
import type { Format, Node } from '../../options/structure';
import { Answer } from './answer';
import { planAnswer } from './family';
import { inPlace } from './place';
import type { CheckedChatOptions } from './options';
import type { ChatPrompt } from './prompt';
import type { ChatDelta, ToolChoice } from './types';

/** One generation of a chat that is to begin. */
export interface BeginningStep {
  answer: Answer;
  /** Whether the answer is held to something: a format, tools, an end of the reasoning. */
  isHeld: boolean;
  /** The engine's options, of which some may be others than the chat's. */
  json: (other?: Pick<GenerateOptions, 'maxTokens' | 'timeout'>) => string;
  /** What goes wrong with it, in the words of the call. */
  inPlace: (error: unknown) => unknown;
}

/** Of a format of a chat the structure, if it is one. */
function structureOf(format: Format | undefined): Node | undefined {
  return typeof format === 'object' && 'structure' in format ? (format.structure as Node) : undefined;
}

export function beginStep(
  prompt: ChatPrompt,
  options: CheckedChatOptions,
  { toolChoice, before, seed }: { toolChoice: ToolChoice; before: readonly ChatMessage[]; seed: bigint },
  emit: (delta: ChatDelta) => void,
): BeginningStep {
  const { generate, logprobs } = options;
  const { specialTokens, format, isReasoning, reader } = planAnswer(prompt, options, toolChoice, before);
  const held = format === undefined ? {} : { format };
  return {
    answer: new Answer(reader, emit, { isReasoning, logprobs }),
    isHeld: format !== undefined,
    inPlace: (error) =>
      inPlace(error, { structure: structureOf(format), format: generate.format, tools: options.tools }),
    json: (other) => checkGenerateOptions({ ...generate, ...other, seed, specialTokens, ...held }).json,
  };
}
