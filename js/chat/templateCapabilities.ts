import type { ChatMessage } from './conversation';
import { mentions } from './jinja/names';
import { Template } from './jinja/template';
import { raw } from './jinja/text';
import type { RenderOptions } from './options';
import { renderAsGiven } from './rendering';
import { attempt, takesStringArguments } from './toolArguments';

/** What a template does with a conversation: found by rendering small ones, so that it holds for templates nobody has seen. */
export interface TemplateCapabilities {
  /** A system message is written, wherever. */
  readonly system: boolean;
  readonly tools: boolean;
  /** Calls of earlier turns: the form in which arguments come out once encoded. Undefined: calls are not written. */
  readonly toolCalls: 'object' | 'string' | undefined;
  readonly parallelToolCalls: boolean;
  readonly toolResults: boolean;
  /** The field of an assistant's message whose reasoning is written: after the last question, or in earlier turns too. */
  readonly reasoning: { readonly field: string; readonly kept: 'last' | 'always' } | undefined;
  /** Content must be parts: a string is not written. */
  readonly typedContent: boolean;
  /** What is written to make the model answer; undefined where the text with it does not begin with the text without. */
  readonly generationPrompt: string | undefined;
  /** Variables it reads besides messages, tools and tokens: `enable_thinking`. */
  readonly variables: readonly string[];
}

const NEEDLE = 'realm_needle';
const OTHER = 'realm_second';
const SYSTEM: ChatMessage = { role: 'system', content: NEEDLE };
const QUESTION: ChatMessage = { role: 'user', content: 'question' };
const ANSWER: ChatMessage = { role: 'assistant', content: 'answer' };
const STANDARD = new Set([
  ...['messages', 'tools', 'documents', 'add_generation_prompt', 'bos_token', 'eos_token'],
  ...['range', 'dict', 'namespace', 'cycler', 'joiner', 'raise_exception', 'strftime_now'],
]);
const REASONING_FIELDS = ['reasoning_content', 'thinking', 'reasoning'];

const known = new WeakMap<Template, TemplateCapabilities>();

/** @throws RealmError E_INVALID_ARGUMENT: the template can't be read */
export function templateCapabilities(source: string): TemplateCapabilities {
  const template = Template.of(source);
  let answer = known.get(template);
  if (!answer) known.set(template, (answer = probe(source, template)));
  return answer;
}

/** A rendered conversation, or nothing where the template refuses it. */
type Render = (messages: readonly ChatMessage[], options?: RenderOptions) => string | undefined;
/** Whether a text is in it. */
type Shows = (needle: string, messages: readonly ChatMessage[], options?: RenderOptions) => boolean;

function probe(source: string, template: Template): TemplateCapabilities {
  const text: Render = (messages, options = {}) => {
    try {
      return raw(renderAsGiven(source, messages, options, false));
    } catch {
      return undefined;
    }
  };
  const shows: Shows = (needle, messages, options) => text(messages, options)?.includes(needle) ?? false;
  const { variables } = mentions(template.statements);
  return {
    system: shows(NEEDLE, [SYSTEM, QUESTION]) || shows(NEEDLE, [SYSTEM, QUESTION], { tools: [tool('probe')] }),
    tools: shows(NEEDLE, [QUESTION], { tools: [tool(NEEDLE)] }),
    toolCalls: callForm(source),
    parallelToolCalls: showsTwoCalls(source, text),
    toolResults: showsResult(source, shows),
    reasoning: reasoning(source, shows),
    typedContent:
      !shows(NEEDLE, [{ role: 'user', content: NEEDLE }]) &&
      shows(NEEDLE, [{ role: 'user', content: [{ type: 'text', text: NEEDLE }] }]),
    generationPrompt: generationPrompt(text([QUESTION]), text([QUESTION], { addGenerationPrompt: false })),
    variables: [...variables].filter((name) => !STANDARD.has(name)).sort(),
  };
}

function tool(name: string): object {
  const parameters = { type: 'object', properties: { key: { type: 'string', description: 'key' } }, required: ['key'] };
  return { type: 'function', function: { name, description: 'description', parameters } };
}

function callForm(source: string): 'object' | 'string' | undefined {
  if (attempt(source, { realm_probe_key: 'realm_probe_value' }) !== undefined) return 'object';
  return takesStringArguments(source) && attempt(source, '{"realm_probe_key": "realm_probe_value"}') !== undefined
    ? 'string'
    : undefined;
}

/** Calls in the form that the template takes. */
function calling(source: string, names: readonly string[]): ChatMessage {
  const given = callForm(source) === 'string' ? '{"key": "value"}' : { key: 'value' };
  const calls = names.map((name, i) => ({
    id: `call0000${i}`,
    type: 'function',
    function: { name, arguments: given },
  }));
  return { role: 'assistant', content: '', tool_calls: calls };
}

const result = (name: string, id: number, content: string): ChatMessage => ({
  role: 'tool',
  tool_call_id: `call0000${id}`,
  name,
  content,
});

function showsTwoCalls(source: string, text: Render): boolean {
  const conversation = [QUESTION, calling(source, [NEEDLE, OTHER]), result(NEEDLE, 0, 'one'), result(OTHER, 1, 'two')];
  // Without the tools, whose descriptions name them too, unless only with them calls are written.
  const shown = text(conversation, {}) ?? text(conversation, { tools: [tool('unrelated')] });
  return (shown?.includes(NEEDLE) ?? false) && (shown?.includes(OTHER) ?? false);
}

function showsResult(source: string, shows: Shows): boolean {
  const conversation = [QUESTION, calling(source, ['probe']), result('probe', 0, NEEDLE)];
  return shows(NEEDLE, conversation, { tools: [tool('probe')] }) || shows(NEEDLE, conversation);
}

function reasoning(source: string, shows: Shows): TemplateCapabilities['reasoning'] {
  for (const field of REASONING_FIELDS) {
    const answer = { ...ANSWER, [field]: NEEDLE };
    if (shows(NEEDLE, [QUESTION, answer, QUESTION])) return { field, kept: 'always' };
    const call = { ...calling(source, ['probe']), [field]: NEEDLE };
    const last = [QUESTION, call, result('probe', 0, 'result')];
    if (
      shows(NEEDLE, last, { tools: [tool('probe')] }) ||
      shows(NEEDLE, [QUESTION, answer], { addGenerationPrompt: false })
    ) {
      return { field, kept: 'last' };
    }
  }
  return undefined;
}

function generationPrompt(withPrompt: string | undefined, without: string | undefined): string | undefined {
  if (withPrompt === undefined || without === undefined || !withPrompt.startsWith(without)) return undefined;
  return withPrompt.slice(without.length);
}
