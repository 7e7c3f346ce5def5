import { Template } from '@huggingface/jinja';
import { RealmError } from '../portable/errors';

export interface ChatMessage {
  role: string;
  content?: unknown;
  [other: string]: unknown;
}

export interface ChatTemplateOptions {
  /** Tools in the form that the template wants, mostly JSON Schema as in OpenAI's API. */
  tools?: readonly object[];
  /** End with the words that make the model answer. Default true. */
  addGenerationPrompt?: boolean;
}

/** A file's own template, parsed at its first use. */
export class ChatTemplate {
  readonly #source: string;
  #template: Template | undefined;

  constructor(source: string) {
    this.#source = source;
  }

  /** @throws RealmError E_INVALID_ARGUMENT: the template refuses the conversation, or is none */
  render(values: Record<string, unknown>): string {
    try {
      this.#template ??= new Template(this.#source);
      return this.#template.render(values);
    } catch (cause) {
      throw new RealmError(
        'E_INVALID_ARGUMENT',
        `the chat template refused the conversation: ${(cause as Error).message}`,
        { cause },
      );
    }
  }
}
