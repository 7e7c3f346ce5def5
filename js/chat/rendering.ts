import type { ChatMessage } from './conversation';
import { Budget } from './jinja/budget';
import { toValue } from './jinja/data';
import { Template } from './jinja/template';
import { foreign, type Str, TextBuilder } from './jinja/text';
import { Dict, type Value } from './jinja/values';
import type { RenderOptions } from './options';

/** Strings that are markers of reasoning: those that a template writes itself are its own in an assistant's text too. */
const REASONING =
  /<\/?(?:[a-z]+:)?(?:think|thinking|thought|reasoning|reason|analysis)>|\[\/?THINK\]|<\|(?:START|END)_THINKING\|>|<\|(?:begin|end)_of_(?:thought|solution)\|>|<\/?\|think\|?>/g;

/** A role that is one word says who speaks, and is no text of the speaker. */
const ROLE = /^[A-Za-z_]+$/;

/** Renders a checked conversation as it is. */
export function renderAsGiven(
  source: string,
  messages: readonly ChatMessage[],
  options: RenderOptions,
  tracked: boolean,
  mostSteps?: number,
): Str {
  const { bosToken, eosToken, tools, addGenerationPrompt, variables } = options;
  const template = Template.of(source);
  const budget = new Budget(mostSteps);
  const outside = tracked ? foreign : (text: string): Str => text;
  const given = new Map<string, Value>([
    ['messages', tracked ? trackedMessages(messages, source, budget) : plainMessages(messages, budget)],
    ['tools', toValue(tools ?? null, outside, budget)],
    ['documents', null],
    ['add_generation_prompt', addGenerationPrompt ?? true],
    ['bos_token', bosToken ?? ''],
    ['eos_token', eosToken ?? ''],
  ]);
  for (const [name, value] of Object.entries(variables ?? {})) {
    if (value !== undefined) given.set(name, toValue(value, outside, budget));
  }
  return template.render(given, budget, new Date());
}

function plainMessages(messages: readonly ChatMessage[], budget: Budget): Value {
  return messages.map((message) => toValue({ ...message, trusted: undefined }, (text) => text, budget));
}

/** Messages whose texts are marked, but for roles, and for the reasoning markers of assistants that the template itself writes. */
function trackedMessages(messages: readonly ChatMessage[], source: string, budget: Budget): Value {
  const markers = new Set(source.match(REASONING) ?? []);
  return messages.map(({ trusted, ...message }) => {
    if (trusted === true) return toValue(message, (text) => text, budget);
    const value = toValue(message, foreign, budget);
    if (!(value instanceof Dict)) return value;
    if (ROLE.test(message.role)) value.set('role', message.role);
    if (message.role === 'assistant' && typeof message.content === 'string' && markers.size) {
      value.set('content', withMarkers(message.content, markers));
    }
    return value;
  });
}

function withMarkers(content: string, markers: ReadonlySet<string>): Str {
  const text = new TextBuilder();
  let at = 0;
  for (const match of content.matchAll(REASONING)) {
    if (!markers.has(match[0])) continue;
    text.add(foreign(content.slice(at, match.index)));
    text.add(match[0]);
    at = match.index + match[0].length;
  }
  text.add(foreign(content.slice(at)));
  return text.build();
}
