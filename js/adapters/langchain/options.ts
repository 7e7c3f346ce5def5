import type { BaseChatModelCallOptions, BindToolsInput } from '@langchain/core/language_models/chat_models';
import { isLangChainTool, convertToOpenAITool } from '@langchain/core/utils/function_calling';
import type { ChatOptions } from '../../model/chat/types';

/** What a call may be given: LangChain's own names, and every option of `model.chat`. */
export interface RealmCallOptions
  extends BaseChatModelCallOptions, Omit<ChatOptions, 'stop' | 'signal' | 'timeout' | 'tools'> {
  tools?: BindToolsInput[];
}

/** The options of `model.chat`. What is LangChain's alone stays behind. */
export function chatOptionsOf(options: Partial<RealmCallOptions>, defaults: ChatOptions): ChatOptions {
  const { tools, tool_choice: choice, stop, signal, ...rest } = options;
  const own = Object.entries(rest).filter(([name, value]) => value !== undefined && !LANGCHAIN.has(name));
  return {
    ...defaults,
    ...Object.fromEntries(own),
    ...(stop ? { stop } : {}),
    ...(signal ? { signal } : {}),
    ...(tools?.length ? { tools: tools.map(toolOf) } : {}),
    ...(choice === undefined ? {} : { toolChoice: choiceOf(choice) }),
  } as ChatOptions;
}

/** Of RunnableConfig and of LangChain's calls. */
const LANGCHAIN = new Set(
  'callbacks configurable context ls_structured_output_format maxConcurrency metadata outputVersion promptIndex recursionLimit runId runName store tags timeout writer'.split(
    ' ',
  ),
);

function toolOf(tool: BindToolsInput): object {
  return isLangChainTool(tool) ? convertToOpenAITool(tool) : tool;
}

function choiceOf(choice: NonNullable<BaseChatModelCallOptions['tool_choice']>): unknown {
  if (choice === 'any') return 'required';
  if (typeof choice === 'string') return ['auto', 'none', 'required'].includes(choice) ? choice : { name: choice };
  const { function: called, name } = choice as { function?: { name?: string }; name?: string };
  return { name: called?.name ?? name };
}
