// Renders conversations in a thread of its own; see renderElsewhere.ts.
import { parentPort } from 'node:worker_threads';
import { RealmError } from '../portable/errors';
import type { ChatMessage } from './conversation';
import type { RenderOptions } from './options';
import type { RenderAnswer, RenderOrder } from './renderElsewhere';
import { renderChatSegments } from './renderChatSegments';

function answer({ call, template, conversation }: RenderOrder): RenderAnswer {
  try {
    const { messages, options } = JSON.parse(conversation) as { messages: ChatMessage[]; options: RenderOptions };
    return { call, segments: renderChatSegments(template, messages, options) };
  } catch (error) {
    const code = error instanceof RealmError ? error.code : 'E_INTERNAL';
    return { call, error: { code, message: (error as Error).message } };
  }
}

parentPort?.on('message', (order: RenderOrder) => parentPort?.postMessage(answer(order)));
