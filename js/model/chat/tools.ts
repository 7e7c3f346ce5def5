import type { ChatMessage } from '../../chat/conversation';
import { invalid, show } from '../../engine/check';
import { formatOf, type NativeFormat } from '../../options/format';
import type { JsonSchema } from '../../options/structure';
import { nearest } from '../../portable/nearest';
import type { OpenAITool, Tool, ToolCall, ToolChoice, ToolContext, ToolResult } from './types';

/** A tool, checked. */
export interface ReadyTool {
  readonly name: string;
  readonly parameters: JsonSchema;
  /** As templates want it. */
  readonly told: OpenAITool;
  readonly validate?: NativeFormat['validate'];
  readonly execute?: NonNullable<Tool['execute']>;
}

const NAME = /^[A-Za-z0-9_.:-]{1,64}$/;
const NO_ARGUMENTS = { type: 'object', properties: {}, additionalProperties: false } as const;

/** The option `tools`. */
export function toolsOf(option: string, value: unknown): readonly ReadyTool[] {
  if (value === undefined || value === null) return [];
  if (typeof value !== 'object') throw invalid(`${option} must be an object of tools or an array, got ${show(value)}`);
  if (!Array.isArray(value))
    return Object.entries(value).map(([name, tool]) => readyTool(`${option}.${name}`, name, tool));
  const tools = value.map((tool: unknown, i) => {
    const { type, function: told } = (tool ?? {}) as { type?: unknown; function?: unknown };
    const where = `${option}[${i}]`;
    if (type !== 'function' || typeof told !== 'object' || told === null)
      throw invalid(`${where} must be { type: 'function', function: { name, parameters } }, got ${show(type ?? tool)}`);
    return readyTool(`${where}.function`, (told as { name?: unknown }).name, told);
  });
  const names = tools.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw invalid(`${option} has two tools named ${show(twice)}`);
  return tools;
}

function readyTool(where: string, name: unknown, tool: unknown): ReadyTool {
  if (typeof tool !== 'object' || tool === null)
    throw invalid(`${where} must be an object { description, parameters, execute }, got ${show(tool)}`);
  if (typeof name !== 'string' || !NAME.test(name))
    throw invalid(`${where}: a tool's name must be 1 to 64 letters, digits or any of _ . : -, got ${show(name)}`);
  const { description, parameters = NO_ARGUMENTS, execute } = tool as Record<string, unknown>;
  if (description !== undefined && typeof description !== 'string')
    throw invalid(`${where}.description must be a string, got ${show(description)}`);
  if (execute !== undefined && typeof execute !== 'function')
    throw invalid(`${where}.execute must be a function, got ${show(execute)}`);
  const format = formatOf(`${where}.parameters`, parameters);
  if (format?.type !== 'json_schema') throw invalid(`${where}.parameters must be a JSON Schema of an object`);
  const schema = JSON.parse(format.text) as JsonSchema;
  const { validate } = format;
  const told = { name, ...(description === undefined ? {} : { description }), parameters: schema };
  return {
    ...{ name, parameters: schema, told: { type: 'function', function: told } },
    ...(validate ? { validate } : {}),
    ...(execute ? { execute: (given, context) => (tool as Required<Tool>).execute(given, context) } : {}),
  };
}

/** The option `toolChoice`. */
export function toolChoiceOf(name: string, value: unknown): ToolChoice {
  if (value === undefined) return 'auto';
  if (value === 'auto' || value === 'required' || value === 'none') return value;
  if (typeof value === 'object' && value !== null && typeof (value as { name?: unknown }).name === 'string')
    return { name: (value as { name: string }).name };
  throw invalid(`${name} must be 'auto', 'required', 'none' or { name }, got ${show(value)}`);
}

/** What a choice says must be there. */
export function checkToolChoice(choice: ToolChoice, tools: readonly ReadyTool[]): void {
  if (choice === 'auto' || choice === 'none') return;
  const names = tools.map(({ name }) => name);
  if (names.length === 0) throw invalid('toolChoice asks for a call, but there are no tools');
  if (choice !== 'required' && !names.includes(choice.name))
    throw invalid(
      `toolChoice: there is no tool ${show(choice.name)}; did you mean ${show(nearest(choice.name, names))}?`,
    );
}

/** What a tool is told, and what it has said, as a message for the model. */
export function resultMessage(result: ToolResult): ChatMessage {
  const { id, name } = result;
  const content = 'error' in result ? JSON.stringify({ error: result.error }) : textOf(result.value);
  return { role: 'tool', tool_call_id: id, name, content };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'null'));

/**
 * Executes a call of a tool that has `execute`. What goes wrong with it is the result, for the model to read.
 *
 * @param rethrow what a tool throws is thrown
 * @throws the signal's reason, also while a tool goes on that does not look at it
 */
export async function execute(
  { execute: run, validate }: ReadyTool,
  call: ToolCall,
  context: ToolContext,
  rethrow: boolean,
): Promise<ToolResult> {
  const { id, name } = call;
  const { signal } = context;
  if (call.invalid) return { id, name, error: 'the arguments are no JSON' };
  let leave!: () => void;
  const aborted = new Promise<never>((_, reject) => (leave = () => reject(signal.reason)));
  signal.throwIfAborted();
  signal.addEventListener('abort', leave, { once: true });
  const work = async (): Promise<ToolResult> => {
    const checked = validate ? await validate(call.arguments) : { value: call.arguments };
    if (checked.issues)
      return { id, name, error: `wrong arguments: ${checked.issues.map(({ message }) => message).join('; ')}` };
    const value = await run?.(checked.value, context);
    textOf(value); // what is no JSON can't be told: that is the tool's fault too
    return { id, name, value };
  };
  try {
    return await Promise.race([work(), aborted]);
  } catch (error) {
    if (rethrow || signal.aborted) throw error;
    return { id, name, error: error instanceof Error ? error.message : String(error) };
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
