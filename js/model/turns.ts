import type { ChatMessage } from '../chat/conversation';

/** How far a session was when a turn of its conversation was over. */
interface Turn {
  readonly length: number;
  /** The conversation up to here. */
  readonly messages: readonly ChatMessage[];
}

/** What of a session's text is a conversation: from a token on, turn by turn. */
export class Turns {
  /** Tokens before it, which are a text like any other. */
  readonly from: number;
  readonly #turns: readonly Turn[];

  /** @param turns the first stands at the conversation's beginning */
  constructor(from: number, turns: readonly Turn[] = [{ length: from, messages: [] }]) {
    this.from = from;
    this.#turns = turns;
  }

  get messages(): readonly ChatMessage[] {
    return this.#turns.at(-1)?.messages ?? [];
  }

  with(turn: Turn): Turns {
    return new Turns(this.from, [...this.#turns, turn]);
  }

  /** Those that are over at a length; of a turn that is cut nothing stays. Nothing: the text ends before the conversation. */
  upTo(length: number): Turns | undefined {
    return length < this.from
      ? undefined
      : new Turns(
          this.from,
          this.#turns.filter((turn, i) => i === 0 || turn.length <= length),
        );
  }
}
