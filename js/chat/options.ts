import { knownOptions } from '../options/table';
import { invalid, told } from './conversation';

/** What a template is given besides the messages. */
export interface RenderOptions {
  /** The text of the begin and the end token, for templates that write them. */
  bosToken?: string | null;
  eosToken?: string | null;
  /** Tools in the form that the template wants, mostly JSON Schema as in OpenAI's API. */
  tools?: readonly object[] | null;
  /** End with the words that make the model answer. Default true. */
  addGenerationPrompt?: boolean;
  /** Other variables of the template, such as `enable_thinking`. */
  variables?: Readonly<Record<string, unknown>>;
}

export const RENDER_OPTIONS = ['bosToken', 'eosToken', 'tools', 'addGenerationPrompt', 'variables'];

export function checkOptions(options: RenderOptions): void {
  if (typeof options !== 'object' || options === null) throw invalid(`options must be an object, got ${told(options)}`);
  knownOptions('renderChatTemplate', options, RENDER_OPTIONS);
  const { bosToken, eosToken, tools, addGenerationPrompt, variables } = options;
  const check = (name: string, right: boolean, wanted: string, value: unknown) => {
    if (!right) throw invalid(`${name} must be ${wanted}, got ${told(value)}`);
  };
  for (const [name, token] of Object.entries({ bosToken, eosToken })) {
    check(name, token === undefined || token === null || typeof token === 'string', 'a string', token);
  }
  check('tools', tools === undefined || tools === null || Array.isArray(tools), 'an array', tools);
  const isFlag = addGenerationPrompt === undefined || typeof addGenerationPrompt === 'boolean';
  check('addGenerationPrompt', isFlag, 'a boolean', addGenerationPrompt);
  const isObject = typeof variables === 'object' && variables !== null && !Array.isArray(variables);
  check('variables', variables === undefined || isObject, 'an object', variables);
}
