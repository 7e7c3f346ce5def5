import type { ChatMessage } from './conversation';
import { raw } from './jinja/text';
import type { RenderOptions } from './options';
import { render } from './render';

/**
 * A conversation as the text that a model was trained on, by a Jinja template: Jinja 3.1 as transformers sets it up.
 *
 * @throws RealmError E_INVALID_ARGUMENT: the template can't be read or refuses the conversation; E_UNSUPPORTED: content that is
 * no text; E_LIMIT: the template would take too many steps, too much memory or too long
 */
export function renderChatTemplate(
  template: string,
  messages: readonly ChatMessage[],
  options: RenderOptions = {},
): string {
  return raw(render(template, messages, options, false));
}
