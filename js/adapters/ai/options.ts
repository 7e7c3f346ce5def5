import type { LanguageModelV4CallOptions, SharedV4Warning } from '@ai-sdk/provider';
import { invalid } from '../../engine/check';
import type { ChatOptions } from '../../model/chat/types';

/** A call's settings as options of `model.chat`, and what of them is not done. */
export function chatOptionsOf(options: LanguageModelV4CallOptions): {
  options: ChatOptions;
  warnings: SharedV4Warning[];
} {
  const warnings: SharedV4Warning[] = [];
  const tools = (options.tools ?? []).flatMap((tool) => {
    if (tool.type === 'function')
      return [
        {
          type: 'function' as const,
          function: { name: tool.name, description: tool.description, parameters: tool.inputSchema },
        },
      ];
    warnings.push({
      type: 'unsupported',
      feature: `tool of the type ${tool.type}`,
      details: 'only functions are called',
    });
    return [];
  });
  const given = {
    maxTokens: options.maxOutputTokens ?? Infinity,
    temperature: options.temperature,
    topP: options.topP,
    topK: options.topK,
    presencePenalty: options.presencePenalty,
    frequencyPenalty: options.frequencyPenalty,
    seed: options.seed,
    stop: options.stopSequences,
    signal: options.abortSignal,
    format: formatOf(options.responseFormat),
    tools: tools.length ? tools : undefined,
    toolChoice: tools.length ? choiceOf(options.toolChoice) : undefined,
    reasoning: reasoningOf(options.reasoning),
    ...options.providerOptions?.realm,
  } as Record<string, unknown>;
  if (given.n !== undefined && given.n !== 1) throw invalid('n must be 1: a model of the AI SDK gives one text');
  const present = Object.entries(given).filter(([, value]) => value !== undefined);
  return { options: Object.fromEntries(present), warnings };
}

function formatOf(format: LanguageModelV4CallOptions['responseFormat']): unknown {
  return format?.type === 'json' ? (format.schema ?? 'json') : undefined;
}

function choiceOf(choice: LanguageModelV4CallOptions['toolChoice']): unknown {
  return choice?.type === 'tool' ? { name: choice.toolName } : choice?.type;
}

function reasoningOf(reasoning: LanguageModelV4CallOptions['reasoning']): unknown {
  if (reasoning === undefined || reasoning === 'provider-default') return undefined;
  return reasoning === 'none' ? false : { effort: reasoning };
}
