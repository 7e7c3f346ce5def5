import type { ChatMessage } from '../chat/conversation';
import { type ChatTemplateOptions, modelTemplate } from '../chat/modelTemplate';
import { renderElsewhere } from '../chat/renderElsewhere';
import { handleOf, type Model } from './model';
import { chatIdsElsewhere } from './prompt';

/** `model.tokenizeChat` for a host: a conversation or a template that takes long to render does not keep others waiting. */
export async function chatPrompt(
  model: Model,
  messages: readonly ChatMessage[],
  options: ChatTemplateOptions = {},
): Promise<Uint32Array> {
  const { source, options: given } = modelTemplate(model.info, options, 'chat');
  const segments = await renderElsewhere(source, messages, given);
  return chatIdsElsewhere(handleOf(model), model.info.tokenizer?.bosId, segments);
}
