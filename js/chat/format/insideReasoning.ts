import type { ChatFormat } from './types';

/** Whether a prompt ends inside of the reasoning: the template begins it, or asks for it, with its own text. */
export function insideReasoning(prompt: string, { reasoning }: Pick<ChatFormat, 'reasoning'>): boolean {
  return reasoning !== undefined && prompt.trimEnd().endsWith(reasoning.start.trim());
}
