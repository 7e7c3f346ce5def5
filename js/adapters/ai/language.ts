import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4StreamResult,
  LanguageModelV4Usage,
} from '@ai-sdk/provider';
import type { ChatResult, ChatUsage } from '../../model/chat/types';
import { leave, leftBefore } from '../../model/leftBefore';
import { writtenCalls } from '../writtenCalls';
import { messagesOf } from './messages';
import { chatOptionsOf } from './options';
import { PartStream } from './parts';
import { Provided } from './provided';

/** A model as a language model of the AI SDK. */
export class RealmLanguageModel extends Provided implements LanguageModelV4 {
  /** No address is fetched by the model: the AI SDK downloads what a prompt names. */
  readonly supportedUrls = {};

  async doGenerate(given: LanguageModelV4CallOptions): Promise<LanguageModelV4GenerateResult> {
    const { options, warnings } = chatOptionsOf(given);
    const result = await this.model.chat(messagesOf(given.prompt), options);
    return {
      content: contentOf(result),
      finishReason: finishReasonOf(result.finishReason),
      usage: usageOf(result.usage),
      warnings,
      response: { modelId: this.modelId, timestamp: new Date() },
    };
  }

  // What is wrong with the call rejects.
  // eslint-disable-next-line @typescript-eslint/require-await
  async doStream(given: LanguageModelV4CallOptions): Promise<LanguageModelV4StreamResult> {
    const { options, warnings } = chatOptionsOf(given);
    const chat = this.model.chat(messagesOf(given.prompt), options);
    const { modelId } = this;
    async function* parts(): AsyncGenerator<LanguageModelV4StreamPart, void, undefined> {
      yield { type: 'stream-start', warnings };
      yield { type: 'response-metadata', modelId, timestamp: new Date() };
      const stream = new PartStream();
      try {
        for await (const delta of chat) yield* stream.of(delta);
        const { finishReason, usage } = await chat;
        yield* stream.end();
        yield { type: 'finish', finishReason: finishReasonOf(finishReason), usage: usageOf(usage) };
      } catch (error) {
        yield { type: 'error', error };
      }
    }
    return { stream: streamOf(leftBefore(parts(), () => leave(chat))) };
  }
}

/** What is pulled is asked for; a reader that leaves ends the generation. */
function streamOf<T>(parts: AsyncGenerator<T, void, undefined>): ReadableStream<T> {
  return new ReadableStream<T>({
    async pull(controller) {
      const { done, value } = await parts.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await parts.return();
    },
  });
}

function contentOf(result: ChatResult): LanguageModelV4Content[] {
  const { reasoning, content } = result;
  const parts: LanguageModelV4Content[] = [];
  if (reasoning) parts.push({ type: 'reasoning', text: reasoning });
  if (content) parts.push({ type: 'text', text: content });
  for (const { id, name, invalid, text, arguments: given } of writtenCalls(result)) {
    // What is no JSON comes as it was written: the AI SDK tells what is wrong with it.
    const input = invalid ? text : JSON.stringify(given);
    parts.push({ type: 'tool-call', toolCallId: id, toolName: name, input });
  }
  return parts;
}

function finishReasonOf(raw: ChatResult['finishReason']): LanguageModelV4FinishReason {
  return { unified: raw === 'cancelled' ? 'other' : raw, raw };
}

function usageOf(usage: ChatUsage): LanguageModelV4Usage {
  const { promptTokens, cachedTokens, generatedTokens, reasoningTokens } = usage;
  return {
    inputTokens: {
      total: promptTokens,
      noCache: promptTokens - cachedTokens,
      cacheRead: cachedTokens,
      cacheWrite: undefined,
    },
    outputTokens: { total: generatedTokens, text: generatedTokens - reasoningTokens, reasoning: reasoningTokens },
  };
}
