import type { JobEvent } from '../../engine/binding';
import type { TokenLogprob } from '../result';
import { TokenTexts } from '../tokenTexts';
import type { ChatDelta, ChatDeltaKind, ToolCall } from './types';

/** Makes deltas of an answer's text, which comes in pieces. */
export interface AnswerReader {
  push(text: string): readonly ChatDeltaKind[];
  end(): readonly ChatDeltaKind[];
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

/** Of an answer that goes on within a text: white space at its beginning, which readers leave out, is a part of the text. */
export class ContinuingReader implements AnswerReader {
  readonly #reader: AnswerReader;
  #space: string | undefined = '';

  constructor(reader: AnswerReader) {
    this.#reader = reader;
  }

  push(text: string): readonly ChatDeltaKind[] {
    if (this.#space !== undefined) this.#space += /^\s*/.exec(text)?.[0] ?? '';
    const space = this.#space;
    if (/\S/.test(text)) this.#space = undefined;
    const deltas = this.#reader.push(text);
    const [first, ...rest] = deltas;
    if (!space || first?.type !== 'content') return deltas;
    return [{ ...first, text: space + first.text.trimStart() }, ...rest];
  }

  end(): readonly ChatDeltaKind[] {
    return this.#reader.end();
  }
}

/** What one generation has said so far. */
export class Answer {
  content = '';
  reasoning = '';
  /** Of those generated: until something else than reasoning comes. */
  reasoningTokens = 0;
  readonly toolCalls: ToolCall[] = [];
  /** The arguments of each call as they were written. */
  readonly written: string[] = [];
  readonly logprobs: TokenLogprob[] = [];
  readonly #reader: AnswerReader;
  readonly #emit: (delta: ChatDelta) => void;
  readonly #texts = new TokenTexts();
  readonly #wantsLogprobs: boolean;
  /** Of tokens whose text has not come out yet. */
  #untold: TokenLogprob[] = [];
  #isReasoning: boolean;

  constructor(
    reader: AnswerReader,
    emit: (delta: ChatDelta) => void,
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
      this.#keep(delta);
      this.tell(delta);
    }
  }

  /** Tells the caller, also of the tokens that were chosen since the last time. */
  tell(delta: ChatDeltaKind): void {
    if (this.#untold.length === 0) return this.#emit(delta);
    this.#emit({ ...delta, logprobs: this.#untold });
    this.#untold = [];
  }

  #keep(delta: ChatDeltaKind): void {
    if (delta.type === 'content' || delta.type === 'reasoning') this[delta.type] += delta.text;
    else if (delta.type === 'tool-call-start') this.written[delta.index] = '';
    else if (delta.type === 'tool-call-delta') this.written[delta.index] += delta.arguments;
    else if (delta.type === 'tool-call') {
      const { id, name, arguments: given, invalid } = delta;
      this.toolCalls[delta.index] = { id, name, arguments: given, ...(invalid ? { invalid } : {}) };
    }
  }
}
