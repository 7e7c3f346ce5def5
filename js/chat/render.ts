import { checkMessages, hasStringArguments, invalid, told, withObjectArguments } from './conversation';
import type { Str } from './jinja/text';
import { checkOptions, type RenderOptions } from './options';
import { renderAsGiven } from './rendering';
import { takesStringArguments } from './toolArguments';

/** Renders with the origin of each character where `tracked`, otherwise as plain text; within fewer steps if asked. */
export function render(
  source: string,
  messages: unknown,
  options: RenderOptions,
  tracked: boolean,
  mostSteps?: number,
): Str {
  if (typeof source !== 'string') throw invalid(`template must be a string, got ${told(source)}`);
  checkOptions(options);
  let conversation = checkMessages(messages);
  if (hasStringArguments(conversation) && !takesStringArguments(source))
    conversation = withObjectArguments(conversation);
  return renderAsGiven(source, conversation, options, tracked, mostSteps);
}
