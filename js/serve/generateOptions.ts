import { invalid, positiveInteger, show, tokenIds } from '../engine/check';
import { GENERATE_OPTIONS, type GenerateOptions } from '../options/generate';
import { snakeCase } from '../options/table';
import { nearest } from '../portable/nearest';

type Params = Readonly<Record<string, unknown>>;

/** What an answer over the wire does not carry. */
const UNHEARD = ['logprobs', 'topLogprobs'];
const OPTIONS = GENERATE_OPTIONS.filter((name) => !UNHEARD.includes(name));

/** The names of all parameters of `generate`: what to continue, the options of the package, and other names for some. */
export const GENERATE_PARAMS: readonly string[] = [
  ...['model', 'prompt', 'messages', 'tokens', 'stream', 'stop_tokens', 'repetition_penalty'],
  ...OPTIONS.map(snakeCase),
];

/** The options among the parameters of `generate`, of which null means "not given". They are checked by the package itself. */
export function generateOptionsOf(params: Params, mostTokens: number): GenerateOptions {
  for (const name of Object.keys(params))
    if (!GENERATE_PARAMS.includes(name))
      throw invalid(`generate has no parameter ${show(name)}; did you mean ${show(nearest(name, GENERATE_PARAMS))}?`);
  const options: Record<string, unknown> = {};
  for (const name of OPTIONS) {
    const value = params[snakeCase(name)] ?? undefined;
    if (value !== undefined) options[name] = value;
  }
  options.repeatPenalty ??= params.repetition_penalty ?? undefined;
  options.maxTokens = Math.min(mostTokens, positiveInteger('max_tokens', options.maxTokens, Math.min(512, mostTokens)));
  const ids = params.stop_tokens ?? [];
  if (!Array.isArray(ids)) throw invalid(`stop_tokens must be an array, got ${show(ids)}`);
  options.stop = [...[options.stop ?? []].flat(), ...(tokenIds(ids, 'stop_tokens') as Uint32Array)];
  return options;
}
