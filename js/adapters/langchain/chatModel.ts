import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager';
import type { BaseLanguageModelInput, StructuredOutputMethodOptions } from '@langchain/core/language_models/base';
import {
  BaseChatModel,
  type BaseChatModelParams,
  type BindToolsInput,
  type LangSmithParams,
} from '@langchain/core/language_models/chat_models';
import {
  assembleStructuredOutputPipeline,
  createContentParser,
} from '@langchain/core/language_models/structured_output';
import { AIMessage, AIMessageChunk, type BaseMessage, type UsageMetadata } from '@langchain/core/messages';
import { ChatGenerationChunk, type ChatResult as LangChainResult } from '@langchain/core/outputs';
import type { Runnable } from '@langchain/core/runnables';
import { toJsonSchema } from '@langchain/core/utils/json_schema';
import { CHAT_OPTIONS, checkChatDefaults } from '../../model/chat/options';
import type { ChatDelta, ChatOptions, ChatResult, ChatUsage } from '../../model/chat/types';
import type { Model } from '../../model/model';
import { invalid } from '../../engine/check';
import { paramsOf } from '../given';
import { writtenCalls } from '../writtenCalls';
import { messagesOf } from './messages';
import { chatOptionsOf, type RealmCallOptions } from './options';

export interface ChatRealmParams extends BaseChatModelParams {
  /** An open model; who opened it closes it. */
  model: Model;
  /** Options of `model.chat` that hold where a call does not say otherwise. */
  options?: ChatOptions;
}

/** What may be given: beside these two, what LangChain's base class takes. */
const NAMES = [
  ...['model', 'options', 'callbackManager', 'callbacks', 'cache', 'disableStreaming', 'maxConcurrency', 'maxRetries'],
  ...['metadata', 'onFailedAttempt', 'outputVersion', 'tags', 'verbose'],
];

/** A model as a chat model of LangChain, in process. */
export class ChatRealm extends BaseChatModel<RealmCallOptions> {
  readonly model: Model;
  readonly options: ChatOptions;

  static override lc_name(): string {
    return 'ChatRealm';
  }

  constructor(params: ChatRealmParams) {
    const { model, options, ...fields } = paramsOf('ChatRealm', params, NAMES, { of: 'options', names: CHAT_OPTIONS });
    checkChatDefaults(options);
    super(fields);
    // The base class has it, and does not read it.
    this.disableStreaming = fields.disableStreaming ?? false;
    this.model = model;
    this.options = options ?? {};
  }

  _llmType(): string {
    return 'realm';
  }

  override getLsParams(options: this['ParsedCallOptions']): LangSmithParams {
    const { temperature, maxTokens } = chatOptionsOf(options, this.options);
    return {
      ls_provider: 'realm',
      ls_model_name: this.model.info.name ?? 'model',
      ls_model_type: 'chat',
      ...(temperature === undefined ? {} : { ls_temperature: temperature }),
      ...(maxTokens === undefined ? {} : { ls_max_tokens: maxTokens }),
      ...(Array.isArray(options.stop) ? { ls_stop: options.stop } : {}),
    };
  }

  override invocationParams(options?: this['ParsedCallOptions']): object {
    return { ...chatOptionsOf(options ?? {}, this.options), signal: undefined };
  }

  override bindTools(
    tools: BindToolsInput[],
    kwargs?: Partial<RealmCallOptions>,
  ): Runnable<BaseLanguageModelInput, AIMessageChunk, RealmCallOptions> {
    return this.withConfig({ ...kwargs, tools });
  }

