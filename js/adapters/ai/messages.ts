import type { LanguageModelV4Message, LanguageModelV4Prompt, LanguageModelV4ToolResultOutput } from '@ai-sdk/provider';
import type { ChatMessage } from '../../chat/conversation';
import { RealmError } from '../../portable/errors';

/** A prompt of the AI SDK as the messages that `model.chat` takes. */
export function messagesOf(prompt: LanguageModelV4Prompt): ChatMessage[] {
  return prompt.flatMap((message): ChatMessage[] => {
    switch (message.role) {
      case 'system':
        return [{ role: 'system', content: message.content }];
      case 'user':
        return [{ role: 'user', content: message.content.map(textOf).join('') }];
      case 'assistant':
        return [assistantOf(message.content)];
      case 'tool':
        return toolResults(message.content);
    }
  });
}

type PartOf<Role extends LanguageModelV4Message['role']> = Exclude<
  Extract<LanguageModelV4Message, { role: Role }>['content'],
  string
>[number];

function unsupported(role: string, part: string): RealmError {
  return new RealmError(
    'E_UNSUPPORTED',
    `a part of the type "${part}" in a message of the ${role}; only text is taken`,
  );
}

function textOf(part: PartOf<'user'>): string {
  if (part.type === 'text') return part.text;
  throw unsupported('user', part.type);
}

function assistantOf(parts: readonly PartOf<'assistant'>[]): ChatMessage {
  let content = '';
  let reasoning = '';
  const calls: object[] = [];
  for (const part of parts) {
    if (part.type === 'text') content += part.text;
    else if (part.type === 'reasoning') reasoning += part.text;
    else if (part.type === 'tool-call')
      calls.push({
        id: part.toolCallId,
        type: 'function',
        function: { name: part.toolName, arguments: JSON.stringify(part.input) },
      });
    else throw unsupported('assistant', part.type);
  }
  return {
    role: 'assistant',
    content,
    ...(reasoning ? { reasoning_content: reasoning } : {}),
    ...(calls.length ? { tool_calls: calls } : {}),
  };
}

function toolResults(parts: readonly PartOf<'tool'>[]): ChatMessage[] {
  return parts.map((part) => {
    if (part.type !== 'tool-result') throw unsupported('tool', part.type);
    return { role: 'tool', tool_call_id: part.toolCallId, name: part.toolName, content: outputOf(part.output) };
  });
}

function outputOf(output: LanguageModelV4ToolResultOutput): string {
  switch (output.type) {
    case 'text':
    case 'error-text':
      return output.value;
    case 'json':
    case 'error-json':
      return JSON.stringify(output.value);
    case 'execution-denied':
      return `denied: ${output.reason ?? 'no reason was given'}`;
    case 'content':
      return output.value
        .map((part) => {
          if (part.type !== 'text') throw unsupported('tool', part.type);
          return part.text;
        })
        .join('');
  }
}
