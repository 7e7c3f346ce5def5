import type { ChatMessage } from '../../chat/conversation';
import { typesOf } from '../../chat/format/schemaTypes';
import { unlessAborted } from '../../engine/abort';
import { hasMembers, invalid, show } from '../../engine/check';
import { formatOf, type NativeFormat } from '../../options/format';
import type { JsonSchema } from '../../options/structure';
import { isLiteral, knownOptions } from '../../options/table';
import { nearest } from '../../portable/nearest';
import { MEMBERS, OPENAI_MEMBERS } from './members';
import type { OpenAITool, Tool, ToolCall, ToolChoice, ToolContext, ToolResult } from './types';

/** A tool, checked. */
export interface ReadyTool {
  readonly name: string;
  /** Where its schema stands in the call. */
  readonly place: string;
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
  if (hasMembers(value))
    return Object.entries(value).map(([name, tool]) => readyTool(`${option}.${name}`, name, tool, MEMBERS));
  if (!Array.isArray(value)) throw invalid(`${option} must be an object of tools or an array, got ${show(value)}`);
  const tools = value.map((tool: unknown, i) => {
    const { type, function: told } = (tool ?? {}) as { type?: unknown; function?: unknown };
    const where = `${option}[${i}]`;
    if (type !== 'function' || !hasMembers(told))
      throw invalid(`${where} must be { type: 'function', function: { name, parameters } }, got ${show(type ?? tool)}`);
    // OpenAI's clients write null for what is not there.
    const said = Object.entries(told).filter(([, member]) => member !== null);
    return readyTool(`${where}.function`, told.name, Object.fromEntries(said), OPENAI_MEMBERS);
  });
  const names = tools.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw invalid(`${option} has two tools named ${show(twice)}`);
  return tools;
}

function readyTool(where: string, name: unknown, tool: unknown, members: readonly string[]): ReadyTool {
  if (!hasMembers(tool))
    throw invalid(`${where} must be an object { description, parameters, execute }, got ${show(tool)}`);
  if (typeof name !== 'string' || !NAME.test(name))
    throw invalid(`${where}: a tool's name must be 1 to 64 letters, digits or any of _ . : -, got ${show(name)}`);
  // What an instance of a class has beside them is its own.
  if (isLiteral(tool)) knownOptions(where, tool, members);
  const { description, parameters = NO_ARGUMENTS, execute } = tool;
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
    ...{
      name,
      place: `${where}.parameters`,
      parameters: ofObjects(`${where}.parameters`, schema),
      told: { type: 'function', function: told },
    },
    ...(validate ? { validate } : {}),
    ...(execute ? { execute: (given, context) => (tool as unknown as Required<Tool>).execute(given, context) } : {}),
  };
}

/** The objects among the values of a schema: whatever it says beside that, arguments have names. */
function ofObjects(where: string, schema: JsonSchema): JsonSchema {
  const types = typesOf(schema, schema);
  if (schema === false || (types && !types.has('object')))
    throw invalid(
      `${where} must be a JSON Schema of an object, got one of ${[...(types ?? ['nothing'])].join(' or ')}`,
    );
  return schema === true ? { type: 'object' } : { ...schema, type: 'object' };
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

/** What came of a call, and what the model is told of it. */
export interface Executed {
  readonly result: ToolResult;
  readonly message: ChatMessage;
}

/** What a tool has said. */
function executed({ id, name }: ToolCall, said: { value: unknown } | { error: string }): Executed {
  const content = 'error' in said ? JSON.stringify({ error: said.error }) : textOf(said.value);
  return { result: { id, name, ...said }, message: { role: 'tool', tool_call_id: id, name, content } };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'null'));

/** What a tool threw, in words: whatever it is, as what it throws when it is read is not worth a failure. */
function inWords(thrown: unknown): string {
  try {
    const { message } = (thrown ?? {}) as { message?: unknown };
    return typeof message === 'string' ? message : String(thrown);
  } catch {
    return 'the tool failed';
  }
}

/** A call of a tool that there is not. */
export const noSuchTool = (call: ToolCall): Executed => executed(call, { error: `there is no tool ${call.name}` });

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
): Promise<Executed> {
  const { signal } = context;
  if (call.invalid) return executed(call, { error: 'the arguments are no JSON' });
  const work = async (): Promise<Executed> => {
    const checked = validate ? await validate(call.arguments) : { value: call.arguments };
    if (checked.issues)
      return executed(call, { error: `wrong arguments: ${checked.issues.map(({ message }) => message).join('; ')}` });
    // What is no JSON can't be told: that is the tool's fault too.
    return executed(call, { value: await run?.(checked.value, context) });
  };
  try {
    return await unlessAborted(signal, work);
  } catch (error) {
    if (rethrow || signal.aborted) throw error;
    return executed(call, { error: inWords(error) });
  }
}
