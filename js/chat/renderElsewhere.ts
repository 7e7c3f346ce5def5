import { Thread } from '../engine/thread';
import { RealmError } from '../portable/errors';
import type { ChatMessage } from './conversation';
import { pieces } from './jinja/text';
import type { RenderOptions } from './options';
import { render } from './render';
import type { ChatSegment } from './renderChatSegments';

/** What a rendering may take before it goes to another thread: some milliseconds. An ordinary conversation takes a tenth of it. */
const QUICK_STEPS = 100_000;

/** A rendering for the thread: JSON of messages and options, which is how they came in most cases. */
export interface RenderOrder {
  template: string;
  conversation: string;
}

const thread = new Thread<RenderOrder, ChatSegment[]>(__dirname, 'renderWorker.js', 'renders chat templates');

/** `renderChatSegments` for whoever answers others meanwhile: what takes longer than some milliseconds is done on another thread. */
export async function renderElsewhere(
  template: string,
  messages: readonly ChatMessage[],
  options: RenderOptions,
): Promise<ChatSegment[]> {
  try {
    return pieces(render(template, messages, options, true, QUICK_STEPS));
  } catch (error) {
    if (!(error instanceof RealmError) || error.code !== 'E_LIMIT') throw error;
    const conversation = asJson({ messages, options });
    if (conversation === undefined) throw error;
    return thread.run({ template, conversation });
  }
}

/** Nothing for what is no JSON, such as messages that contain themselves. */
function asJson(data: unknown): string | undefined {
  try {
    return JSON.stringify(data);
  } catch {
    return undefined;
  }
}
