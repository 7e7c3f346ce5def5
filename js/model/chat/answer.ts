import type { JobEvent } from '../../engine/binding';
import type { TokenLogprob } from '../result';
import { TokenTexts } from '../tokenTexts';
import type { ChatDeltaKind } from './types';

/** Makes deltas of an answer's text, which comes in pieces. */
export interface AnswerReader {
  push(text: string): ChatDeltaKind[];
  end(): ChatDeltaKind[];
}

/** Of a family that writes nothing but content. */
export class PlainReader implements AnswerReader {
  push(text: string): ChatDeltaKind[] {
    return text === '' ? [] : [{ type: 'content', text }];
  }

  end(): ChatDeltaKind[] {
    return [];
  }
}

/** What one generation has said so far. */
export class Answer {
  content = '';
  reasoning = '';
  reasoningTokens = 0;
  readonly logprobs: TokenLogprob[] = [];
  readonly #reader: AnswerReader;
  readonly #emit: (delta: ChatDeltaKind) => void;
  readonly #texts = new TokenTexts();
  readonly #wantsLogprobs: boolean;
  /** Of tokens whose text has not come out yet. */
  #untold: TokenLogprob[] = [];
  #isReasoning: boolean;

  constructor(
    reader: AnswerReader,
    emit: (delta: ChatDeltaKind) => void,
    { isReasoning, logprobs }: { isReasoning: boolean; logprobs: boolean },
  ) {
    this.#reader = reader;
    this.#emit = emit;
    this.#isReasoning = isReasoning;
    this.#wantsLogprobs = logprobs;
  }

  /** Token by token, so that what is counted does not depend on how many come at once. */
  add(event: JobEvent): void {
    let read = 0;
    for (const token of this.#texts.of(event)) {
      if (this.#wantsLogprobs) {
        this.logprobs.push(token);
        this.#untold.push(token);
      }
      read += token.text.length;
      this.#tell(this.#reader.push(token.text));
      if (this.#isReasoning) this.reasoningTokens++;
    }
    if (read < event.text.length) this.#tell(this.#reader.push(event.text.slice(read)));
  }

  end(): void {
    this.#tell(this.#reader.end());
  }

  #tell(deltas: readonly ChatDeltaKind[]): void {
    for (const delta of deltas) {
      this.#isReasoning = delta.type === 'reasoning';
      this[delta.type] += delta.text;
      if (this.#untold.length > 0) {
        delta.logprobs = this.#untold;
        this.#untold = [];
      }
      this.#emit(delta);
    }
  }
}
