import { callsOf, type ChatMessage } from './conversation';
import { GENERIC } from './format/generic';
import type { CallSyntax, ChatFormat } from './format/types';

/** Tools as templates get them. */
interface ToldTool {
  readonly function: { readonly name: string };
}

/**
 * A conversation for a template that knows no tools, or no calls, or no results of them: they are told in words, and calls as the JSON
 * that the model is held to.
 */
export function inWords(
  messages: readonly ChatMessage[],
  tools: readonly ToldTool[],
  format: ChatFormat,
): ChatMessage[] {
  const { found, takes } = format;
  let told = messages.map((message): ChatMessage => {
    if (message.role === 'tool' && (!takes.toolResults || found === 'generic')) return resultInWords(message);
    return callsOf(message).length > 0 && !takes.toolCalls ? callsInWords(message, format) : message;
  });
  if (tools.length > 0 && !takes.tools) told = withSystem(told, toolsInWords(tools, format));
  return told;
}

const textOf = ({ content }: ChatMessage): string => (typeof content === 'string' ? content : '');

function toolsInWords(tools: readonly ToldTool[], format: ChatFormat): string {
  const opening = format.calls?.text;
  return [
    'You can call these tools:',
    ...tools.map((tool) => JSON.stringify(tool.function)),
    'To call tools, answer with nothing but this:',
    written(format, [{ name: "the tool's name", json: '{"an argument": "its value"}' }]),
    'The results come in the next message.',
    // What the family's text stands in, where calls and text are told apart by that.
    opening === undefined
      ? 'To answer without a tool, write plain text.'
      : `To answer without a tool, answer with nothing but this:\n${opening} "the answer"}`,
  ].join('\n');
}

/** Calls as the model is held to them, where they are JSON with the name in it. */
function written({ calls: own }: ChatFormat, calls: readonly { name: string; json: string }[]): string {
  const isJson = own?.arguments.kind === 'envelope' && !/\{(?:id|index)\}/.test(own.arguments.pattern + own.call.open);
  const { section, call, separator, arguments: given } = isJson ? own : (GENERIC.calls as CallSyntax);
  const pattern = given.kind === 'envelope' ? given.pattern : '';
  const texts = calls.map(({ name, json }) => {
    const text = JSON.stringify(name);
    return call.open + pattern.replace('"{name}"', () => text).replace('{arguments}', () => json) + call.close;
  });
  return (section?.open ?? '') + texts.join(separator) + (section?.close ?? '');
}

function withSystem(messages: readonly ChatMessage[], text: string): ChatMessage[] {
  const [first, ...rest] = messages as [ChatMessage];
  if (first.role !== 'system') return [{ role: 'system', content: text }, ...messages];
  return [{ ...first, content: `${textOf(first)}\n\n${text}` }, ...rest];
}

function callsInWords(message: ChatMessage, format: ChatFormat): ChatMessage {
  const calls = (callsOf(message) as { function?: { name?: unknown; arguments?: unknown } }[]).map(
    ({ function: called }) => {
      const given = called?.arguments ?? '{}';
      return { name: String(called?.name), json: typeof given === 'string' ? given : JSON.stringify(given) };
    },
  );
  const before = textOf(message);
  return { ...message, tool_calls: undefined, content: `${before}${before && '\n'}${written(format, calls)}` };
}

function resultInWords(message: ChatMessage): ChatMessage {
  const { name } = message;
  return { role: 'user', content: `Result of ${typeof name === 'string' ? name : 'the tool'}: ${textOf(message)}` };
}
