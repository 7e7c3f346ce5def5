import { RealmError } from '../../portable/errors';
import type { Context } from './context';
import { Deltas } from './deltas';
import { isCallId, newCallId } from './ids';
import { AnswerReader } from './readAnswer';
import { ChannelReader } from './readChannels';
import { type Reading, Source } from './source';
import { readyCalls } from './syntax';
import type { CallSyntax, ChatDelta, ChatFormat, ToolSchema } from './types';

export interface ChatParserOptions {
  /** The tools that may be called: their schemas say which arguments are strings, where a family writes strings bare. */
  readonly tools?: readonly ToolSchema[];
  /** The prompt ended inside of the reasoning: see `insideReasoning`. */
  readonly insideReasoning?: boolean;
  /** How many calls the conversation has before this answer, for ids that count them. Default 0. */
  readonly callsBefore?: number;
}

/** Nothing marks them, nothing begins them. */
const NO_CALLS: CallSyntax = { call: { open: '', close: '' }, separator: '', arguments: { kind: 'json' } };

/**
 * Reads an answer as it comes: its text, its reasoning, its calls with arguments as JSON. Whatever the text is, nothing is thrown and
 * none of it is lost: what begins like a call and is none is content. Markers are the only text that goes away, and white space
 * beside them.
 */
export class ChatParser {
  private readonly source = new Source();
  private readonly deltas = new Deltas();
  private readonly reading: Reading<void>;
  private ended = false;

  constructor(format: ChatFormat, options: ChatParserOptions = {}) {
    const { tools, insideReasoning = false, callsBefore = 0 } = options;
    const { source, deltas } = this;
    const context: Context = {
      source,
      deltas,
      calls: readyCalls(format.calls ?? NO_CALLS),
      tools: tools && new Map(tools.map((tool) => [tool.name, tool])),
      newId: (name, written) =>
        written !== undefined && isCallId(format.ids, written)
          ? written
          : newCallId(format.ids, name, callsBefore + deltas.started),
    };
    const { channels } = format;
    const reader = channels ? new ChannelReader(context, { ...format, channels }) : new AnswerReader(context, format);
    this.reading = reader.read(insideReasoning && format.reasoning !== undefined);
    this.reading.next();
    if (format.begun) this.push(format.begun);
  }

  /** What the next piece of the answer's text says; text that may still become a marker is held back. */
  push(text: string): ChatDelta[] {
    if (this.ended) throw new RealmError('E_INVALID_ARGUMENT', 'the answer has been ended');
    if (text) {
      this.source.push(text);
      this.reading.next();
    }
    return this.deltas.take();
  }

  /** What was held back; a call that isn't whole is told to be so. */
  end(): ChatDelta[] {
    this.ended = true;
    this.source.end();
    this.reading.next();
    return this.deltas.take();
  }
}
