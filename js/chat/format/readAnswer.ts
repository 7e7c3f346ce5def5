import type { Context } from './context';
import { Trimmed } from './deltas';
import { JSON_DIALECT, readString } from './literals';
import { Markers } from './markers';
import { readBuiltIn, readCall, readClose } from './readCall';
import type { Reading } from './source';
import type { Trigger } from './syntax';
import type { ChatFormat } from './types';

/** What a text in an answer's text means. */
type Mark =
  | { readonly kind: 'reasoning' | 'reasoning-end' | 'around' | 'end' | 'stop' }
  | { readonly kind: 'calls'; readonly trigger: Trigger };

/** Reads answers whose parts stand between markers. */
export class AnswerReader {
  private readonly marks: Mark[] = [];
  private readonly texts: string[] = [];
  private readonly markers: Markers;
  private readonly content: Trimmed;
  /** Texts that are no part of an answer, though calls may begin with them too. */
  private readonly around = new Set<string>();
  /** Something other than reasoning was said. */
  private answered = false;
  /** What ends an answer, if nothing follows. */
  private tail = '';

  constructor(
    private readonly context: Context,
    private readonly format: ChatFormat,
    /** Where a part of an answer ends that this reads. */
    stops: readonly string[] = [],
  ) {
    const { reasoning, content } = format;
    // What comes first counts where two are the same.
    for (const text of stops) this.mark(text, { kind: 'stop' });
    for (const trigger of context.calls.triggers) this.mark(trigger.text, { kind: 'calls', trigger });
    if (reasoning && !stops.length) {
      this.mark(reasoning.start.trim(), { kind: 'reasoning' });
      this.mark(reasoning.end.trim(), { kind: 'reasoning-end' });
    }
    for (const text of content ? [content.start, content.end, ...(content.around ?? [])] : []) {
      this.around.add(text.trim());
      this.mark(text.trim(), { kind: 'around' });
    }
    for (const text of format.ends) this.mark(text, { kind: 'end' });
    this.markers = new Markers(this.texts);
    this.content = new Trimmed((text) => {
      this.answered = true;
      context.deltas.text('content', text);
    });
  }

  /** Text of the answer. What looked like its end before it was none. */
  readonly add = (text: string): void => {
    if (this.tail && text.trim()) this.addTail();
    if (this.tail) this.tail += text;
    else this.content.add(text);
  };

  private addTail(): void {
    const { tail } = this;
    this.tail = '';
    this.content.flush();
    this.content.add(tail);
  }

  private mark(text: string, mark: Mark): void {
    if (!text || this.texts.includes(text)) return;
    this.texts.push(text);
    this.marks.push(mark);
  }

  *read(insideReasoning: boolean): Reading<void> {
    if (insideReasoning) yield* this.readReasoning();
    if (this.context.calls.syntax.bare) yield* this.readBare();
    yield* this.readText();
    this.finish();
  }

  /** Reads text and calls up to the end, or to where this part of the answer ends. */
  *readText(): Reading<void> {
    for (;;) {
      const found = yield* this.markers.until(this.context.source, this.add);
      const mark = found < 0 ? undefined : this.marks[found];
      if (!mark || mark.kind === 'stop') return;
      yield* this.follow(mark, this.texts[found]!);
    }
  }

  /** What was held back: white space is, where the template writes some after an answer too. */
  finish(): void {
    if (!/^\s/.test(this.format.takes.after)) this.content.flush();
  }

  /** White space is dropped before what comes next. */
  restart(): void {
    this.content.flush();
    this.content.restart();
  }

  private *follow(mark: Mark, text: string): Reading<void> {
    if (mark.kind === 'end') {
      this.tail += text;
      return;
    }
    if (this.tail && mark.kind !== 'calls') {
      // Some templates begin another turn at once.
      this.tail += text;
      return;
    }
    if (this.tail) this.addTail();
    if (mark.kind === 'calls') {
      if (yield* this.acceptLonger(text)) this.content.restart();
      else yield* this.readCalls(mark.trigger);
    } else if (mark.kind === 'around') {
      this.content.restart();
    } else if (this.answered) {
      // Reasoning comes first; later such a text is only spoken of.
      this.content.flush();
      this.add(text);
    } else if (mark.kind === 'reasoning') {
      yield* this.readReasoning();
    }
  }

