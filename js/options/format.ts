import { invalid, show } from '../engine/check';
import { structureJson } from './checkStructure';

/** As the engine reads it. */
interface NativeFormat {
  type: 'json' | 'json_schema' | 'regex' | 'choice' | 'gbnf' | 'lark' | 'structure';
  text: string;
}

const NOTATIONS = ['regex', 'gbnf', 'lark'] as const;

/** @internal Whether texts of the format are JSON. */
export const isJsonFormat = ({ type }: NativeFormat): boolean => type === 'json' || type === 'json_schema';

/** @internal */
export function formatOf(name: string, value: unknown): NativeFormat | undefined {
  if (value === undefined) return undefined;
  if (value === 'json') return { type: 'json', text: '' };
  if (typeof value === 'boolean') return { type: 'json_schema', text: String(value) };
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || Array.isArray(value))
    throw invalid(
      `${name} must be 'json', a JSON Schema, or { regex }, { choice }, { gbnf }, { lark } or { structure }, got ${show(value)}`,
    );
  const given = value as Readonly<Record<string, unknown>>;
  if ('~standard' in given)
    throw invalid(
      `${name} must be a JSON Schema: of a schema of a library, its JSON form (Zod: z.toJSONSchema(schema))`,
    );
  for (const notation of NOTATIONS) {
    if (!(notation in given)) continue;
    const text = given[notation];
    if (typeof text !== 'string') throw invalid(`${name}.${notation} must be a string, got ${show(text)}`);
    return { type: notation, text };
  }
  if ('choice' in given) {
    const { choice } = given;
    if (!Array.isArray(choice) || choice.length === 0 || !choice.every((text) => typeof text === 'string'))
      throw invalid(`${name}.choice must be an array of strings with something in it, got ${show(choice)}`);
    return { type: 'choice', text: JSON.stringify(choice) };
  }
  if ('structure' in given)
    return { type: 'structure', text: structureJson(`${name}.structure`, given.structure, formatOf) };
  return { type: 'json_schema', text: jsonOf(name, given) };
}

function jsonOf(name: string, schema: object): string {
  try {
    return JSON.stringify(schema);
  } catch (error) {
    throw invalid(`${name} is no JSON: ${(error as Error).message}`);
  }
}
