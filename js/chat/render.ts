import { checkMessages, hasStringArguments, invalid, told, withObjectArguments } from './conversation';
import type { Str } from './jinja/text';
import { checkOptions, type RenderOptions } from './options';

// The template engine is read with the first template: most programs render none, and it is a fifth of what `require` would read.
/* eslint-disable @typescript-eslint/no-require-imports */
const rendering = () => require('./rendering') as typeof import('./rendering');
const toolArguments = () => require('./toolArguments') as typeof import('./toolArguments');
/* eslint-enable @typescript-eslint/no-require-imports */

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
  if (hasStringArguments(conversation) && !toolArguments().takesStringArguments(source))
    conversation = withObjectArguments(conversation);
  return rendering().renderAsGiven(source, conversation, options, tracked, mostSteps);
}
