import { argumentsOf, callsOf } from '../chat/conversation';
import type { ChatResult, ToolCall } from '../model/chat/types';

/** The calls of an answer, each with its arguments as the model wrote them: what is no JSON is told so. */
export function writtenCalls({ toolCalls, messages }: ChatResult): (ToolCall & { text: string })[] {
  const message = messages.at(-1);
  const written = message ? callsOf(message).map(argumentsOf) : [];
  return toolCalls.map((call, i) => {
    const text = written[i];
    return { ...call, text: typeof text === 'string' ? text : '' };
  });
}
