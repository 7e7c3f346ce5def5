import { RealmError } from '../portable/errors';
import { knownOptions } from '../options/table';
import { RENDER_OPTIONS, type RenderOptions } from './options';

/** What a model's file says about chat templates. */
export interface TemplateFacts {
  /** `tokenizer.chat_template` */
  readonly chatTemplate: string | null;
  /** `tokenizer.chat_template.NAME`, by name. */
  readonly chatTemplates: Readonly<Record<string, string>>;
  readonly bosToken: string | null;
  readonly eosToken: string | null;
}

export interface ChatTemplateOptions extends Omit<RenderOptions, 'bosToken' | 'eosToken'> {
  /** A Jinja template of one's own, instead of the file's. */
  template?: string;
  /** Which of the file's named templates. Default: `tool_use` if there are tools and it is there, else the unnamed one. */
  name?: string;
}

/** What `ChatTemplateOptions` has. */
const NAMES = ['template', 'name', ...RENDER_OPTIONS.filter((name) => name !== 'bosToken' && name !== 'eosToken')];

/**
 * The template of a conversation and what it is rendered with.
 *
 * @param call what errors call the call
 */
export function modelTemplate(
  facts: TemplateFacts,
  options: ChatTemplateOptions | undefined,
  call: string,
): { source: string; options: RenderOptions } {
  const { template, name, ...rest } = knownOptions(call, options, NAMES) as ChatTemplateOptions;
  if (template !== undefined && name !== undefined) {
    throw new RealmError('E_INVALID_ARGUMENT', 'template and name can’t be given at once');
  }
  const source = template ?? chosen(facts, name, rest.tools);
  return { source, options: { ...rest, bosToken: facts.bosToken, eosToken: facts.eosToken } };
}

function chosen({ chatTemplate, chatTemplates }: TemplateFacts, name: unknown, tools: unknown): string {
  const names = Object.keys(chatTemplates);
  if (name !== undefined && name !== 'default') {
    if (typeof name === 'string' && Object.hasOwn(chatTemplates, name)) return chatTemplates[name]!;
    const told = names.length ? `it has ${names.map((known) => `'${known}'`).join(', ')}` : 'it has none with a name';
    throw new RealmError('E_INVALID_ARGUMENT', `the file has no chat template named ${JSON.stringify(name)}; ${told}`);
  }
  if (name === undefined && Array.isArray(tools) && tools.length > 0 && Object.hasOwn(chatTemplates, 'tool_use'))
    return chatTemplates.tool_use!;
  if (chatTemplate !== null) return chatTemplate;
  const told = names.length ? `; it has named ones: ${names.join(', ')}` : '';
  throw new RealmError('E_UNSUPPORTED', `the file has no chat template (tokenizer.chat_template)${told}`);
}
