import type { ChatMessage } from './conversation';
import { Template } from './jinja/template';
import { raw } from './jinja/text';
import { renderAsGiven } from './rendering';

const KEY = 'realm_probe_key';
const VALUE = 'realm_probe_value';
const known = new WeakMap<Template, boolean>();

/**
 * Whether a template wants the arguments of a call as OpenAI's API has them, a string. Most want an object, and write a string
 * as JSON in JSON. Told by rendering one call both ways: what is right contains key and value, once encoded.
 */
export function takesStringArguments(source: string): boolean {
  const template = Template.of(source);
  let answer = known.get(template);
  if (answer === undefined) {
    const asText = attempt(source, `{"${KEY}": "${VALUE}"}`);
    const asObject = attempt(source, { [KEY]: VALUE });
    const same = (a: string, b: string) => a.replace(/\s/g, '') === b.replace(/\s/g, '');
    answer = asText !== undefined && (asObject === undefined || same(asText, asObject));
    // Where neither renders, the string stays as it came, and the template says what it does not like.
    if (asText === undefined && asObject === undefined) answer = true;
    known.set(template, answer);
  }
  return answer;
}

/** A call with these arguments as the template writes it, or nothing where it does not show them rightly. */
export function attempt(source: string, given: unknown): string | undefined {
  const id = 'call00001';
  const messages: ChatMessage[] = [
    { role: 'user', content: 'question' },
    {
      role: 'assistant',
      content: '',
      tool_calls: [{ id, type: 'function', function: { name: 'probe', arguments: given } }],
    },
    { role: 'tool', tool_call_id: id, name: 'probe', content: 'result' },
  ];
  const parameters = { type: 'object', properties: { key: { type: 'string' } } };
  const tools = [{ type: 'function', function: { name: 'probe', description: 'probe', parameters } }];
  try {
    const text = raw(renderAsGiven(source, messages, { tools }, false));
    return text.includes(KEY) && text.includes(VALUE) && !text.includes(`\\"${KEY}`) ? text : undefined;
  } catch {
    return undefined;
  }
}
