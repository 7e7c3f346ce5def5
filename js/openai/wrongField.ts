import { snakeCase } from '../options/table';
import { RealmError, reworded } from '../portable/errors';

type Body = Readonly<Record<string, unknown>>;

/** What a message begins with that says what is wrong: the name of an option or of a field, and where in it. */
const WRONG = /^([A-Za-z_]\w*)((?:\[\d+\]|\.\w+)*)(?= (?:must|needs|asks|is not supported|can't)\b|:)/;
/** Options that come of fields with other names: those, the one that counts first. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  maxTokens: ['max_completion_tokens', 'max_tokens'],
  max_tokens: ['max_completion_tokens', 'max_tokens'],
  repeatPenalty: ['repetition_penalty', 'repeat_penalty'],
  templateOptions: ['chat_template_kwargs'],
  reasoning: ['reasoning_effort', 'reasoning_budget'],
  format: ['response_format', 'json_schema', 'grammar'],
  texts: ['input'],
};

/** The field of a request that a failure is about, and the message with its name in place of the option's. */
export function fieldOf(
  { code, message }: { code: string; message: string },
  asked: Body,
): { message: string; param: string | null } {
  const has = (name: string): boolean => asked[name] !== undefined && asked[name] !== null;
  if (code === 'E_CONTEXT_FULL')
    return { message, param: ['messages', 'prompt', 'input'].find((name) => has(name)) ?? null };
  const [words, name, path] = WRONG.exec(message) ?? [];
  if ((code !== 'E_INVALID_ARGUMENT' && code !== 'E_UNSUPPORTED') || !words || name === undefined)
    return { message, param: null };
  const others = FIELDS[name];
  const plain = snakeCase(name);
  const field = others?.find(has) ?? plain;
  // What nobody has asked for is no field, unless it is one that must be there.
  if (!has(field) && !/^ must\b.* got undefined$/s.test(message.slice(words.length))) return { message, param: null };
  return { message: field + (path ?? '') + message.slice(words.length), param: others ? field : plain + (path ?? '') };
}

/** What work throws, with the name of the request's field in its message. */
export async function inFields<T>(asked: unknown, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RealmError)) throw error;
    throw reworded(error, fieldOf(error, (asked ?? {}) as Body).message);
  }
}