  async _generate(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    run?: CallbackManagerForLLMRun,
  ): Promise<LangChainResult> {
    const chat = this.model.chat(messagesOf(messages), chatOptionsOf(options, this.options));
    if (run)
      for await (const delta of chat)
        if (delta.type === 'content')
          await run.handleLLMNewToken(delta.text, { prompt: 0, completion: delta.choice ?? 0 });
    const result = await chat;
    const all = result.choices ?? [result];
    const { promptTokens } = result.usage;
    const completionTokens = all.reduce((sum, { usage }) => sum + usage.generatedTokens, 0);
    const tokenUsage = { promptTokens, completionTokens, totalTokens: promptTokens + completionTokens };
    const generations = all.map((choice) => ({ text: choice.content, message: messageOf(choice) }));
    return { generations, llmOutput: { tokenUsage } };
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    run?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    const given = chatOptionsOf(options, this.options);
    if (given.n !== undefined && given.n !== 1)
      throw invalid('n must be 1 in a stream: several texts would be one there');
    const chat = this.model.chat(messagesOf(messages), given);
    for await (const delta of chat) {
      const message = chunkOf(delta);
      if (!message) continue;
      const text = delta.type === 'content' ? delta.text : '';
      yield new ChatGenerationChunk({ text, message });
      await run?.handleLLMNewToken(text);
    }
    const { usage, finishReason } = await chat;
    const message = new AIMessageChunk({ content: '', response_metadata: { finish_reason: finishReason } });
    Object.assign(message, { usage_metadata: usageOf(usage) });
    yield new ChatGenerationChunk({ text: '', message });
  }

  /** The answer is held to the schema while it is written, so it always parses. */
  override withStructuredOutput<Output extends Record<string, any> = Record<string, any>>( // eslint-disable-line @typescript-eslint/no-explicit-any -- as the base class has it
    schema: Parameters<typeof createContentParser<Output>>[0],
    config?: StructuredOutputMethodOptions<boolean>,
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as the base class has it
  ): Runnable<BaseLanguageModelInput, any> {
    const format = toJsonSchema(schema as Parameters<typeof toJsonSchema>[0]) as ChatOptions['format'];
    const model = this.withConfig({ format });
    return assembleStructuredOutputPipeline<Output>(
      model,
      createContentParser<Output>(schema),
      config?.includeRaw,
      config?.name,
    );
  }
}

function usageOf({ promptTokens, cachedTokens, generatedTokens, reasoningTokens }: ChatUsage): UsageMetadata {
  return {
    input_tokens: promptTokens,
    output_tokens: generatedTokens,
    total_tokens: promptTokens + generatedTokens,
    input_token_details: { cache_read: cachedTokens },
    output_token_details: { reasoning: reasoningTokens },
  };
}

function messageOf(result: ChatResult): AIMessage {
  const { content, reasoning, usage, finishReason } = result;
  const calls = writtenCalls(result);
  const message = new AIMessage({
    content,
    tool_calls: calls
      .filter((call) => !call.invalid)
      .map(({ id, name, arguments: args }) => ({ type: 'tool_call', id, name, args: args as Record<string, unknown> })),
    invalid_tool_calls: calls
      .filter((call) => call.invalid)
      .map(({ id, name, text, invalid: error = 'malformed' }) => ({
        ...{ type: 'invalid_tool_call', id, name },
        ...{ args: text, error },
      })),
    response_metadata: { finish_reason: finishReason },
    ...(reasoning ? { additional_kwargs: { reasoning_content: reasoning } } : {}),
  });
  return Object.assign(message, { usage_metadata: usageOf(usage) });
}

/** A delta as a chunk of a message, or nothing where LangChain has no place for it. */
function chunkOf(delta: ChatDelta): AIMessageChunk | undefined {
  switch (delta.type) {
    case 'content':
      return new AIMessageChunk({ content: delta.text });
    case 'reasoning':
      return new AIMessageChunk({ content: '', additional_kwargs: { reasoning_content: delta.text } });
    case 'tool-call-start':
      return callChunk({ index: delta.index, id: delta.id, name: delta.name, args: '' });
    case 'tool-call-delta':
      return callChunk({ index: delta.index, args: delta.arguments });
    default:
      return undefined;
  }
}

function callChunk(chunk: { index: number; id?: string; name?: string; args: string }): AIMessageChunk {
  return new AIMessageChunk({ content: '', tool_call_chunks: [{ type: 'tool_call_chunk', ...chunk }] });
}
