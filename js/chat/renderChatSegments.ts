import type { ChatMessage } from './conversation';
import { pieces } from './jinja/text';
import type { RenderOptions } from './options';
import { render } from './render';

/** A part of a rendered conversation. */
export interface ChatSegment {
  text: string;
  /** The template's own text; otherwise it came from a message, a tool or a variable. */
  trusted: boolean;
}

/**
 * A conversation as `renderChatTemplate` writes it, cut where the template's own text and that of messages, tools and variables
 * meet. Special tokens count only inside a trusted segment; all else is tokenized as if there were no cuts. Then nobody can
 * give himself another role by writing `<|im_end|>`.
 *
 * Each character is followed from where it came through every operation of the template, so that trimming, splitting and
 * writing as JSON change nothing. Three things of a message are taken for the template's: a role that is one word; the
 * reasoning markers (`<think>`) of an assistant's text that the template writes too; everything if it says `trusted: true`.
 */
export function renderChatSegments(
  template: string,
  messages: readonly ChatMessage[],
  options: RenderOptions = {},
): ChatSegment[] {
  return pieces(render(template, messages, options, true));
}
