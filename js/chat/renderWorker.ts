// Renders conversations in a thread of its own; see renderElsewhere.ts.
import { answering } from '../engine/answering';
import type { ChatMessage } from './conversation';
import type { RenderOptions } from './options';
import type { RenderOrder } from './renderElsewhere';
import { renderChatSegments, type ChatSegment } from './renderChatSegments';

answering(({ template, conversation }: RenderOrder): ChatSegment[] => {
  const { messages, options } = JSON.parse(conversation) as { messages: ChatMessage[]; options: RenderOptions };
  return renderChatSegments(template, messages, options);
});
