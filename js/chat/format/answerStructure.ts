import type { Format, JsonSchema, Node } from '../../options/structure';
import { argumentNode } from './argumentNode';
import type { CallSyntax, ChatFormat, ToolSchema } from './types';

export interface AnswerOptions {
  readonly tools?: readonly ToolSchema[];
  /** Default `auto`. */
  readonly toolChoice?: 'auto' | 'required' | 'none' | { readonly name: string };
  /** Default: as the family does. */
  readonly parallelToolCalls?: boolean;
  readonly insideReasoning?: boolean;
  /** `false`: none; a budget: it ends there. Default `auto`. */
  readonly reasoning?: 'auto' | false | { readonly maxTokens?: number };
  /** What an answer that calls nothing keeps to. */
  readonly format?: Format;
}

/**
 * What the engine holds an answer to: reasoning first, then text or calls of the tools that there are, with arguments of their schemas, as
 * the family writes them. Undefined: nothing is to be held.
 */
export function answerStructure(format: ChatFormat, options: AnswerOptions): Node | undefined {
  const { tools = [], toolChoice = 'auto', reasoning = 'auto' } = options;
  const budget = typeof reasoning === 'object' ? reasoning.maxTokens : undefined;
  const held = tools.length > 0 || options.format !== undefined;
  if (!held && budget === undefined && !(reasoning === false && options.insideReasoning)) return undefined;
  const named = typeof toolChoice === 'object' ? tools.filter(({ name }) => name === toolChoice.name) : tools;
  const callable = format.calls && toolChoice !== 'none' ? named : [];
  const must = callable.length > 0 && toolChoice !== 'auto';
  const body = format.channels
    ? channelBody(format, callable, must, options)
    : answerBody(format, callable, must, options);
  const nodes = [...reasoningNodes(format, options, budget), body];
  return nodes.length === 1 ? nodes[0] : { sequence: nodes };
}

function reasoningNodes(format: ChatFormat, options: AnswerOptions, budget: number | undefined): Node[] {
  const { reasoning: syntax, channels } = format;
  if (!syntax) return [];
  const { insideReasoning, reasoning } = options;
  const end = syntax.end.trim();
  // How many lines there are between the two is the model's matter.
  const after: Node[] = channels ? [end, channels.start] : [end, { regex: '[ \\n]{0,2}' }];
  if (insideReasoning && reasoning === false) return after;
  const thought: Node = { text: { without: [end] }, ...(budget !== undefined && { maxTokens: budget }) };
  if (insideReasoning) return [thought, ...after];
  if (reasoning === false) return [];
  return [{ repeat: { sequence: [syntax.start, thought, ...after] }, max: 1 }];
}

/** The texts that begin calls. */
function triggersOf({ calls }: ChatFormat): string[] {
  if (!calls) return [];
  const first = (text: string) => text.split(/\{(?:name|id|index)\}/)[0]!.trim();
  const texts = [calls.section && first(calls.section.open), first(calls.call.open), calls.mark];
  return [...new Set(texts.filter((text) => text !== undefined && text.length > 2))] as string[];
}

function answerBody(format: ChatFormat, tools: readonly ToolSchema[], must: boolean, options: AnswerOptions): Node {
  const { calls: syntax, content, begun = '' } = format;
  const text = textNode(format, options);
  const said: Node = content?.start ? { sequence: [content.start, text, ...(content.end ? [content.end] : [])] } : text;
  if (!tools.length || !syntax)
    return begun ? withoutPrefix(said, begun) : syntax?.text && !options.format ? text : said;
  const calls = callsNode(format, syntax, tools, options);
  if (must) return withoutPrefix(calls, begun);
  if (syntax.text !== undefined) {
    // Whatever is said is an object; its text is a string of it, unless it keeps to a format of its own.
    const object: Node = { sequence: [`${syntax.text} `, { json: { type: 'string' } }, '}'] };
    return { choice: [calls, options.format === undefined ? object : text] };
  }
  // What keeps to a format has no calls beside it.
  if (options.format !== undefined) return { choice: [withoutPrefix(calls, begun), withoutPrefix(said, begun)] };
  if (syntax.bare) {
    // What begins like a call is one: nothing else tells them apart.
    const opening = syntax.section ? '[^\\[\\s]' : '[^{\\s]';
    const other: Node = { sequence: [{ regex: opening }, { text: { without: triggersOf(format) } }] };
    return { choice: ['', calls, other] };
  }
  if (!content?.start) return { sequence: [said, { repeat: calls, max: 1 }] };
  return {
    choice: [withoutPrefix(calls, begun), { sequence: [withoutPrefix(said, begun), { repeat: calls, max: 1 }] }],
  };
}

