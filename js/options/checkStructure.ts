import { invalid, optionsObject, show } from '../engine/check';

const MOST_NODES = 100_000;
const DEEPEST = 200;
const KINDS = ['sequence', 'choice', 'repeat', 'json', 'regex', 'grammar', 'text'] as const;
const BESIDE: Readonly<Record<string, readonly string[]>> = {
  repeat: ['min', 'max', 'separator'],
  text: ['maxTokens'],
};

/**
 * The JSON of a tree as the engine reads it.
 *
 * @param formatOf reads another format
 * @throws RealmError E_INVALID_ARGUMENT: what is wrong in it, and where
 */
export function structureJson(
  name: string,
  node: unknown,
  formatOf: (name: string, value: unknown) => object | undefined,
): string {
  let nodes = 0;
  const read = (at: string, value: unknown, depth: number): unknown => {
    if (typeof value === 'string') return value;
    if (++nodes > MOST_NODES || depth > DEEPEST)
      throw invalid(`${name} has more than ${MOST_NODES} nodes, or is nested deeper than ${DEEPEST}`);
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw invalid(`${at} must be a string or an object with one of ${KINDS.join(', ')}, got ${show(value)}`);
    const given = value as Readonly<Record<string, unknown>>;
    const names = Object.keys(given).filter((key) => given[key] !== undefined);
    const kind = KINDS.find((known) => names.includes(known));
    if (kind === undefined)
      throw invalid(`${at} must have one of ${KINDS.join(', ')}, got an object with ${names.map(show).join(', ')}`);
    const odd = names.find((key) => key !== kind && !BESIDE[kind]?.includes(key));
    if (odd !== undefined) throw invalid(`${at} has ${show(odd)} beside ${show(kind)}`);
    const part = given[kind];
    const inside = `${at}.${kind}`;
    switch (kind) {
      case 'sequence':
      case 'choice':
        if (!Array.isArray(part) || part.length === 0)
          throw invalid(`${inside} must be an array with something in it, got ${show(part)}`);
        return { [kind]: part.map((child, i) => read(`${inside}[${i}]`, child, depth + 1)) };
      case 'repeat': {
        const { min, max, separator } = given;
        const between = separator === undefined ? undefined : read(`${at}.separator`, separator, depth + 1);
        return {
          repeat: read(inside, part, depth + 1),
          min: count(`${at}.min`, min),
          max: max === Infinity ? undefined : count(`${at}.max`, max),
          separator: between,
        };
      }
      case 'text':
        return {
          text: { without: texts(`${inside}.without`, optionsObject(part as { without?: unknown }).without) },
          maxTokens: given.maxTokens === Infinity ? undefined : count(`${at}.maxTokens`, given.maxTokens),
        };
      case 'regex':
        if (typeof part !== 'string') throw invalid(`${inside} must be a string, got ${show(part)}`);
        return { regex: part };
      case 'json':
        if (typeof part !== 'boolean' && (typeof part !== 'object' || part === null || Array.isArray(part)))
          throw invalid(`${inside} must be a JSON Schema, got ${show(part)}`);
        return { json: part };
      case 'grammar': {
        const format = formatOf(inside, part);
        if (!format) throw invalid(`${inside} must be a format, got undefined`);
        return { grammar: format };
      }
    }
  };
  const tree = read(name, node, 0);
  try {
    return JSON.stringify(tree);
  } catch (error) {
    throw invalid(`${name} is no JSON: ${(error as Error)?.message ?? show(error)}`);
  }
}

function count(name: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 2 ** 28) return value;
  throw invalid(`${name} must be an integer from 0 to ${2 ** 28}, got ${show(value)}`);
}

function texts(name: string, value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((text) => typeof text === 'string' && text !== '')) return value as string[];
  throw invalid(`${name} must be an array of texts that are not empty, got ${show(value)}`);
}
