import type { ChatMessage } from '../../chat/conversation';
import { flag, invalid, show, text } from '../../engine/check';
import { checkTogether, GENERATE_TABLES, type GenerateOptions } from '../../options/generate';
import { readOptions, type Table } from '../../options/table';
import type { ChatOptions } from './types';

function variablesOf(name: string, value: unknown): Readonly<Record<string, unknown>> {
  if (value === undefined) return {};
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw invalid(`${name} must be an object, got ${show(value)}`);
}

/** What only `chat` knows. */
const CHAT = {
  templateOptions: variablesOf,
  template: (name, value) => (value === undefined ? undefined : text(name, value)),
  continueFinalMessage: (name, value) => flag(name, value, false),
} satisfies Table;

/** Those of `generate`, but for whether special tokens are written out: what they mark is told apart here. */
const ENGINE = Object.fromEntries(
  Object.entries(GENERATE_TABLES.engine).filter(([name]) => name !== 'specialTokens'),
) as Omit<typeof GENERATE_TABLES.engine, 'specialTokens'>;

export type CheckedChatOptions = ReturnType<typeof checkChatOptions>;

/** Reads each option once, checks it, fills in what is missing. */
export function checkChatOptions(options: ChatOptions | undefined, messages: unknown) {
  // A copy: what is done with them later is what was checked.
  const given = { ...options };
  const { engine, here } = readOptions('chat', ENGINE, { ...GENERATE_TABLES.here, ...CHAT }, given);
  checkTogether(engine);
  const { templateOptions, template, continueFinalMessage, signal, collect, n } = here;
  const names = Object.keys(ENGINE) as (keyof typeof ENGINE)[];
  const generate = Object.fromEntries(names.map((name) => [name, given[name]])) as GenerateOptions;
  // The time is the whole chat's.
  delete generate.timeout;
  return {
    /** Of each generation. */
    generate: { ...generate, seed: BigInt(engine.seed) },
    ...{ timeout: engine.timeout, logprobs: engine.logprobs },
    /** The message that is gone on with. */
    begun: continueFinalMessage && Array.isArray(messages) ? (messages.at(-1) as ChatMessage) : undefined,
    ...{ templateOptions, template, signal, collect, n },
  };
}
