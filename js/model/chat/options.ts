import type { ChatMessage } from '../../chat/conversation';
import { flag, hasMembers, invalid, oneOf, positiveInteger, show, text, wholeNumber } from '../../engine/check';
import { checkTogether, GENERATE_TABLES, valueFacts, type GenerateOptions } from '../../options/generate';
import { knownOptions, ownOptions, readOptions, type Table } from '../../options/table';
import { checkToolChoice, toolChoiceOf, toolsOf } from './tools';
import type { ChatOptions, ReasoningOptions } from './types';

function variablesOf(name: string, value: unknown): Readonly<Record<string, unknown>> {
  if (value === undefined) return {};
  if (hasMembers(value)) return value;
  throw invalid(`${name} must be an object, got ${show(value)}`);
}

/** What is asked of the reasoning: `on: false`, none. */
function reasoningOf(name: string, value: unknown): { on: boolean | undefined } & ReasoningOptions {
  if (value === undefined || value === 'auto' || value === true) return { on: undefined };
  if (value === false) return { on: false };
  if (!hasMembers(value)) throw invalid(`${name} must be 'auto', false or { maxTokens, effort }, got ${show(value)}`);
  const { maxTokens, effort } = knownOptions(name, value, ['maxTokens', 'effort']);
  const checked: { on: boolean | undefined; maxTokens?: number; effort?: string } = { on: undefined };
  if (maxTokens !== undefined) checked.maxTokens = wholeNumber(`${name}.maxTokens`, maxTokens, 0, 0x7fffffff);
  if (effort !== undefined) checked.effort = text(`${name}.effort`, effort);
  if (effort === 'none' || maxTokens === 0) checked.on = false;
  return checked;
}

/** What only `chat` knows. */
const CHAT = {
  tools: toolsOf,
  toolChoice: toolChoiceOf,
  parallelToolCalls: (name, value) => flag(name, value, true),
  maxSteps: (name, value) => positiveInteger(name, value, 8),
  onToolError: (name, value) => oneOf(name, value, ['tell', 'throw'] as const, 'tell'),
  reasoning: reasoningOf,
  keepReasoning: (name, value) => (value === undefined ? undefined : flag(name, value, false)),
  templateOptions: variablesOf,
  template: (name, value) => (value === undefined ? undefined : text(name, value)),
  continueFinalMessage: (name, value) => flag(name, value, false),
} satisfies Table;

const without = <T extends Table, Name extends keyof T>(table: T, name: Name) =>
  Object.fromEntries(Object.entries(table).filter(([other]) => other !== name)) as Omit<T, Name>;
/** Those of `generate`, but for what is told in another way here: special tokens, and partial values. */
const ENGINE = without(GENERATE_TABLES.engine, 'specialTokens');
const HERE = without(GENERATE_TABLES.here, 'partial');

/** Names of what `chat` takes. */
export const CHAT_OPTIONS: readonly string[] = Object.keys({ ...ENGINE, ...HERE, ...CHAT });

/** Checks options that a call will have beside its own. */
export function checkChatDefaults(options: ChatOptions | undefined): void {
  readOptions('chat', ENGINE, { ...HERE, ...CHAT }, options);
}

export type CheckedChatOptions = ReturnType<typeof checkChatOptions>;

/** Reads each option once, checks it, fills in what is missing. */
export function checkChatOptions(options: ChatOptions | undefined, messages: readonly ChatMessage[]) {
  // A copy: what is done with them later is what was checked.
  const given = ownOptions(options, ENGINE, HERE, CHAT);
  const { engine, here } = readOptions('chat', ENGINE, { ...HERE, ...CHAT }, given);
  checkTogether(engine);
  checkToolChoice(here.toolChoice, here.tools);
  const { templateOptions, template, continueFinalMessage, signal, collect, logitsProcessor, n } = here;
  const { tools, toolChoice, parallelToolCalls, maxSteps, onToolError, reasoning, keepReasoning } = here;
  const names = Object.keys(ENGINE) as (keyof typeof ENGINE)[];
  const generate = Object.fromEntries(names.map((name) => [name, given[name]])) as GenerateOptions;
  // The time is the whole chat's.
  delete generate.timeout;
  return {
    /** Of each generation. */
    generate: { ...generate, seed: BigInt(engine.seed) },
    /** How the content becomes a value. */
    value: valueFacts(engine.format),
    ...{ timeout: engine.timeout, logprobs: engine.logprobs },
    /** The message that is gone on with. */
    begun: continueFinalMessage ? messages.at(-1) : undefined,
    ...{ templateOptions, template, signal, collect, logitsProcessor, n },
    ...{ tools, toolChoice, parallelToolCalls, maxSteps, onToolError, reasoning, keepReasoning },
  };
}
