import type { ChatMessage } from '../conversation';
import { Template } from '../jinja/template';
import { raw } from '../jinja/text';
import type { RenderOptions } from '../options';
import { renderAsGiven } from '../rendering';
import { takesStringArguments } from '../toolArguments';

export interface SampleCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

export interface SampleAnswer {
  readonly content?: string;
  readonly reasoning?: { readonly field: string; readonly text: string };
  readonly calls?: readonly SampleCall[];
}

const QUESTION: ChatMessage = { role: 'user', content: 'question' };
/** For templates that write them. */
const TOKENS = { bosToken: '', eosToken: '</s>' };

/** Names of arguments in samples, with their types. */
const PROPERTIES = { text: { type: 'string' }, count: { type: 'number' }, list: { type: 'array', items: {} } };

export function sampleTools(names: readonly string[]): object[] {
  return names.map((name) => ({
    type: 'function',
    function: { name, description: 'tool', parameters: { type: 'object', properties: PROPERTIES } },
  }));
}

export const SAMPLE_PARAMETERS = { type: 'object', properties: PROPERTIES } as const;

/** A rendered conversation; undefined where the template refuses it. */
export function rendered(source: string, messages: readonly ChatMessage[], options: RenderOptions): string | undefined {
  try {
    return raw(renderAsGiven(source, messages, { ...TOKENS, ...options }, false));
  } catch {
    return undefined;
  }
}

/** An answer as the template writes it, and what stands before it; undefined where the template refuses it. */
export function writtenAnswer(source: string, answer: SampleAnswer): { before: string; text: string } | undefined {
  const { content = '', reasoning, calls } = answer;
  const asText = calls && takesStringArguments(source);
  const message: ChatMessage = { role: 'assistant', content };
  if (reasoning) message[reasoning.field] = reasoning.text;
  if (calls) {
    message.tool_calls = calls.map((call, at) => ({
      id: `call0000${at}`,
      type: 'function',
      function: { name: call.name, arguments: asText ? JSON.stringify(call.arguments) : call.arguments },
    }));
  }
  const tools = calls && sampleTools([...new Set(calls.map(({ name }) => name))]);
  const options = tools ? { tools } : {};
  const prompt = rendered(source, [QUESTION], options);
  const whole = rendered(source, [QUESTION, message], { ...options, addGenerationPrompt: false });
  if (prompt === undefined || whole === undefined) return undefined;
  const at = cut(prompt, whole);
  return { before: whole.slice(0, at), text: whole.slice(at) };
}

/** Where an answer begins in a conversation: after the prompt, or where it stops being the prompt, not within a tag. */
function cut(prompt: string, whole: string): number {
  let at = 0;
  while (at < prompt.length && prompt[at] === whole[at]) at++;
  if (at === prompt.length) return at;
  const open = Math.max(whole.lastIndexOf('<', at - 1), whole.lastIndexOf('[', at - 1));
  return open >= 0 && !/[>\]]/.test(whole.slice(open, at)) ? open : at;
}

/** The same template, the same object. */
export function templateKey(source: string): object {
  return Template.of(source);
}
