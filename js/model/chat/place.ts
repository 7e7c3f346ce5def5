import type { Format, Node } from '../../options/structure';
import { RealmError, reworded } from '../../portable/errors';
import { toolOf } from '../../chat/format/answerStructure';
import type { ReadyTool } from './tools';

/** What an answer is held to, and what of it the caller has asked for. */
export interface Held {
  readonly structure: Node | undefined;
  readonly format: Format | undefined;
  readonly tools: readonly ReadyTool[];
}

/** How the engine begins what it says of a place in a structure. */
const PLACE = /^(?:structure|schema) #(?=\/)/;

/**
 * What the engine says of the structure that an answer is held to, as it would of the caller's format or of a tool's schema: nobody else
 * knows the structure.
 */
export function inPlace(error: unknown, held: Held): unknown {
  if (!(error instanceof RealmError)) return error;
  const begin = PLACE.exec(error.message)?.[0];
  const message = begin === undefined ? undefined : placed(error.message.slice(begin.length), held);
  return message === undefined ? error : reworded(error, message);
}

function placed(said: string, { structure, format, tools }: Held): string | undefined {
  let node: unknown = structure;
  let rest = said;
  let tool: string | undefined;
  while (typeof node === 'object' && node !== null) {
    tool = toolOf(node) ?? tool;
    const members = node as Readonly<Record<string, unknown>>;
    const key = Object.keys(members).find(
      (name) => /^[/:]/.test(rest.slice(name.length + 1)) && rest.startsWith(`/${name}`),
    );
    if (key === undefined) return undefined;
    rest = rest.slice(key.length + 1);
    node = members[key];
    if (key === 'grammar') return node === format ? rest.replace(/^: /, '') : undefined;
    if (key === 'json') {
      const place = tools.find(({ name }) => name === tool)?.place;
      return place === undefined ? undefined : `${place}: schema #${rest}`;
    }
  }
  return undefined;
}