  /** Whether the text goes on to be a mark around content, `>>>all` after `>>>`. */
  private *acceptLonger(text: string): Reading<boolean> {
    const start = this.format.content?.start.trim() ?? '';
    if (start.length <= text.length || !start.startsWith(text)) return false;
    return yield* this.context.source.accept(start.slice(text.length));
  }

  private *readReasoning(): Reading<void> {
    const { source, deltas } = this.context;
    const { end, endedBy = [] } = this.format.reasoning!;
    const ends = new Markers([end.trim(), ...endedBy]);
    const text = new Trimmed((piece) => deltas.text('reasoning', piece));
    const found = yield* ends.until(source, text.add);
    if (found < 0) text.flush();
    if (found > 0) source.unread(ends.texts[found]!);
    this.content.restart();
  }

  /** Reads calls whose first text has been read. What turns out to be none is text. */
  private *readCalls(trigger: Trigger): Reading<void> {
    const { context } = this;
    const { source } = context;
    const before = context.deltas.started;
    source.startRecord(trigger.text);
    yield* this.callsFrom(trigger);
    const rest = source.stopRecord();
    if (context.deltas.started > before) {
      this.content.restart();
      // After calls the model may think again.
      this.answered = false;
    } else if (this.around.has(rest.trim())) {
      this.content.restart();
      return;
    } else {
      this.content.flush();
    }
    this.add(rest);
  }

  private *callsFrom({ text, enters, steps: read }: Trigger): Reading<void> {
    const { context } = this;
    const { source, calls } = context;
    const { section, separator, open } = calls;
    const firstText = open[0];
    if (enters === 'section' && section) {
      for (const step of section.open.slice(read)) {
        yield* source.space();
        if ('text' in step && !(yield* source.accept(step.text))) return;
      }
      if (yield* this.closed()) return;
    } else if (enters === 'bare' && section) {
      yield* readClose(context, section.open);
    }
    if (text && enters === 'bare' && calls.syntax.arguments.kind === 'envelope') {
      yield* source.space();
      if ((yield* source.peek()) !== 123) {
        yield* readBuiltIn(context);
        return;
      }
    }
    let stepsRead = enters === 'call' ? read : 0;
    for (;;) {
      yield* source.space();
      if (!(yield* readCall(context, stepsRead))) return;
      if (!section && !separator) return;
      yield* source.space();
      if (section && (yield* this.closed())) return;
      if (separator) {
        if (!(yield* source.accept(separator))) return;
        stepsRead = 0;
      } else if (firstText && 'text' in firstText) {
        if (!(yield* source.accept(firstText.text))) return;
        stepsRead = 1;
      }
    }
  }

  /** Whether the section's end comes, which is then read. */
  private *closed(): Reading<boolean> {
    const { context } = this;
    const { source, calls } = context;
    const [first] = calls.section!.close;
    yield* source.space();
    if (!first) return false;
    if (!(yield* readClose(context, calls.section!.close))) return false;
    // What was recorded of the end says nothing.
    source.startRecord();
    return true;
  }

  /** An answer that begins like a call that nothing marks. */
  private *readBare(): Reading<void> {
    const { source, calls } = this.context;
    const space = yield* source.space();
    const { text } = calls.syntax;
    if (text !== undefined && (yield* source.accept(text))) {
      yield* this.readJsonText(text);
      return;
    }
    const opening = calls.section?.open[0];
    const first = opening && 'text' in opening ? opening.text : '{';
    if ((yield* source.peek()) !== first.charCodeAt(0)) {
      source.unread(space);
      return;
    }
    yield* this.readCalls({ text: '', enters: 'bare', steps: 0 });
  }

  /** An answer's text as a JSON string, the one member of an object. */
  private *readJsonText(before: string): Reading<void> {
    const { source, deltas } = this.context;
    yield* source.space();
    if ((yield* source.peek()) !== 34) {
      this.add(before);
      return;
    }
    // Each piece is a text without escapes, or one escape; a quote alone is the string's.
    const whole = yield* readString(source, JSON_DIALECT, (piece) => {
      if (piece !== '"') deltas.text('content', JSON.parse(`"${piece}"`) as string);
    });
    this.answered = true;
    yield* source.space();
    if (whole) yield* source.accept('}');
  }
}
