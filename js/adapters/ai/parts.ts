import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import type { ChatDelta } from '../../model/chat/types';

/** Deltas of an answer as parts of a stream: texts have a beginning and an end, which deltas have not. */
export class PartStream {
  /** The text that is under way. */
  #open: { type: 'text' | 'reasoning'; id: string } | undefined;
  #texts = 0;
  /** Ids of calls by their places. */
  readonly #calls = new Map<number, string>();
  /** Their arguments, so far. */
  readonly #written = new Map<number, string>();

  *of(delta: ChatDelta): Generator<LanguageModelV4StreamPart, void, undefined> {
    switch (delta.type) {
      case 'content':
      case 'reasoning': {
        const type = delta.type === 'content' ? 'text' : 'reasoning';
        if (this.#open?.type !== type) {
          yield* this.end();
          this.#open = { type, id: String(this.#texts++) };
          yield { type: `${type}-start`, id: this.#open.id };
        }
        yield { type: `${type}-delta`, id: this.#open.id, delta: delta.text };
        break;
      }
      case 'tool-call-start':
        yield* this.end();
        this.#calls.set(delta.index, delta.id);
        yield { type: 'tool-input-start', id: delta.id, toolName: delta.name };
        break;
      case 'tool-call-delta':
        this.#written.set(delta.index, (this.#written.get(delta.index) ?? '') + delta.arguments);
        yield { type: 'tool-input-delta', id: this.#calls.get(delta.index) as string, delta: delta.arguments };
        break;
      case 'tool-call': {
        // What is no JSON comes as it was written: the AI SDK tells what is wrong with it.
        const input = delta.invalid ? (this.#written.get(delta.index) ?? '') : JSON.stringify(delta.arguments);
        yield { type: 'tool-input-end', id: delta.id };
        yield { type: 'tool-call', toolCallId: delta.id, toolName: delta.name, input };
        break;
      }
      default: // results of tools that the model ran itself: the AI SDK has its own
    }
  }

  /** Ends the text that is under way. */
  *end(): Generator<LanguageModelV4StreamPart, void, undefined> {
    if (this.#open) yield { type: `${this.#open.type}-end`, id: this.#open.id };
    this.#open = undefined;
  }
}
