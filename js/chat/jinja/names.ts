import type { Statement } from './syntax';

/** What a template speaks of, without rendering it. */
export interface Mentions {
  /**
   * What it expects to be given, and Jinja's globals: names that are read and nowhere assigned, or assigned but asked first
   * whether they are there (`{% if x is not defined %}{% set x = ... %}`).
   */
  variables: ReadonlySet<string>;
  /** Attributes and keys: `message.tool_calls`, `message['tool_calls']`. */
  fields: ReadonlySet<string>;
  /** Its own texts, and its string constants. */
  texts: readonly string[];
}

interface Node {
  kind?: string;
  object?: Node;
  name?: unknown;
  field?: unknown;
  value?: unknown;
  text?: unknown;
  index?: unknown;
}

/** Every name, field and text in a tree. */
export function mentions(statements: readonly Statement[]): Mentions {
  const read = new Set<string>();
  const asked = new Set<string>();
  const set = new Set<string>();
  const bound = new Set(['loop', 'caller', 'varargs', 'kwargs']);
  const fields = new Set<string>();
  const texts: string[] = [];
  const targets = new Map<unknown, Set<string>>();
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) {
      for (const item of node) visit(item);
      return;
    }
    if (typeof node !== 'object' || node === null) return;
    const { kind, name, value, text, object } = node as Node;
    if (kind === 'name' && typeof name === 'string') (targets.get(node) ?? read).add(name);
    const asks = kind === 'test' ? name === 'defined' || name === 'undefined' : name === 'default' || name === 'd';
    if ((kind === 'test' || kind === 'filter') && asks && object?.kind === 'name') asked.add(object.name as string);
    if (kind === 'attribute' && typeof name === 'string') fields.add(name);
    if (kind === 'item') addConstant((node as { index: Node }).index, fields);
    if (kind === 'constant' && typeof value === 'string') texts.push(value);
    if (kind === 'text' && typeof text === 'string') texts.push(text);
    // A target, a macro and a parameter have a name that is given, not read.
    if ('target' in node) markTargets(node.target, targets, kind === 'for' ? bound : set);
    if ('targets' in node) markTargets(node.targets, targets, bound);
    if (kind === undefined && typeof name === 'string' && ('parameters' in node || 'fallback' in node)) bound.add(name);
    for (const child of Object.values(node)) visit(child);
  };
  visit(statements);
  const expected = (name: string) => !bound.has(name) && (!set.has(name) || asked.has(name));
  return { variables: new Set([...read].filter(expected)), fields, texts };
}

function addConstant(index: Node, fields: Set<string>): void {
  if (index.kind === 'constant' && typeof index.value === 'string') fields.add(index.value);
}

function markTargets(target: unknown, targets: Map<unknown, Set<string>>, into: Set<string>): void {
  if (Array.isArray(target)) for (const item of target) markTargets(item, targets, into);
  else if (typeof target === 'object' && target !== null) {
    targets.set(target, into);
    if ('items' in target) markTargets(target.items, targets, into);
  }
}