/** The text of an answer: what its format says, or anything that is no call. */
function textNode(format: ChatFormat, options: AnswerOptions): Node {
  if (options.format !== undefined) return { grammar: options.format };
  const marks = format.calls?.bare ? [] : triggersOf(format);
  const end = format.content?.end.trim();
  return { text: { without: end ? [...marks, end] : marks } };
}

function callsNode(
  format: ChatFormat,
  syntax: CallSyntax,
  tools: readonly ToolSchema[],
  { parallelToolCalls }: AnswerOptions,
): Node {
  const call: Node = { choice: tools.map((tool) => callNode(format, syntax, tool)) };
  const several = format.parallel && parallelToolCalls !== false;
  const { section, separator } = syntax;
  let calls: Node[] = [call];
  if (several && format.begun) {
    // The first goes on with what the prompt begins.
    calls.push({ repeat: { sequence: [separator, call] } });
  } else if (several) {
    calls = [{ repeat: call, min: 1, ...(separator && { separator }) }];
  }
  return section ? { sequence: [section.open, ...calls, section.close] } : { sequence: calls };
}

const ofTools = new WeakMap<object, string>();

/** Whose call a part of a structure is. */
export const toolOf = (node: object): string | undefined => ofTools.get(node);

function noted<T extends object>(node: T, tool: ToolSchema): T {
  ofTools.set(node, tool.name);
  return node;
}

function callNode(format: ChatFormat, syntax: CallSyntax, tool: ToolSchema): Node {
  const { arguments: given, call } = syntax;
  const schema: JsonSchema = tool.parameters ?? { type: 'object' };
  const written = argumentNode(given, schema);
  const parts: Node[] = fields(format, call.open, tool.name, written);
  if (given.kind === 'envelope') parts.push(...fields(format, given.pattern, tool.name, written));
  else parts.push(written);
  if (call.close) parts.push(call.close);
  return noted({ sequence: merged(parts) }, tool);
}

const ID_FORMS = { call: '[A-Za-z0-9_-]{1,40}', nine: '[A-Za-z0-9]{9}' } as const;

/** A pattern's texts and fields. */
function fields({ ids, calls }: ChatFormat, pattern: string, name: string, written: Node): Node[] {
  // In an envelope the name stands in a JSON string.
  const text = calls?.arguments.kind === 'envelope' ? JSON.stringify(name).slice(1, -1) : name;
  return pattern.split(/\{(name|id|index|arguments)\}/).flatMap((part, at): Node[] => {
    if (at % 2 === 0) return part ? [part] : [];
    if (part === 'name') return [text];
    if (part === 'arguments') return [written];
    if (part === 'index') return [{ regex: '[0-9]{1,4}' }];
    return ids === 'functions-index' ? [`functions.${name}:`, { regex: '[0-9]{1,4}' }] : [{ regex: ID_FORMS[ids] }];
  });
}

/** Neighbouring texts as one: tokens may cross where they meet. */
function merged(parts: readonly Node[]): Node[] {
  const nodes: Node[] = [];
  for (const part of parts) {
    const last = nodes[nodes.length - 1];
    if (typeof part === 'string' && typeof last === 'string') nodes[nodes.length - 1] = last + part;
    else nodes.push(part);
  }
  return nodes;
}

/** Without what the prompt has already of the first text. */
function withoutPrefix(node: Node, prefix: string): Node {
  if (!prefix) return node;
  if (typeof node === 'string') return node.startsWith(prefix) ? node.slice(prefix.length) : node;
  if ('choice' in node) return { choice: node.choice.map((one) => withoutPrefix(one, prefix)) };
  if (!('sequence' in node)) return node;
  const [first, ...rest] = node.sequence;
  return first === undefined ? node : { sequence: [withoutPrefix(first, prefix), ...rest] };
}

function channelBody(format: ChatFormat, tools: readonly ToolSchema[], must: boolean, options: AnswerOptions): Node {
  const channels = format.channels!;
  const text: Node =
    options.format === undefined
      ? { text: { without: [...channels.ends, channels.start] } }
      : { grammar: options.format };
  const said: Node = { sequence: [channels.content, text] };
  if (!tools.length) return said;
  const calls = tools.map((tool): Node => {
    const header = channels.call.replace('{name}', tool.name);
    const { calls: syntax } = format;
    const own = channels.recipient === undefined && syntax;
    const call = own
      ? callsNode(format, syntax, [tool], { parallelToolCalls: false })
      : argumentNode({ kind: 'json' }, tool.parameters ?? { type: 'object' });
    return noted({ sequence: [header, call] }, tool);
  });
  const call: Node = { choice: calls };
  const several = format.parallel && options.parallelToolCalls !== false;
  const more: Node = { repeat: { sequence: [`${channels.ends[0]!}${channels.start}`, call] } };
  const called: Node = several ? { sequence: [call, more] } : call;
  return must ? called : { choice: [said, called] };
}
