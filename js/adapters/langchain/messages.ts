import type { BaseMessage } from '@langchain/core/messages';
import { AIMessage, ToolMessage } from '@langchain/core/messages';
import type { ChatMessage } from '../../chat/conversation';

const ROLES: Readonly<Record<string, string>> = { human: 'user', ai: 'assistant', system: 'system', tool: 'tool' };

/** LangChain's messages as those that `model.chat` takes. */
export function messagesOf(messages: readonly BaseMessage[]): ChatMessage[] {
  return messages.map((message) => {
    const type = message.getType();
    const role = ROLES[type] ?? (message as { role?: string }).role ?? type;
    const content = partsOf(message.content);
    if (message instanceof ToolMessage)
      return { role: 'tool', tool_call_id: message.tool_call_id, name: message.name, content };
    if (!(message instanceof AIMessage)) return { role, content };
    const calls = [
      ...(message.tool_calls ?? []).map(({ id, name, args }) => callOf(id, name, JSON.stringify(args))),
      ...(message.invalid_tool_calls ?? []).map(({ id, name, args }) => callOf(id, name, args)),
    ];
    const reasoning = message.additional_kwargs.reasoning_content;
    return {
      role,
      content,
      ...(typeof reasoning === 'string' && reasoning ? { reasoning_content: reasoning } : {}),
      ...(calls.length ? { tool_calls: calls } : {}),
    };
  });
}

const callOf = (id: string | undefined, name: string | undefined, args: string | undefined): object => ({
  ...{ id: id ?? '', type: 'function' },
  function: { name: name ?? '', arguments: args ?? '' },
});

/** Calls and reasoning among the parts of an assistant's content stand in fields of their own too; what else is no text is refused by `chat`. */
function partsOf(content: BaseMessage['content']): unknown {
  if (typeof content === 'string') return content;
  return content.filter(
    ({ type }) => !['tool_call', 'tool_use', 'tool_call_chunk', 'reasoning', 'thinking'].includes(String(type)),
  );
}
