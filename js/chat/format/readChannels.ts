import { begin, type Context } from './context';
import { Trimmed } from './deltas';
import { JSON_DIALECT, readValue } from './literals';
import { Markers } from './markers';
import { AnswerReader } from './readAnswer';
import type { Reading } from './source';
import type { ChannelSyntax, ChatFormat } from './types';

/** Headers are short, and of these characters. */
const MOST_HEADER = 200;
const IN_HEADER = /[\w .=:<|>/-]/;

/** Reads answers made of messages, whose headers say what each is. */
export class ChannelReader {
  private readonly channels: ChannelSyntax;
  private readonly answer: AnswerReader;
  private readonly message: Markers;
  /** What ends a message: its marks, or the beginning of another. */
  private readonly ends: Markers;
  /** What a header begins with. */
  private readonly beginnings: Markers;

  constructor(
    private readonly context: Context,
    format: ChatFormat & { channels: ChannelSyntax },
  ) {
    const { channels } = format;
    const stops = [channels.start, ...channels.ends];
    this.channels = channels;
    this.answer = new AnswerReader(context, format, stops);
    this.message = new Markers([channels.message]);
    this.ends = new Markers(stops);
    this.beginnings = new Markers([channels.message, '<|channel|>', '<|constrain|>', 'to=']);
  }

  *read(insideReasoning: boolean): Reading<void> {
    const { source } = this.context;
    if (insideReasoning) yield* this.readReasoning();
    while ((yield* source.peek()) >= 0) {
      source.startRecord();
      yield* source.space();
      // The prompt has the beginning of the first message; a mark that ended the last one has had it read too.
      if (yield* source.accept(this.channels.start)) yield* source.space();
      const header = yield* this.readHeader();
      const read = source.stopRecord();
      if (header === undefined) this.answer.add(read);
      yield* this.readMessage(header ?? '');
    }
    this.answer.finish();
  }

  /** Up to the message; undefined where there is none. */
  private *readHeader(): Reading<string | undefined> {
    const { source } = this.context;
    const first = yield* this.beginnings.accept(source);
    if (first < 0) return undefined;
    let header = this.beginnings.texts[first]!;
    if (first === 0) return header;
    while ((yield* this.message.accept(source)) < 0) {
      const code = yield* source.peek();
      if (code < 0 || header.length > MOST_HEADER || !IN_HEADER.test(String.fromCharCode(code))) return undefined;
      header += source.text[source.at++]!;
    }
    return header;
  }

  private *readMessage(header: string): Reading<void> {
    const words = header.split(/[\s<>|]+/);
    const recipient = /to=([^\s<]+)/.exec(header)?.[1];
    const { reasoningWords, recipient: prefix } = this.channels;
    const { tools } = this.context;
    if (prefix !== undefined && recipient !== undefined) {
      const named = recipient.startsWith(prefix) ? recipient.slice(prefix.length) : recipient;
      if (named && (named !== recipient || tools?.has(named))) return yield* this.readCall(named);
    }
    if (words.some((word) => reasoningWords.includes(word))) return yield* this.readReasoning();
    this.answer.restart();
    yield* this.answer.readText();
  }

  private *readReasoning(): Reading<void> {
    const text = new Trimmed((piece) => this.context.deltas.text('reasoning', piece));
    const found = yield* this.ends.until(this.context.source, text.add);
    if (found < 0) text.flush();
  }

  private *readCall(name: string): Reading<void> {
    const { source, deltas } = this.context;
    begin(this.context, { name });
    const whole = yield* readValue(source, JSON_DIALECT, deltas.arguments);
    if (whole) deltas.endCall();
    else deltas.endCall((yield* source.peek()) < 0 ? 'cut' : 'malformed');
    yield* source.space();
    if ((yield* this.ends.accept(source)) >= 0) return;
    // What follows without the end of the message is text.
    this.answer.restart();
    yield* this.answer.readText();
  }
}
