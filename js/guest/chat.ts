import { checkMessages } from '../chat/conversation';
import { idsOf } from '../engine/records';
import { checkChatOptions } from '../model/chat/options';
import { chatPromptSync, type PromptModel } from '../model/chat/prompt';
import { messageOf, stepOf } from '../model/chat/result';
import { beginStep } from '../model/chat/step';
import type { ChatDelta, ChatOptions } from '../model/chat/types';
import { valueOfSync } from '../model/value';
import type { EngineChat } from '../portable/guest/engine';
import { runJob, tell } from './generate';

function attempt<T>(work: () => T, told: (error: unknown) => unknown): T {
  try {
    return work();
  } catch (error) {
    throw told(error);
  }
}

/**
 * `model.chat` for guests, while the caller waits: one generation, since calls of tools are the guest's to answer. How much of the prompt
 * had been computed before is not told: that would say what others ask.
 */
export function chat(model: PromptModel, given: unknown, options: ChatOptions): EngineChat {
  const messages = checkMessages(given);
  const checked = checkChatOptions(options, messages);
  const prompt = chatPromptSync(model, messages, checked);
  const { toolChoice } = checked;
  let fresh: ChatDelta[] = [];
  const how = { toolChoice, before: messages, seed: checked.generate.seed };
  const { answer, isHeld, json, inPlace } = beginStep(prompt, checked, how, (delta) => fresh.push(delta));
  return {
    promptTokens: prompt.ids.length,
    isHeld,
    run(limits, onPiece) {
      const flush = (tokens: number): void => {
        const deltas = fresh;
        fresh = [];
        tell(onPiece('content', '', tokens));
        for (const delta of deltas)
          if (delta.type === 'content' || delta.type === 'reasoning') tell(onPiece(delta.type, delta.text, 0));
      };
      const work = () =>
        runJob(model.handle, prompt.ids, json(limits), (event) => {
          answer.add(event);
          flush(idsOf(event.tokens).length);
        });
      const end = attempt(work, inPlace);
      answer.end();
      flush(0);
      const { content, reasoning, toolCalls, finishReason, stop, usage } = stepOf(answer, end);
      const { promptTokens, generatedTokens, reasoningTokens } = usage;
      return {
        text: content,
        finishReason: finishReason === 'length' ? 'length' : 'stop',
        promptTokens,
        tokenCount: generatedTokens,
        parts: {
          ...{ content, reasoning, toolCalls, messages: [messageOf(answer, checked.begun)] },
          ...(toolCalls.length > 0 ? {} : valueOfSync(content, checked.value)),
          ...{ finishReason, stop, usage: { promptTokens, generatedTokens, reasoningTokens } },
        },
      };
    },
  };
}
